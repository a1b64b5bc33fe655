"""An emulated board, and the raw REPL on its serial line."""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import time


class Silent(Exception):
    """The board has said nothing more for too long; what it had said is the text."""


class Raised(Exception):
    """A script on the board ended with an exception; its traceback is the text."""


class Machine:
    """A board that is running; a context manager, which ends it.

    The serial line is a pair of sockets, whose end is seen at once when the emulator ends, as it
    does at a `machine.reset()`. MicroPython's pyboard.py would wait for ever then.
    """

    def __init__(self, board, firmware, memory, extra=()):
        self._line, line = socket.socketpair()
        self._monitor, monitor = socket.socketpair()
        with line, monitor:
            # setpriv: the kernel ends it if the test ends without having done so.
            self._process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "KILL"),
                    *board.command(firmware, memory),
                    *("-display", "none", "-semihosting"),
                    *("-chardev", f"socket,id=line,fd={line.fileno()}", "-serial", "chardev:line"),
                    *("-chardev", f"socket,id=monitor,fd={monitor.fileno()}"),
                    *("-monitor", "chardev:monitor"),
                    *extra,
                ],
                pass_fds=[line.fileno(), monitor.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._heard = b""
        self._raw = False
        self.ended = False

    def run(self, source, timeout=30):
        """Run a script; returns what it has printed. `ended` tells whether the board was reset in
        it. Raises Raised, and Silent after `timeout` seconds in all."""
        self.start(source, timeout)
        return self.finish(timeout)

    def start(self, source, timeout=30):
        """Start a script and return."""
        until = time.monotonic() + timeout
        if not self._raw:
            self._until(b">>> ", until)
            # QEMU looks whether the UART takes input by now when something happens, or a second
            # later.
            self._monitor.sendall(b"\n")
            self._send(b"\x01")
            self._until(b"raw REPL; CTRL-B to exit\r\n>", until)
            self._raw = True
        self._send(source.encode() + b"\x04")
        self._until(b"OK", until)

    def finish(self, timeout=30):
        """Wait for the end of the script; as run()."""
        until = time.monotonic() + timeout
        printed = self._until(b"\x04", until)
        if self.ended:
            return printed
        error = self._until(b"\x04>", until)
        if error:
            raise Raised(printed + error)
        return printed

    def hear(self, ending, timeout=30):
        """Wait until the script has printed this; returns all up to it."""
        return self._until(ending.encode(), time.monotonic() + timeout) + ending

    def kill(self):
        """What pulling the plug is: the emulator ends where it stands. Tells whether it ran."""
        alive = self._process.poll() is None
        self._process.kill()
        self._process.wait()
        self._line.close()
        self._monitor.close()
        self.ended = self.ended or not alive
        return alive

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.kill()

    def _send(self, data):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._line.sendall(data)

    def _until(self, ending, until):
        """What comes before `ending`, which is dropped; or all, if the emulator has ended."""
        while ending not in self._heard:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._line], [], [], left)[0]:
                raise Silent(_text(self._heard))
            try:
                piece = self._line.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                self.ended = True
                self._process.wait()
                return _text(self._heard)
            self._heard += piece
        heard, _, self._heard = self._heard.partition(ending)
        return _text(heard)


def _text(heard):
    return heard.decode("utf-8", "replace").replace("\r\n", "\n")
