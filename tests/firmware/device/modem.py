"""The board's half of the modem, which makes its connections: ../modem.py is the other one.

Both see the mailbox, some RAM of the board's. A call writes what it wants, then its number; the
host does it and writes the number back.
"""

# ruff: noqa: F821
import uctypes
from micropython import const

ROOM = const(16384)
CONNECT, SEND, RECEIVE, CLOSE, SLEEP = 1, 2, 3, 4, 5
# Bytes of the mailbox before the data.
_WORDS = const(64)

_box = None
data = None


def start(mailbox):
    """Takes the mailbox's address. ``data`` is then what a call sends and gets."""
    global _box, data
    _box = uctypes.bytearray_at(mailbox, _WORDS)
    data = memoryview(uctypes.bytearray_at(mailbox + _WORDS, ROOM))


@micropython.viper
def _call(box: ptr32, what: int, which: int, length: int, timeout: int) -> int:
    # Words of the mailbox: numbers of the call and of the answer; what to do, with which
    # connection, bytes of the data, milliseconds to wait; the result; the clock.
    box[2] = what
    box[3] = which
    box[4] = length
    box[5] = timeout
    number = box[0] + 1
    box[0] = number
    while box[1] != number:
        pass
    return box[6]


@micropython.viper
def _clock(box: ptr32) -> int:
    return box[7]


def call(what, which, length, timeout):
    """The result of a call; raises OSError."""
    result = _call(_box, what, which, length, timeout)
    if result < 0:
        raise OSError(-result)
    return result


def clock():
    """Milliseconds, as of the last answer."""
    return _clock(_box)
