"""MD5 of the files of a tree, with a memory: a second look at an unchanged file costs one stat."""

from __future__ import annotations

import errno
import hashlib
import os
import time

_CHUNK = 1 << 20
# A file system's clock may tick this slowly (FAT: 2 s): a file that was written so shortly before
# it was hashed may be written again without a trace in its time stamps.
_RACY_NS = 2 * 10**9

_Stamp = tuple[int, int, int, int, int]


class FileHashes:
    """Remembers the MD5 of each file together with the stamp that the file had then."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Stamp, str]] = {}

    def md5(self, location: str) -> tuple[str, os.stat_result]:
        """Return the MD5 of a file as 32 lower-case hex digits, and its state when it was read.

        Raises OSError naming the file when it can't be read, has vanished, or changes meanwhile.
        """
        try:
            found = os.stat(location)
            stamp = _stamp(found)
            known = self._known.get(location)
            if known and known[0] == stamp:
                return known[1], found
            return self._read(location)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                errno.ENOENT, "file vanished while the tree was scanned", location
            ) from error

    def _read(self, location: str) -> tuple[str, os.stat_result]:
        now = time.time_ns()
        digest = hashlib.md5(usedforsecurity=False)
        with open(location, "rb") as file:
            found = os.fstat(file.fileno())
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            stamp = _stamp(found)
            if _stamp(os.fstat(file.fileno())) != stamp:
                raise OSError(errno.EBUSY, "file changed while it was hashed", location)
        md5 = digest.hexdigest()
        if max(found.st_mtime_ns, found.st_ctime_ns) < now - _RACY_NS:
            self._known[location] = stamp, md5
        else:
            self._known.pop(location, None)
        return md5, found

    def keep_only(self, locations: set[str]) -> None:
        """Forget the files that are not in `locations`."""
        for location in self._known.keys() - locations:
            self._known.pop(location, None)


def _stamp(found: os.stat_result) -> _Stamp:
    # The change time and the inode tell of a file replaced by one of equal size and mtime.
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
