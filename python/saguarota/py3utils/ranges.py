"""Byte ranges of RFC 9110, chapter 14: one range a request, which is all that a resume needs."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime

# 100 digits are more than any file has bytes, and few enough for int().
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,100})-([0-9]{0,100})[ \t]*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range is well formed, but no byte of the file lies in it."""


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the part `(first, length)` of a body of `size` bytes that a Range field asks for.

    None means the whole body: there is no field, or one to be ignored (another unit, malformed,
    several ranges, or the end of an empty body, which no Content-Range can name). Raises
    Unsatisfiable where the range begins behind the body, or is its last 0 bytes.
    """
    match = _RANGE.fullmatch(header) if header else None
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        if int(last) == 0:
            raise Unsatisfiable
        return (size - length, length) if length else None
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    end = min(int(last), size - 1) if last else size - 1
    return start, end - start + 1


def if_range_holds(header: str | None, etag: str, modified: float | None) -> bool:
    """Tell whether the condition of an If-Range field holds, or there is none.

    An entity tag must be the same and strong. A date must be that of the last modification
    (`modified`, seconds since 1970, None if unknown), and over a second ago: within the same second
    the file may have changed again (RFC 9110, 8.8.2.2).
    """
    if header is None:
        return True
    header = header.strip()
    if header.startswith(('"', "W/")):
        return header == etag
    if modified is None:
        return False
    try:
        asked = parsedate_to_datetime(header).timestamp()
    except (TypeError, ValueError, OverflowError):
        return False
    return asked == int(modified) and time.time() - modified > 1
