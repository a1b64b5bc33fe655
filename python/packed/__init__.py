"""The package's front as it is in dist: all other modules are in one file, ``pack``.

MicroPython imports from file systems only, so there is one for the time of an import. tools/pack.py
describes the pack.
"""

import gc
import sys
from errno import ENOENT

from vfs import mount, umount

_path = __path__ + "/pack"
__path__ = "/.ota"


class _Pack:
    def mount(self, *args):
        pass

    umount = __enter__ = __exit__ = mount

    def stat(self, path):
        if path.endswith(".mpy"):
            return (0x8000,) + (0,) * 9
        raise OSError(ENOENT)

    def open(self, path, mode):
        name = path[1:-4].encode()
        file = open(_path, "rb")
        end = file.seek(0, 2)
        file.seek(0)
        # Names have other meanings in another pack: modules of two of them do not fit together.
        if file.readline() != _made:
            raise ImportError("the package was replaced")
        while True:
            found = file.readline().split()
            # Of a file that ends early, MicroPython's import never comes to an end.
            if not found or file.tell() + int(found[1]) > end:
                raise ImportError(path)
            if found[0] == name:
                return file
            file.seek(int(found[1]), 1)


_pack = _Pack()
try:
    from _thread import allocate_lock

    _lock = allocate_lock()
except ImportError:
    _lock = _pack
with open(_path, "rb") as _made:
    _made = _made.readline()


def _load(name):
    """Returns a module of the package; what its functions import, they import by this."""
    name = "saguarota." + name
    if name not in sys.modules:
        with _lock:
            gc.collect()
            mount(_pack, "/.ota")
            try:
                __import__(name)
            finally:
                umount("/.ota")
    return sys.modules[name]


try:
    from _saguarota import __version__
except (ImportError, ValueError):
    # Missing, or of another architecture or version: MicroPython's error does not tell which.
    _load("abi_check").say()
    raise
_load("updater")
from saguarota.updater import OTADeletePolicy, OTAErrorCode, OTAState, OTAUpdater  # noqa: E402

gc.collect()
