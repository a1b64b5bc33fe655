"""Files that a rollback could not restore: the next update fetches them, even at the same version.

Their paths are in the due file, a line each, in path order. Their backups are retained until an
update is confirmed.
"""

from . import fs
from .const import load


class _Due:
    """An entry that is due even at the version that the device has."""

    due = True

    def __init__(self, entry):
        self.remote = entry

    def __getattr__(self, name):
        return getattr(self.remote, name)


class Manifest:
    """A remote manifest in which the files of the due file are due as well."""

    def __init__(self, remote, path):
        self.remote = remote
        self.file = open(path)
        self.line = self.file.readline()

    def next(self, local, force, everything):
        """As that of the native ``Manifest``."""
        while True:
            entry = self.remote.next(local, force, True)
            if entry is None:
                self.file.close()
                return None
            name = entry.path + "\n"
            while self.line and self.line < name:
                self.line = self.file.readline()
            if self.line == name:
                entry = _Due(entry)
            if everything or entry.due:
                return entry


def add(due, paths):
    """Adds ``paths``, an iterator in path order, to the due file. Without any path, no file is
    written."""
    atomic_file = load("atomic_file")
    first = _next(paths)
    if first is not None:
        atomic_file.store(due, _merge(texts(atomic_file.finish_copy(due)), first, paths))


def texts(path):
    if fs.kind(path):
        with open(path) as file:
            for line in file:
                yield line.rstrip("\n")


def _next(paths):
    # MicroPython before 1.25 has no next() with a default.
    for path in paths:
        return path
    return None


def _merge(texts, path, paths):
    """Merges two iterators of paths in path order, of the second of which ``path`` was taken; the
    end mark of a stored file is left out."""
    text = _next(texts)
    while text or path:
        if not path or (text and text <= path):
            if text != ".":
                yield text
            if text == path:
                path = _next(paths)
            text = _next(texts)
        else:
            yield path
            path = _next(paths)
