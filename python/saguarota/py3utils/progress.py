"""A line that tells how far a long work is, for people only: nothing is shown but on a terminal."""

from __future__ import annotations

import shutil
import time
from types import TracebackType
from typing import TextIO

_PERIOD_S = 0.1


class Progress:
    """Call it with the files done and all of them; as a context manager, it wipes its line."""

    def __init__(self, what: str, stream: TextIO) -> None:
        """`what`: what is done with the files. `stream`: where, if it is a terminal."""
        self._what = what
        self._stream = stream
        self._shows = stream.isatty()
        self._next = 0.0
        self._width = 0

    def __call__(self, done: int, total: int) -> None:
        """Draw the line, at most ten times a second."""
        now = time.monotonic()
        if not self._shows or (now < self._next and done < total):
            return
        self._next = now + _PERIOD_S
        self._draw(f"{self._what} {done} of {total} files")

    def __enter__(self) -> Progress:
        """Nothing is drawn before the first call."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wipe the line for what is printed next."""
        if self._width:
            self._draw("")
            self._stream.write("\r")
            self._stream.flush()

    def _draw(self, line: str) -> None:
        # Blanks wipe the rest of a longer line on any terminal; a line that wraps can't be redrawn.
        line = line[: shutil.get_terminal_size().columns - 1]
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)
