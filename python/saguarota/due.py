"""Adds to the due file the paths that a rollback has left as they are.

It has a line each, in path order; ``again`` reads it.
"""

from . import flash
from .atomic_file import finish_copy, store


def add(due, paths):
    """Adds ``paths``, an iterator in path order, to the due file; nothing where there are none."""
    first = _next(paths)
    if first is not None:
        store(due, _union(_texts(finish_copy(due)), first, paths))


def _texts(path):
    if flash.kind(path):
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
