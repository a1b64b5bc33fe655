"""The package's front as it is in dist: all other modules are in one file, ``pack``, compressed.

MicroPython imports from file systems only, so there is one for the time of an import. tools/pack.py
describes the pack.
"""

import gc
import sys
from errno import ENOENT

from vfs import mount, umount

try:
    from deflate import RAW, DeflateIO
except ImportError:
    raise ImportError("this MicroPython has no module deflate: install the .py files of saguarota")

_path = __path__ + "/pack"
__path__ = "/.ota"


class _Pack:
    def mount(self, *args):
        pass

    umount = acquire = release = mount

    def stat(self, path):
        if path.endswith(".mpy"):
            return (0x8000,) + (0,) * 9
        raise OSError(ENOENT)

    def open(self, path, mode):
        name = path[1:-4].encode()
        file = open(_path, "rb")
        # Names have other meanings in another pack: modules of two of them do not fit together.
        if file.readline() != _made:
            raise ImportError("the package was replaced")
        while True:
            group = file.readline().split()
            if not group:
                raise ImportError(path)
            if name in group:
                break
            file.seek(int(group[0]), 1)
        gc.collect()
        stream = DeflateIO(file, RAW, int(group[1]), True) if int(group[1]) else file
        for other in group[2:]:
            left = int(stream.readline())
            if other == name:
                return stream
            while left:
                passed = len(stream.read(min(left, 64)))
                if not passed:
                    raise ImportError(path)
                left -= passed


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
        _lock.acquire()
        try:
            mount(_pack, "/.ota")
            try:
                __import__(name)
            finally:
                umount("/.ota")
        finally:
            _lock.release()
    return sys.modules[name]


try:
    from _saguarota import __version__
except (ImportError, ValueError):
    # Missing, or of another architecture or version: MicroPython's error does not tell which.
    _load("unfit").say()
    raise
_load("updater")
from saguarota.updater import OTADeletePolicy, OTAErrorCode, OTAState, OTAUpdater  # noqa: E402

gc.collect()
