"""The board's RAM that outlives a reset: a mailbox for the modem, and the flash."""

# ruff: noqa: F821
import os
import sys

import modem
import uctypes
import vfs
from micropython import const

# As in ../boards.py.
_MAILBOX = const(7 << 20)
_FLASH = const(8 << 20)
_BLOCK = const(4096)


@micropython.viper
def _copy(target: ptr8, at: int, source: ptr8, start: int, size: int):
    """Copies bytes, words at a time where all are aligned; without garbage, as a port's driver."""
    if (int(target) + at | int(source) + start | size) & 3:
        for i in range(size):
            target[at + i] = source[start + i]
    else:
        to = ptr32(int(target) + at)
        of = ptr32(int(source) + start)
        for i in range(size >> 2):
            to[i] = of[i]


@micropython.viper
def _erase(target: ptr8, at: int):
    to = ptr32(int(target) + at)
    for i in range(_BLOCK >> 2):
        to[i] = -1


class Flash:
    """A block device over ``data``, of which a reset may leave a block half written."""

    def __init__(self, data):
        self._data = data

    def readblocks(self, block, buffer, offset=0):
        _copy(buffer, 0, self._data, block * _BLOCK + offset, len(buffer))

    def writeblocks(self, block, buffer, offset=0):
        _copy(self._data, block * _BLOCK + offset, buffer, 0, len(buffer))

    def ioctl(self, operation, value):
        if operation == 4:
            return len(self._data) // _BLOCK
        if operation == 5:
            return _BLOCK
        if operation == 6:
            _erase(self._data, value * _BLOCK)
        return 0


def start(memory, blocks):
    """What a port's own start-up does: the flash is mounted, and its lib/ can be imported from.

    ``memory``: address of the RAM that outlives a reset; ``blocks``: how many the flash has.
    """
    modem.start(memory + _MAILBOX)
    flash = Flash(uctypes.bytearray_at(memory + _FLASH, blocks * _BLOCK))
    vfs.mount(vfs.VfsLfs2(flash), "/")
    os.chdir("/")
    sys.path[:] = ("", ".frozen", "/lib")
