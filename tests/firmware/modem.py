"""The host's half of the modem: makes the connections of a board that has no network.

Board and host share a page of memory, the board's RAM being a file. Of what a board sends and
receives not a byte is changed: it talks with the real server.
"""

from __future__ import annotations

import errno
import mmap
import socket
import threading
import time
from pathlib import Path

from firmware.boards import MAILBOX

# See device/modem.py.
_WORDS = 8
_DATA = 64
_ROOM = 16384
_CONNECT, _SEND, _RECEIVE, _CLOSE, _SLEEP = 1, 2, 3, 4, 5
# Seconds between two looks into the mailbox: soon after a call, and else.
_BUSY, _IDLE = 50e-6, 1e-3
_SOON = 0.05


class Modem:
    """Answers the calls of the board whose RAM is the file `memory`; a context manager."""

    def __init__(self, memory):
        with Path(memory).open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), mmap.PAGESIZE * 8, offset=MAILBOX)
        # Whole words, in one piece each: both sides look while the other one writes.
        self._words = memoryview(self._map)[: 4 * _WORDS].cast("I")
        self._data = memoryview(self._map)[_DATA : _DATA + _ROOM]
        self._sockets = {}
        self._connected = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        self._words[0] = self._words[1] = 0
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._ended.set()
        self._thread.join()
        for connection in self._sockets.values():
            connection.close()
        self._words.release()
        self._data.release()
        self._map.close()

    def _work(self):
        last = 0.0
        while not self._ended.is_set():
            number = self._words[0]
            if number == self._words[1]:
                time.sleep(_BUSY if time.monotonic() - last < _SOON else _IDLE)
                continue
            try:
                result = self._do(*self._words[2:6])
            except socket.timeout:
                result = -errno.ETIMEDOUT
            except OSError as error:
                result = -(error.errno or errno.EIO)
            last = time.monotonic()
            self._words[6] = result & 0xFFFFFFFF
            self._words[7] = int(last * 1000) & 0x3FFFFFFF
            self._words[1] = number

    def _do(self, what, which, length, timeout):
        if what == _SLEEP:
            self._ended.wait(timeout / 1000)
            return 0
        if what == _CLOSE:
            self._sockets.pop(which).close()
            return 0
        if what == _CONNECT:
            host, port = bytes(self._data[:length]).decode().split()
            connection = socket.create_connection((host, int(port)), timeout / 1000)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connected += 1
            self._sockets[self._connected] = connection
            return self._connected
        connection = self._sockets[which]
        connection.settimeout(timeout / 1000)
        if what == _SEND:
            connection.sendall(self._data[:length])
            return length
        return connection.recv_into(self._data, length)
