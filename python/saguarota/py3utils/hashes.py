"""Hashes of the files of a tree, with a memory: a second look at an unchanged file costs one stat.

One thread reads: most files of a release are so small that opening them takes longer than hashing
them, and threads or processes would only wait for each other.
"""

from __future__ import annotations

import errno
import hashlib
import os
import time

_CHUNK = 1 << 20
# A file system's clock may tick this slowly (FAT: 2 s): a file that was written so shortly before
# it was hashed may be written again without a trace in its time stamps.
_RACY_NS = 2 * 10**9
# Windows reads text without it.
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0)

Hashes = tuple[str, str, os.stat_result]
"""MD5 and SHA-256 as lower-case hex digits (SHA-256 empty where nobody wants it), and the file's
state when it was read."""

_Stamp = tuple[int, int, int, int, int]


class FileHashes:
    """Remembers the hashes of each file together with the stamp that the file had then."""

    def __init__(self, sha256: bool = False) -> None:
        """`sha256`: whether that is wanted beside the MD5."""
        self._sha256 = sha256
        self._known: dict[str, tuple[_Stamp, str, str]] = {}

    def of(self, location: str) -> Hashes:
        """Return the hashes of a file, made of one reading, or from memory.

        Raises OSError naming the file when it can't be read, has vanished, or changes meanwhile.
        """
        try:
            known = self._known.get(location)
            if known:
                found = os.stat(location)
                if known[0] == _stamp(found):
                    return known[1], known[2], found
            return self._read(location)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                errno.ENOENT, "file vanished while the tree was scanned", location
            ) from error
        except OSError as error:
            # That of a read names no file.
            error.filename = location
            raise

    def _read(self, location: str) -> Hashes:
        now = time.time_ns()
        # Without Python's file object, which costs as much as all the rest does for a small file.
        descriptor = os.open(location, _FLAGS)
        try:
            found = os.fstat(descriptor)
            size = found.st_size
            # One byte more tells a file that has grown.
            content = os.read(descriptor, min(size, _CHUNK) + 1)
            md5 = hashlib.md5(content, usedforsecurity=False)
            sha256 = hashlib.sha256(content) if self._sha256 else None
            done = len(content)
            while content and done < size:
                content = os.read(descriptor, _CHUNK)
                md5.update(content)
                if sha256:
                    sha256.update(content)
                done += len(content)
            stamp = _stamp(found)
            if done != size or _stamp(os.fstat(descriptor)) != stamp:
                raise OSError(errno.EBUSY, "file changed while it was hashed", location)
        finally:
            os.close(descriptor)
        digests = md5.hexdigest(), sha256.hexdigest() if sha256 else ""
        if found.st_mtime_ns < now - _RACY_NS and found.st_ctime_ns < now - _RACY_NS:
            self._known[location] = (stamp, *digests)
        else:
            self._known.pop(location, None)
        return (*digests, found)

    def keep_only(self, locations: set[str]) -> None:
        """Forget the files that are not in `locations`."""
        for location in self._known.keys() - locations:
            self._known.pop(location, None)


def _stamp(found: os.stat_result) -> _Stamp:
    # The change time and the inode tell of a file replaced by one of equal size and mtime.
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
