"""Files and folders, on littlefs, FAT and the unix port alike."""

import os
from errno import EIO

from micropython import const

# Nothing can be there: ENOENT; ENOTDIR, which the unix port gives for a path through a file;
# EINVAL, which FAT gives for a name that it cannot hold; and ENAMETOOLONG, which littlefs gives for
# one of over 255 bytes.
_ABSENT = const((2, 20, 22, 36))
# errno's own name would stay on the heap.
_ENOENT = const(2)
_FOLDER = const(0x4000)
# Characters of a small file that are read at once.
_PIECE = const(64)
# Bytes of a new file before a flush, which costs littlefs a write of its own.
_UNKNOWN = const(4096)

FILE = 1
FOLDER = 2


def retry(action, path):
    """Returns ``action(path)``, and calls it once more if it does not find the path: littlefs
    ignores some read errors, and then takes an older state of a folder for the newest."""
    try:
        return action(path)
    except OSError as e:
        if e.errno != _ENOENT:
            raise
    return action(path)


def kind(path):
    """FILE or FOLDER, or 0 for neither, as for a name that the file system cannot hold. Raises
    OSError for any other error."""
    try:
        return FOLDER if retry(os.stat, path)[0] & _FOLDER else FILE
    except OSError as e:
        if e.errno in _ABSENT:
            return 0
        raise


def size(path):
    """Bytes of a file; 0 if there is none."""
    return os.stat(path)[6] if kind(path) == FILE else 0


def join(path, name):
    """``name`` below the folder ``path``, which may be ``.``."""
    return name if path == "." else path.rstrip("/") + "/" + name


def absolute(path):
    """The path from the root, without ``.``, ``..`` and doubled slashes."""
    if not path.startswith("/"):
        path = os.getcwd() + "/" + path
    parts = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def make_parents(path):
    """Creates the folders above a file, as far as they are missing."""
    end = path.rfind("/")
    if end <= 0 or kind(path[:end]) == FOLDER:
        return
    make_parents(path[:end])
    os.mkdir(path[:end])


def rename(path, target):
    """Renames a file or a folder."""
    try:
        os.rename(path, target)
    except OSError:
        # At its next write but one, littlefs removes the old name by its number in the folder: no
        # name may come or go before it until then. So one is written and removed that comes after.
        last = path[:-3] + "zzz" if path[-4:-3] == "." else path + "z"
        try:
            write(last, "")
            os.remove(last)
        except OSError:
            # On a full flash, say. The first error is the one to report.
            pass
        raise


def remove(path):
    """Removes a file; a missing one is none the less gone."""
    try:
        retry(os.remove, path)
    except OSError as e:
        if e.errno not in _ABSENT:
            raise


def ilistdir(path):
    """As ``os.ilistdir``, but for names that are no UTF-8, as those of FAT's code pages. Raises
    OSError."""
    found = os.ilistdir(path)
    last = ""
    while True:
        try:
            # MicroPython before 1.25 has no next() with a default.
            entry = next(found)
        except UnicodeError:
            continue
        except StopIteration:
            return
        # MicroPython's littlefs yields one entry for ever where it cannot read the next.
        if entry[0] == last:
            raise OSError(EIO)
        last = entry[0]
        yield entry


def writer(file):
    """``file.write`` for a new file that may be long.

    FAT's entry for it gets to know its clusters by a flush only: what a power loss finds written
    before the first one is lost for good. Later clusters hang on the first.
    """
    left = _UNKNOWN

    def write(piece):
        nonlocal left
        file.write(piece)
        if left > 0:
            left -= len(piece)
            if left <= 0:
                file.flush()

    return write


def copy(path, target, buffer):
    """Copies a file in pieces of the buffer's size."""
    with open(path, "rb") as src, open(target, "wb") as dst:
        write = writer(dst)
        view = memoryview(buffer)
        while True:
            got = src.readinto(buffer)
            if not got:
                return
            write(view[:got])


def read(path, size=-1):
    """The text of a small file, at most ``size`` characters; empty if there is no such file, or it
    is not UTF-8. Other errors are raised: a later attempt may read the file."""
    text = ""
    try:
        with retry(open, path) as f:
            # MicroPython takes as much heap as is asked for, in one piece.
            while len(text) != size:
                piece = f.read(min(_PIECE, size - len(text)) if size > 0 else _PIECE)
                if not piece:
                    break
                text += piece
            return text
    except OSError as e:
        if e.errno not in _ABSENT:
            raise
    except ValueError:
        pass
    return ""


def write(path, text, mode="w"):
    """Writes or appends to a small file; the folders above it are created."""
    make_parents(path)
    with open(path, mode) as f:
        f.write(text)
