"""The package's front as it is in dist: all other modules are in one file, ``pack``.

tools/pack.py describes the pack. MicroPython imports from file systems only, so there is one for
the time of an import, with a single file: the module that is wanted. All modules are imported by
the same path and name, since MicroPython keeps these on the heap for ever.
"""

import gc
import sys
from errno import ENOENT

from vfs import mount, umount


class _Pack:
    path = __path__ + "/pack"
    # The thread that imports.
    id = ()

    def mount(self, *args):
        pass

    umount = __enter__ = __exit__ = mount

    def stat(self, path):
        if path.endswith(".mpy"):
            # A constant takes no heap. After a MemoryError, import would report a missing file.
            return (0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        raise OSError(ENOENT)

    def open(self, path, mode):
        file = open(self.path, "rb")
        end = file.seek(0, 2)
        file.seek(0)
        # Modules of two packs do not fit together.
        if file.readline() != _build:
            raise ImportError("the package was replaced")
        while True:
            found = file.readline().split()
            # Of a file that ends early, MicroPython's import never comes to an end.
            if not found or file.tell() + int(found[1]) > end:
                raise ImportError(path)
            if found[0] == self.name:
                return file
            file.seek(int(found[1]), 1)


_pack = _Pack()
__path__ = "/.ota"
try:
    from _thread import allocate_lock, get_ident

    _lock = allocate_lock()
except ImportError:
    _lock = _pack
    get_ident = gc.isenabled
with open(_pack.path, "rb") as _build:
    _build = _build.readline()


def _load(name):
    """Returns a module of the package."""
    module = globals().get(name)
    if module:
        return module
    ident = get_ident()
    if _pack.id == ident:
        # A module that is being imported loads another one.
        return _import(name)
    with _lock:
        try:  # noqa: SIM105
            mount(_pack, "/.ota")
        except OSError:
            # Ctrl-C has left it there.
            pass
        try:
            _pack.id = ident
            return _import(name)
        finally:
            _pack.id = ()
            umount("/.ota")


def __getattr__(name):
    """Answers ``from . import`` while this thread imports a module. At any other time it knows no
    name: ``dir()`` asks for every name that MicroPython has."""
    if _pack.id != get_ident():
        raise AttributeError(name)
    return _import(name)


def _import(name):
    # Another thread may have loaded it meanwhile.
    module = globals().get(name)
    if not module:
        gc.collect()
        _pack.name = name.encode()
        # One that imports this one has the same name.
        sys.modules.pop("saguarota.module", None)
        module = __import__("saguarota.module", None, None, True)
        sys.modules.pop("saguarota.module", None)
        globals().pop("module", None)
        globals()[name] = module
    return module


try:
    from _saguarota import __version__
except (ImportError, ValueError):
    # Missing, or of another architecture or version: MicroPython's error does not name it.
    _load("abi_check").help()
    raise
# The table of this module's names grows now, while nothing lies behind it on the heap.
for _ in range(12):
    globals()[_] = None
for _ in range(12):
    del globals()[_]
# The others import names from this one: MicroPython looks for it here.
sys.modules["saguarota.const"] = _load("const")
from .const import OTADeletePolicy, OTAErrorCode, OTAState  # noqa: E402

_load("urls")
# For ``from saguarota.updater import OTAUpdater``.
sys.modules["saguarota.updater"] = _load("updater")
OTAUpdater = updater.OTAUpdater  # noqa: F821

gc.collect()
