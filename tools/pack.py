"""Makes what dist has of the Python package, which is the same for each architecture.

    pack.py MPY_CROSS MICROPYTHON PACKAGE PLAIN

``PACKAGE``: the folder to make, with ``saguarota/`` as it is copied to a device: ``__init__.mpy``,
which is that of python/packed, and ``pack``, all other modules. Beside it, for readers of
tracebacks: ``names.txt``, the names that ``shorten`` gave, and ``sources/``, what was compiled.
``PLAIN``: a folder to make with the modules as they are, compiled, for tests of their insides.
``MICROPYTHON``: its source tree.

The pack has a line that no other pack has; and for each module a line with its name and its size in
bytes, and its .mpy file. It is not compressed: to decompress a module takes two pieces of heap of
over a KiB each, which a rollback may not find.
"""

import hashlib
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

from shorten import shorten

PYTHON = Path(__file__).resolve().parent.parent / "python"
# Without line numbers: smaller in flash and in RAM. For tracebacks, each module's file is called as
# the module, which costs MicroPython's table of names nothing.
OPTIONS = ("-O3",)
UNITS = {
    "updater": ["const", "fs", "url", "paths", "transaction", "updater"],
    "download": ["http", "download"],
}
# What the package's front calls, as a stub.
FRONT = "def say(): ..."


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


def main(mpy_cross, micropython, package, plain):
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
    stubs = [*folder.glob("*.pyi"), *PYTHON.glob("_saguarota-stubs/*.pyi")]
    texts, names = shorten(
        {name: source.read_text() for name, source in sources.items()},
        UNITS,
        [stub.read_text() for stub in stubs] + [FRONT],
        runpy.run_path(str(micropython / "py/makeqstrdata.py"))["static_qstr_list"],
    )
    modules = {}
    (package / "sources").mkdir(parents=True)
    for name, text in texts.items():
        source = package / f"sources/{name}.py"
        source.write_text(text)
        compile_module(mpy_cross, source, source.with_suffix(".mpy"))
        modules[name] = source.with_suffix(".mpy").read_bytes()
    compile_module(mpy_cross, front, package / "saguarota/__init__.mpy")
    (package / "saguarota/pack").write_bytes(pack(modules))
    (package / "names.txt").write_text("".join(f"{new} {old}\n" for new, old in names))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
