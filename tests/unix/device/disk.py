"""A flash file system in an image file; each block write reaches the file at once."""

import os

import vfs

BLOCK = 512


class Disk:
    """A block device with the extended interface (read and write within blocks).

    ``path``: the image, which has ``blocks`` blocks. ``writes_left``: at the write after so many,
    ``die()`` is called; None for never.
    """

    def __init__(self, die, path, blocks, writes_left):
        self.die = die
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
        self.file.seek(block * BLOCK + (offset or 0))
        self.file.write(buffer)

    def ioctl(self, operation, value):
        if operation == 4:
            return self.blocks
        if operation == 5:
            return BLOCK
        if operation == 6:
            return 0
        return None


def mount(die, path, blocks, kind, writes_left):
    """Mounts the image at /flash, made first if it is new, and makes that the current folder."""
    disk = Disk(die, path, blocks, writes_left)
    file_system = {"littlefs": vfs.VfsLfs2, "fat": vfs.VfsFat}[kind]
    disk.file.seek(0)
    if not any(disk.file.read(2 * BLOCK)):
        file_system.mkfs(disk)
    vfs.mount(file_system(disk), "/flash")
    os.chdir("/flash")
