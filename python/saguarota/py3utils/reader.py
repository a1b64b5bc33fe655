"""Reads a manifest's JSON as strictly as a device does, where Python's json is lenient."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, Callable

from .manifest import SIZE_MAX, VERSION_MAX
from .sentences import SENTENCES

DEPTH_MAX = 16
"""Most levels of nested objects and lists that a device reads."""

_BRACKET_OR_STRING = re.compile(r'[\[\]{}]|"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)

_HEX = {"md5": 32, "sha256": 64}


class Members(dict[str, Any]):
    """An object, and which of its names came twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated: set[str] = set()
        if len(self) < len(pairs):
            seen = Counter(name for name, _ in pairs)
            self.repeated.update(name for name, count in seen.items() if count > 1)


class Number(str):
    """A number as it is written."""


def read(content: bytes) -> Members:
    """Return a manifest's members, of which `files` is a list; numbers come as `Number`.

    Raises ValueError saying what is wrong, with line and column where that is known.
    """
    if len(content) > SIZE_MAX:
        raise ValueError(f"over {SIZE_MAX} bytes, the most that a device reads")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8, at byte {error.start}") from None
    _check_depth(text)
    try:
        data = json.loads(
            text,
            object_pairs_hook=Members,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_refuse,
        )
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(data, Members):
        raise ValueError(SENTENCES["NotAnObject"])
    if not isinstance(data.get("files"), list):
        raise ValueError(SENTENCES["FilesNoList" if "files" in data else "NoFiles"])
    return data


def _check_depth(text: str) -> None:
    depth = 0
    for found in _BRACKET_OR_STRING.finditer(text):
        token = found[0]
        depth += (token in "[{") - (token in "]}")
        if depth > DEPTH_MAX:
            line = text.count("\n", 0, found.start()) + 1
            raise ValueError(f"nested deeper than {DEPTH_MAX} levels, in line {line}")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def number(members: Members, name: str) -> int:
    """Return an integer that may be a string of digits; 0 where there is none.

    Raises ValueError for anything else, and over 2^63-1.
    """
    value = members.get(name, "0")
    if not isinstance(value, str) or not re.fullmatch("[0-9]+", value):
        raise ValueError(f"{name} is no whole number from 0 up")
    digits = value.lstrip("0") or "0"
    if len(digits) > 19 or int(digits) > VERSION_MAX:
        raise ValueError(f"{name} is over 2^63-1")
    return int(digits)


def _size(members: Members, name: str) -> int | str:
    return "" if members.get(name) is None else number(members, name)


def _digest(members: Members, name: str) -> str:
    value = members.get(name)
    if value in (None, ""):
        return ""
    if type(value) is not str or not re.fullmatch(f"[0-9A-Fa-f]{{{_HEX[name]}}}", value):
        raise ValueError(f"{name} is not {_HEX[name]} hex digits")
    return value


def _sha256(members: Members, name: str) -> str:
    return _digest(members, name).lower()


VALUES: dict[str, Callable[[Members, str], Any]] = {
    "version": number,
    "md5": _digest,
    "size": _size,
    "sha256": _sha256,
}
"""The members of an entry beside `path`, and what reads them. Each raises ValueError."""
