"""Names that FAT cannot hold, and paths of which it makes one file.

A device with littlefs takes both, so that they are worth a warning, and no more. FAT is what
MicroPython builds, FatFs with long names: it takes each byte of a name for a character of code page
437. `src/fat.rs` compares as this module does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Callable, NamedTuple

FORBIDDEN = '"*:<>?|'
"""What no name on FAT may have, beside what no device accepts."""

_IDENTITY = bytes(range(256))


def _table(pairs: Iterable[tuple[bytes, bytes]], start: bytes = _IDENTITY) -> bytes:
    table = bytearray(start)
    for codes, forms in pairs:
        for code, form in zip(codes, forms):
            table[code] = form
    return bytes(table)


# The letters of code page 437 that have two cases there, each as the lower one.
_UPPER, _LOWER = "ÇÜÉÄÅÆÖÑΣΦ".encode("cp437"), "çüéäåæöñσφ".encode("cp437")
_LONG = _table([(_UPPER, _LOWER)], _IDENTITY.lower())
# In a short name, vowels have no accents but for a capital É, and Greek letters keep their case.
_VOWELS, _PLAIN = "éêëèâàáïîìíôòóûùúÿ".encode("cp437"), b"eeeeaaaiiiiooouuuy"
_COARSE = _table([(_VOWELS, _PLAIN), ("É".encode("cp437"), b"e")], _LONG)
_EXACT = "ÉΣΦ".encode("cp437")
_SHORT = _table([(_EXACT, _EXACT)], _COARSE)
# What a short name lacks; the dot, for a second one.
_LOST = frozenset(b" .+,;=[]")


class Caution(NamedTuple):
    """A path that cannot be a file of its own everywhere."""

    index: int
    """Which path it is, counted from 0."""
    path: str
    what: str
    """Where it cannot, and why."""


class _Name(NamedTuple):
    name: str
    """A path, or that of a folder above it."""
    path: str
    is_folder: bool


class _Rule(NamedTuple):
    where: str
    key: Callable[[str], object]
    """Equal for any two names that may be one."""
    same: Callable[[str, str], bool]
    """Whether two names with one key are one."""


def unfit(path: str) -> str | None:
    """Say why FAT cannot hold a path that a device accepts, or return None."""
    found = " ".join(letter for letter in FORBIDDEN if letter in path)
    return f"FAT can't hold a name with {found}" if found else None


def same_on_fat(one: str, other: str) -> bool:
    """Tell whether FAT takes two paths that a device accepts for one."""
    first, second = one.encode().split(b"/"), other.encode().split(b"/")
    return len(first) == len(second) and all(map(_same_name, first, second))


def cautions(paths: Iterable[str]) -> Iterator[Caution]:
    """Find each path that FAT cannot hold, that is one file with an earlier one, or that is a file
    where an earlier one has a folder, or the other way round: on FAT, or where the case of letters
    does not count at all.

    `paths` are such as a device accepts. What is equal to the letter is passed over.
    """
    seen: list[dict[object, dict[tuple[str, bool], _Name]]] = [{} for _ in _RULES]
    for index, path in enumerate(paths):
        names = [_Name(path, path, False)]
        end = path.find("/")
        while end >= 0:
            names.append(_Name(path[:end], path, True))
            end = path.find("/", end + 1)
        found = None
        for rule, known in zip(_RULES, seen):
            for name in names:
                earlier = known.setdefault(rule.key(name.name), {})
                found = found or _meet(rule, name, earlier.values())
                earlier.setdefault((name.name, name.is_folder), name)
        for what in (unfit(path), found):
            if what:
                yield Caution(index, path, what)


def _meet(rule: _Rule, name: _Name, earlier: Iterable[_Name]) -> str | None:
    for other in earlier:
        if (
            name.name == other.name
            or (name.is_folder and other.is_folder)
            or not rule.same(name.name, other.name)
        ):
            continue
        if name.is_folder:
            return f"{rule.where}, the file {other.path!a} is in the way of its folder"
        if other.is_folder:
            return f"{rule.where}, it is in the way of a folder of {other.path!a}"
        return f"{rule.where}, it is the same file as {other.path!a}"
    return None


def _same_name(one: bytes, other: bytes) -> bool:
    return one.translate(_LONG) == other.translate(_LONG) or (
        _is_short(one) and one.translate(_SHORT) == other.translate(_SHORT)
    )


def _is_short(name: bytes) -> bool:
    """Whether a name is, but for the case of its letters, its own short name."""
    base, _, extension = name.partition(b".")
    return 1 <= len(base) <= 8 and len(extension) <= 3 and _LOST.isdisjoint(base + extension)


_RULES = (
    _Rule("on FAT", lambda name: name.encode().translate(_COARSE), same_on_fat),
    _Rule("where case does not count", str.casefold, lambda _one, _other: True),
)
