"""Files that a rollback could not restore: the next update fetches them, even at the same version.

Their paths are in the due file, a line each, in path order. Their backups are kept until an update
is confirmed.
"""

from . import fs


class Manifest:
    """A remote manifest in which the files of the due file are due as well."""

    def __init__(self, remote, path):
        self._remote = remote
        self._lines = open(path)
        self._line = self._lines.readline()

    def next(self, local, force, everything):
        """As that of the native ``Manifest``."""
        while True:
            change = self._remote.next(local, force, True)
            if change is None:
                self._lines.close()
                return None
            name = change[0] + "\n"
            while self._line and self._line < name:
                self._line = self._lines.readline()
            if self._line == name:
                change = change[:4] + (True,) + change[5:]
            if everything or change[4]:
                return change


def add(due, paths):
    """Adds ``paths``, an iterator in path order, to the due file. Without any path, no file is
    written."""
    from .atomic_file import finish_copy, store

    first = _next(paths)
    if first is not None:
        store(due, _union(_texts(finish_copy(due)), first, paths))


def _texts(path):
    if fs.kind(path):
        with open(path) as file:
            for line in file:
                yield line.rstrip("\n")


def _next(iterator):
    # MicroPython before 1.25 has no next() with a default.
    for item in iterator:
        return item
    return None


def _union(left, b, right):
    """Merges two iterators of paths in path order, of the second of which ``b`` was taken; the end
    mark of a stored file is left out."""
    a = _next(left)
    while a or b:
        if not b or (a and a <= b):
            if a != ".":
                yield a
            if a == b:
                b = _next(right)
            a = _next(left)
        else:
            yield b
            b = _next(right)


def is_kept(transaction, backup):
    """Whether the file ``backup`` is kept, as that of a file that is due."""
    line = backup[len(transaction.backup_dir) + 1 :] + "\n"
    if fs.kind(transaction.due) == fs.FILE:
        with open(transaction.due) as lines:
            for due in lines:
                if due == line:
                    return fs.kind(backup) == fs.FILE
    return False
