"""Which files of a folder belong into a manifest, and which paths a device accepts."""

from __future__ import annotations

import os
import re
import stat
import warnings
from collections.abc import Collection, Iterator
from operator import itemgetter
from typing import NamedTuple

from .sentences import SENTENCES

PATH_MAX = 255
"""Longest path in bytes of UTF-8 that a device accepts."""
SEGMENTS_MAX = 16
"""Most segments of a path that a device accepts."""
OWN_NAMES = frozenset(("ota_state.txt", "versions.json", "saguarota_backup"))
"""Names at the root of a device that the updater keeps for itself (with its default options)."""
OWN_PREFIX = "otac14f2."
"""Beginning of more of them."""
TEMPORARY = ".saguarota-tmp"
"""Ending of a manifest that is being written; a crash may have left it behind."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# What FAT makes up for a file with a longer name: `LONGNA~1.PY`, or `LON~F568.PY`.
_SHORT_NAME = re.compile(rb"(?=[^.]{2,8}(\.|$))[^.]*~[0-9A-Fa-f]+(\..{0,3})?", re.DOTALL)
# Most paths are of this kind, in which nothing can be wrong but their length.
_PLAIN_NAME = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
_PLAIN = re.compile(rf"(?:{_PLAIN_NAME}/){{0,{SEGMENTS_MAX - 1}}}{_PLAIN_NAME}")
_LINKED_FOLDERS_MAX = 32768
_SEGMENTS = {"": "SegmentEmpty", ".": "SegmentDot", "..": "Leaves"}


class SourceFile(NamedTuple):
    """A file of the source tree."""

    path: str
    """Relative to the root, `/`-separated: what the manifest says."""
    location: str
    """Where the file is on this machine."""
    linked: bool
    """Whether a symbolic link stands between the root and the file's bytes."""


class Filters(NamedTuple):
    """What to list: the builder's options of the same names."""

    allowed_extensions: tuple[str, ...]
    exclude_prefixes: tuple[str, ...]
    exclude_folders: frozenset[str]
    followlinks: bool


class _Folder(NamedTuple):
    location: str
    prefix: str
    linked: bool
    above: frozenset[tuple[int, int]]
    """Device and inode of the folder and of all above it."""


def path_error(path: str) -> str | None:
    """Say why a device would refuse `path`, or return None for a path that it accepts."""
    name = _path_fault(path)
    return name and SENTENCES[name]


def _path_fault(path: str) -> str | None:
    if len(path) <= PATH_MAX and _PLAIN.fullmatch(path):
        return None
    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        return "NameNotUtf8"
    if not path:
        return "PathEmpty"
    if size > PATH_MAX:
        return "PathLong"
    if "\\" in path:
        return "Backslash"
    if _CONTROL.search(path):
        return "ControlInPath"
    if path.startswith("/"):
        return "PathAbsolute"
    segments = path.split("/")
    for segment in segments:
        if segment in _SEGMENTS:
            return _SEGMENTS[segment]
        if segment[-1] in ". ":
            return "SegmentEnd"
        if _SHORT_NAME.fullmatch(segment.encode()):
            return "ShortName"
    if ":" in segments[0]:
        return "Drive"
    return "Segments" if len(segments) > SEGMENTS_MAX else None


def is_own(path: str) -> bool:
    """Whether a path is, or is below, what the updater keeps for itself at the device's root."""
    name = path.split("/")[0].lower()
    return name in OWN_NAMES or name.startswith(OWN_PREFIX)


def scan(root: str, filters: Filters, skip: Collection[str] = ()) -> list[SourceFile]:
    """List the files below `root` that pass `filters`, in the order of a manifest.

    That is the code point order of the path, the same as the byte order of its UTF-8. The files
    in `skip` are left out, manifests half written (`TEMPORARY`), and the updater's own
    (`is_own`), in any case of letters: a device refuses a manifest that lists them.

    Raises ValueError naming a file whose path a device would refuse, or for links that lead
    through more than 32768 folders, OSError for a folder that can't be read. A link that leads
    nowhere is left out with a warning.
    """
    skip_real = {os.path.realpath(path) for path in skip}
    skip_names = {os.path.basename(path) for path in skip_real.union(skip)}
    files = []
    for file in _walk(root, filters):
        path, location, _ = file
        if (
            skip_names
            and os.path.basename(location) in skip_names
            and os.path.realpath(location) in skip_real
        ):
            continue
        wrong = path_error(path)
        if wrong:
            raise ValueError(f"{path!a}: no device would accept this file: {wrong}")
        files.append(file)
    files.sort(key=itemgetter(0))
    return files


def _walk(root: str, filters: Filters) -> Iterator[SourceFile]:
    endings, beginnings, excluded, _ = filters
    stack = [_Folder(root, "", False, frozenset((_identity(root),)))]
    linked_folders = 0
    while stack:
        folder = stack.pop()
        location, prefix, below_link, _ = folder
        # Each folder with links to all others has a path for each order of them.
        linked_folders += below_link
        if linked_folders > _LINKED_FOLDERS_MAX:
            raise ValueError(f"{root}: links lead through more than {_LINKED_FOLDERS_MAX} folders")
        with os.scandir(location) as entries:
            for entry in entries:
                name = entry.name
                if not prefix and is_own(name):
                    continue
                link = entry.is_symlink()
                # A link that leads to itself is an error for is_dir(), and no folder for isdir().
                if os.path.isdir(entry.path) if link else entry.is_dir():
                    if excluded.isdisjoint((name, prefix + name)):
                        stack.extend(_enter(entry, folder, filters))
                elif (
                    name.lower().endswith(endings)
                    and not name.startswith(beginnings)
                    and not name.endswith(TEMPORARY)
                    and (_is_file_behind(root, entry, filters) if link else entry.is_file())
                ):
                    yield SourceFile(prefix + name, entry.path, below_link or link)


def _enter(entry: os.DirEntry[str], folder: _Folder, filters: Filters) -> Iterator[_Folder]:
    """Yield the folder to be walked next: none for a link that is not followed, or leads back."""
    if entry.is_symlink() and not filters.followlinks:
        return
    identity = _identity(entry.path)
    if identity not in folder.above:
        linked = folder.linked or entry.is_symlink()
        prefix = f"{folder.prefix}{entry.name}/"
        yield _Folder(entry.path, prefix, linked, folder.above | {identity})


def _is_file_behind(root: str, link: os.DirEntry[str], filters: Filters) -> bool:
    try:
        mode = os.stat(link.path).st_mode
    except OSError:
        warnings.warn(f"{link.path!a}: link that leads nowhere, left out", stacklevel=2)
        return False
    return stat.S_ISREG(mode) and (filters.followlinks or is_inside(root, link.path))


def is_inside(root: str, location: str) -> bool:
    """Tell whether `location`, all links followed, is below the folder `root`."""
    base = os.path.join(os.path.realpath(root), "")
    return os.path.realpath(location).startswith(base)


def _identity(location: str) -> tuple[int, int]:
    found = os.stat(location)
    return found.st_dev, found.st_ino
