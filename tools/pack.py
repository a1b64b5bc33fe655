"""Makes what dist has of the Python package, which is the same for each architecture.

    pack.py MPY_CROSS PACKAGE PLAIN

``PACKAGE``: the folder to make, with ``saguarota/`` as it is copied to a device: ``__init__.mpy``,
which is that of python/packed, and ``pack``, all other modules. ``PLAIN``: a folder to make with
the modules as files of their own, for tests of their insides.

The pack has a line that no other pack has; and for each module a line with its name and its size in
bytes, and its .mpy file. It is not compressed: to decompress a module takes two pieces of heap of
over a KiB each, which a rollback may not find.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

PYTHON = Path(__file__).resolve().parent.parent / "python"
# Without line numbers, which take 3.4 KB of flash and 0.5 KiB of heap. For tracebacks, each
# module's file is called as the module, which costs MicroPython's table of names nothing.
OPTIONS = ("-O3",)


def compile_module(mpy_cross, source, target):
    """Makes a module's .mpy file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([mpy_cross, *OPTIONS, "-s", target.stem, "-o", target, source], check=True)


def pack(modules):
    """The pack of these modules, the contents of .mpy files by name."""
    packed = b"".join(
        b"%s %d\n%s" % (name.encode(), len(content), content)
        for name, content in sorted(modules.items())
    )
    return hashlib.sha256(packed).hexdigest()[:8].encode() + b"\n" + packed


def main(mpy_cross, package, plain):
    folder = PYTHON / "saguarota"
    sources = {path.stem: path for path in sorted(folder.glob("*.py"))}
    # These are for the host. On a device the native module tells the version.
    for name in ("version", "manifest", "__main__"):
        del sources[name]
    for made in (package, plain / "saguarota"):
        shutil.rmtree(made, ignore_errors=True)
    for name, source in sources.items():
        compile_module(mpy_cross, source, plain / f"saguarota/{name}.mpy")

    front = folder.parent / "packed" / sources.pop("__init__").name
    compile_module(mpy_cross, front, package / "saguarota/__init__.mpy")
    modules = {name: (plain / f"saguarota/{name}.mpy").read_bytes() for name in sources}
    (package / "saguarota/pack").write_bytes(pack(modules))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
