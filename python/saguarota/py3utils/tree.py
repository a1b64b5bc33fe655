"""Which files of a folder belong into a manifest, and which paths a device accepts."""

from __future__ import annotations

import os
import re
import stat
import warnings
from collections.abc import Collection, Iterator
from typing import NamedTuple

PATH_MAX = 255
"""Longest path in bytes of UTF-8 that a device accepts."""
SEGMENTS_MAX = 16
"""Most segments of a path that a device accepts."""
OWN_NAMES = frozenset(
    (
        "ota_state.txt",
        "ota_state.txt.new",
        "versions.json",
        "versions.json.new",
        "versions.json.old",
        "saguarota_backup",
        "saguarota_backup.journal",
        "saguarota_backup.part",
        "saguarota_backup.part2",
        "saguarota_backup.progress",
        "saguarota_backup.swap",
    )
)
"""Names at the root of a device that the updater keeps for itself (with its default options)."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# What FAT makes up for a file with a longer name: `LONGNA~1.PY`.
_SHORT_NAME = re.compile(rb"(?=[^.]{2,8}(\.|$))[^.]*~[0-9]+(\..{0,3})?", re.DOTALL)


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
    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        return "the name is not valid UTF-8"
    segments = path.split("/")
    if size > PATH_MAX:
        return f"the path has {size} bytes, more than {PATH_MAX}"
    if len(segments) > SEGMENTS_MAX:
        return f"the path has {len(segments)} segments, more than {SEGMENTS_MAX}"
    if "\\" in path:
        return "backslash in the path"
    if _CONTROL.search(path):
        return "control character in the path"
    if any(segment in ("", ".", "..") for segment in segments):
        return "empty segment, . or .. in the path"
    if any(segment[-1] in ". " for segment in segments):
        return "a segment ends in a dot or a space, which FAT drops"
    if any(_SHORT_NAME.fullmatch(segment.encode()) for segment in segments):
        return "a segment may be FAT's short name of another file"
    if ":" in segments[0]:
        return "the path names a drive"
    return None


def scan(root: str, filters: Filters, skip: Collection[str] = ()) -> list[SourceFile]:
    """List the files below `root` that pass `filters`, in the order of a manifest.

    That is the code point order of the path, the same as the byte order of its UTF-8. The files
    in `skip` are left out, and so are the updater's own (`OWN_NAMES`), in any case
    of letters: a device refuses a manifest that lists them.

    Raises ValueError naming a file whose path a device would refuse, OSError for a folder that
    can't be read. A link that leads nowhere is left out with a warning.
    """
    skip_real = {os.path.realpath(path) for path in skip}
    skip_names = {os.path.basename(path) for path in skip_real.union(skip)}
    files = []
    for file in _walk(root, filters):
        name = os.path.basename(file.location)
        if not _passes(name, filters):
            continue
        if name in skip_names and os.path.realpath(file.location) in skip_real:
            continue
        wrong = path_error(file.path)
        if wrong:
            raise ValueError(f"{file.path!a}: no device would accept this file: {wrong}")
        files.append(file)
    return sorted(files)


def _passes(name: str, filters: Filters) -> bool:
    return name.lower().endswith(filters.allowed_extensions) and not name.startswith(
        filters.exclude_prefixes
    )


def _walk(root: str, filters: Filters) -> Iterator[SourceFile]:
    stack = [_Folder(root, "", False, frozenset((_identity(root),)))]
    while stack:
        folder = stack.pop()
        with os.scandir(folder.location) as entries:
            for entry in entries:
                path = folder.prefix + entry.name
                linked = folder.linked or entry.is_symlink()
                if not folder.prefix and entry.name.lower() in OWN_NAMES:
                    continue
                # A link that leads to itself is an error for is_dir(), and no folder for isdir().
                if os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir():
                    if filters.exclude_folders.isdisjoint((entry.name, path)):
                        stack.extend(_enter(entry, path, folder, filters))
                elif _is_file(root, entry, path, filters):
                    yield SourceFile(path, entry.path, linked)


def _enter(
    entry: os.DirEntry[str], path: str, folder: _Folder, filters: Filters
) -> Iterator[_Folder]:
    """Yield the folder to be walked next: none for a link that is not followed, or leads back."""
    if entry.is_symlink() and not filters.followlinks:
        return
    identity = _identity(entry.path)
    if identity not in folder.above:
        linked = folder.linked or entry.is_symlink()
        yield _Folder(entry.path, path + "/", linked, folder.above | {identity})


def _is_file(root: str, entry: os.DirEntry[str], path: str, filters: Filters) -> bool:
    if not entry.is_symlink():
        return entry.is_file()
    try:
        mode = os.stat(entry.path).st_mode
    except OSError:
        if _passes(entry.name, filters):
            warnings.warn(f"{path!a}: link that leads nowhere, left out", stacklevel=2)
        return False
    return stat.S_ISREG(mode) and (filters.followlinks or is_inside(root, entry.path))


def is_inside(root: str, location: str) -> bool:
    """Tell whether `location`, all links followed, is below the folder `root`."""
    base = os.path.join(os.path.realpath(root), "")
    return os.path.realpath(location).startswith(base)


def _identity(location: str) -> tuple[int, int]:
    found = os.stat(location)
    return found.st_dev, found.st_ino
