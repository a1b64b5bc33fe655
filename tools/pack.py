"""Makes what dist has of the Python package, which is the same for each architecture.

    pack.py MPY_CROSS MICROPYTHON PACKAGE PLAIN

``PACKAGE``: the folder to make, with ``saguarota/`` as it is copied to a device: ``__init__.mpy``,
which is that of python/packed, and ``pack``, all other modules. Beside it, for readers of
tracebacks: ``names.txt``, the names that ``shorten`` gave, and ``sources/``, what was compiled.
``PLAIN``: a folder to make with the modules as they are, compiled, for tests of their insides.
``MICROPYTHON``: its source tree.

The pack has a line that no other pack has; and groups of modules, each with a line that says how
many bytes follow, the bits of the window that decompression takes (0: the group is not compressed),
and the modules' names. What follows is a deflate stream (RFC 1951) of the modules in this order: a
line with the size, and the .mpy file.
"""

import hashlib
import runpy
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

from shorten import shorten

PYTHON = Path(__file__).resolve().parent.parent / "python"
# Without line numbers: smaller in flash and in RAM. For tracebacks, each module's file is called as
# the module, which costs MicroPython's table of names nothing.
OPTIONS = ("-O3",)
UNITS = {
    "updater": ["const", "flash", "url", "transaction", "updater"],
    "download": ["http", "download"],
}
# What the package's front calls, as a stub.
FRONT = "def say(): ..."
# To load one, those before it in its group are decompressed, too; and all that takes heap, of which
# there is little in the midst of an update.
WINDOW_BITS = 10
GROUPS = (
    (0, "journal progress again trial unfit"),
    (WINDOW_BITS, "updater options"),
    (WINDOW_BITS, "download release redirect tls prune resume"),
    (WINDOW_BITS, "mend rollback recovery memory http_fs alone"),
)


def compile_module(mpy_cross, source, target):
    """Makes a module's .mpy file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([mpy_cross, *OPTIONS, "-s", target.stem, "-o", target, source], check=True)


def pack(modules):
    """The pack of these modules, the contents of .mpy files by name."""
    grouped = {name for _, names in GROUPS for name in names.split()}
    if grouped != set(modules):
        raise SystemExit(f"in no group of the pack, or not there: {grouped ^ set(modules)}")
    packed = b""
    for bits, names in GROUPS:
        found = [modules[name] for name in names.split()]
        data = b"".join(b"%d\n%s" % (len(module), module) for module in found)
        if bits:
            stream = zlib.compressobj(9, zlib.DEFLATED, -bits, 9)
            data = stream.compress(data) + stream.flush()
        packed += b"%d %d %s\n%s" % (len(data), bits, names.encode(), data)
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
