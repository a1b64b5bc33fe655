"""Whether files have the same bytes."""

from . import fs


def same(path, other, buffer):
    """Whether two files have the same bytes."""
    return fs.size(path) == fs.size(other) and same_start(path, other, buffer)


def same_start(path, other, buffer):
    """Whether the second file begins with the bytes of the first."""
    half = len(buffer) // 2
    left = memoryview(buffer)[:half]
    right = memoryview(buffer)[half : 2 * half]
    with open(path, "rb") as a, open(other, "rb") as b:
        while True:
            got = a.readinto(left)
            if not got:
                return True
            if b.readinto(right[:got]) != got or left[:got] != right[:got]:
                return False
