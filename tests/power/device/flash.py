"""A flash in RAM that remembers, in order, each write that reaches it.

A power cut at write number k leaves the first k writes and nothing more, whatever the device did in
its RAM after that. So an action runs once, and every state that a cut in it may leave is made from
what is remembered; nothing is ever thrown through the file system's own code.
"""

import os

import vfs

ERASED = b"\xff"


class Flash:
    """A block device over ``data``, a bytearray, with blocks of ``block`` bytes.

    ``writes``: (position, bytes) of each write in order, the bytes None where a block was erased.
    For FAT, whose sectors are written whole, a write is one sector. Set ``writes`` to None to end
    the record: what comes later is as if it were after the cut.
    """

    def __init__(self, data, block):
        self.data = data
        self.block = block
        self.writes = []

    def readblocks(self, block, buffer, offset=0):
        start = block * self.block + offset
        buffer[:] = memoryview(self.data)[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=None):
        start = block * self.block + (offset or 0)
        if offset is not None:
            self.write(start, bytes(buffer))
            return
        for at in range(0, len(buffer), self.block):
            self.write(start + at, bytes(buffer[at : at + self.block]))

    def ioctl(self, operation, value):
        if operation == 4:
            return len(self.data) // self.block
        if operation == 5:
            return self.block
        if operation == 6:
            self.write(value * self.block, ERASED * self.block, True)
            return 0
        return None

    def write(self, start, data, erase=False):
        """The next write."""
        self.data[start : start + len(data)] = data
        if self.writes is not None:
            self.writes.append((start, None if erase else data))


def mount(flash, kind):
    """Mounts it at /flash, which becomes the current folder. ``kind``: littlefs or fat.

    littlefs keeps no times: the same boot leaves the same bytes whenever it runs.
    """
    made = vfs.VfsLfs2(flash, mtime=False) if kind == "littlefs" else vfs.VfsFat(flash)
    vfs.mount(made, "/flash")
    os.chdir("/flash")


def unmount():
    """Leaves it again."""
    os.chdir("/")
    vfs.umount("/flash")


def make(flash, kind):
    """Makes an empty file system."""
    {"littlefs": vfs.VfsLfs2, "fat": vfs.VfsFat}[kind].mkfs(flash)


def tree():
    """Yields (path, content) of all that is on the mounted flash; None is a folder's content, and
    its path ends with a slash."""
    yield from _walk("")


def _walk(folder):
    for name, kind, *_ in os.ilistdir(folder):
        path = folder + "/" + name if folder else name
        if kind == 0x4000:
            yield path + "/", None
            yield from _walk(path)
        else:
            try:
                with open(path, "rb") as file:
                    content = file.read()
            except OSError as e:
                # A name that is listed, but cannot be opened.
                content = repr(e).encode()
            yield path, content
