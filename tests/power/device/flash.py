"""A flash in RAM that remembers, in order, each write that reaches it.

A power cut at write number k leaves the first k writes and nothing more, whatever the device did in
its RAM after that. So an action runs once, and every state that a cut in it may leave is made from
what is remembered; nothing is ever thrown through the file system's own code.
"""

import os

import vfs

ERASED = b"\xff"
# So many failed operations in one boot, and it is in a loop that no error ends.
_FAILED_MAX = 5000


class Fault:
    """An I/O error of the flash, in operations of the kind ``op``.

    ``op``: read, or write, which an erase is, too. ``how``: once, operation number ``at`` alone
    fails; lasting, that and all after it; block, all on the block of the number ``at``. Operations
    are counted from 0, by the calls of the block device, from when the fault is put into the first
    boot's flash. ``errno``: what the block device returns, negative. ``lands``: whether the bytes
    of a failing write reach the flash all the same.
    """

    def __init__(self, op, at, how, errno, lands=False):
        self.op = op
        self.at = at
        self.how = how
        self.errno = errno
        self.lands = lands
        self.count = 0
        self.blocks = set()
        # Failed operations of this boot.
        self.failed = 0
        # The call of ``os`` that is at work, as far as somebody says so; those with an error.
        self.call = None
        self.within = set()

    def hits(self, op, block):
        """Counts an operation; whether it fails."""
        if op != self.op:
            return False
        number = block if self.how == "block" else self.count
        self.count += 1
        self.blocks.add(block)
        if number != self.at and (number < self.at or self.how != "lasting"):
            return False
        if self.call:
            self.within.add(self.call)
        self.failed += 1
        if self.failed > _FAILED_MAX:
            # An exception would go through the file system's C code, and leave it broken.
            print("the boot does not end")
            os.system("kill -9 $PPID")
        return True


class Flash:
    """A block device over ``data``, a bytearray, with blocks of ``block`` bytes.

    ``writes``: (position, bytes) of each write in order, the bytes None where a block was erased.
    For FAT, whose sectors are written whole, a write is one sector. Set ``writes`` to None to end
    the record: what comes later is as if it were after the cut. ``fault``: the Fault that it has
    from now on, or None. MicroPython takes an error as a number: littlefs hands it through, FatFs
    makes EIO of any.
    """

    def __init__(self, data, block):
        self.data = data
        self.block = block
        self.writes = []
        self.fault = None

    def readblocks(self, block, buffer, offset=0):
        if self.fault and self.fault.hits("read", block):
            return -self.fault.errno
        start = block * self.block + offset
        buffer[:] = memoryview(self.data)[start : start + len(buffer)]
        return 0

    def writeblocks(self, block, buffer, offset=None):
        failing = self.fault and self.fault.hits("write", block)
        if not failing or self.fault.lands:
            start = block * self.block + (offset or 0)
            if offset is not None:
                self.write(start, bytes(buffer))
            else:
                for at in range(0, len(buffer), self.block):
                    self.write(start + at, bytes(buffer[at : at + self.block]))
        return -self.fault.errno if failing else 0

    def ioctl(self, operation, value):
        if operation == 4:
            return len(self.data) // self.block
        if operation == 5:
            return self.block
        if operation == 6:
            failing = self.fault and self.fault.hits("write", value)
            if not failing or self.fault.lands:
                self.write(value * self.block, ERASED * self.block, True)
            return -self.fault.errno if failing else 0
        return None

    def write(self, start, data, erase=False):
        """The next write."""
        self.data[start : start + len(data)] = data
        if self.writes is not None:
            self.writes.append((start, None if erase else data))


def mount(flash, kind, program=32):
    """Mounts it at /flash, which becomes the current folder. ``kind``: littlefs or fat;
    ``program``: bytes that littlefs programs at least, a quarter of its caches.

    littlefs keeps no times: the same boot leaves the same bytes whenever it runs.
    """
    if kind == "littlefs":
        made = vfs.VfsLfs2(flash, progsize=program, mtime=False)
    else:
        made = vfs.VfsFat(flash)
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
