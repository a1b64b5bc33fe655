"""A flash file system in an image file; each block write reaches the file at once."""

import os

import vfs

BLOCK = 512


class Disk:
    """A block device with the extended interface (read and write within blocks).

    ``path``: the image, which has ``blocks`` blocks. ``writes_left``: at the write after so many,
    ``die()`` is called; None for never. ``fails``: (errno, first, end), the writes of these numbers
    that fail; None for none.
    """

    def __init__(self, die, path, blocks, writes_left, fails):
        self.die = die
        self.fails = fails
        self.writes = 0
        self.file = open(path, "r+b")
        self.blocks = blocks
        self.writes_left = writes_left

    def readblocks(self, block, buffer, offset=0):
        self.file.seek(block * BLOCK + offset)
        self.file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=None):
        if self.writes_left is not None:
            if not self.writes_left:
                self.die()
            self.writes_left -= 1
        self.writes += 1
        if self.fails and self.fails[1] < self.writes <= self.fails[2]:
            return -self.fails[0]
        self.file.seek(block * BLOCK + (offset or 0))
        self.file.write(buffer)
        return None

    def ioctl(self, operation, value):
        if operation == 4:
            return self.blocks
        if operation == 5:
            return BLOCK
        if operation == 6:
            return 0
        return None


def mount(die, path, blocks, kind, writes_left, fails, readonly):
    """Mounts the image at /flash, made first if it is new, and makes that the current folder.
    Returns the disk."""
    disk = Disk(die, path, blocks, writes_left, fails)
    file_system = {"littlefs": vfs.VfsLfs2, "fat": vfs.VfsFat}[kind]
    disk.file.seek(0)
    if not any(disk.file.read(2 * BLOCK)):
        file_system.mkfs(disk)
    vfs.mount(file_system(disk), "/flash", readonly=readonly)
    os.chdir("/flash")
    return disk
