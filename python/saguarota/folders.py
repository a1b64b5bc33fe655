"""Removes folders with all that is in them."""

import os
from errno import EACCES

from micropython import const

from . import fs

# Not among MicroPython's names; littlefs and the unix port give it for a folder that holds
# something, FAT gives EACCES.
_ENOTEMPTY = const(39)
_FOLDER = const(0x4000)
# Names of a folder that are held at once.
_NAMES = const(32)


def remove_tree(path):
    """Removes a folder and what is in it, or a file, or nothing."""
    found = fs.kind(path)
    if found == fs.FILE:
        os.remove(path)
    elif found == fs.FOLDER:
        remove_folder(path)


def remove_folder(path, keeps=None):
    """Removes a folder and what is in it; a link, not what it leads to. True if nothing stays.

    ``keeps(path)``: whether a file stays. What is read-only on FAT, or has a name there that is no
    UTF-8, stays as well, and so do the folders above it.
    """
    # Removing while listing confuses FAT and littlefs, and a list of all takes too much heap. What
    # stays comes first in the next listing.
    kept = 0
    again = False
    while True:
        found = []
        left = kept
        for entry in fs.entries(path):
            left -= 1
            if left < 0:
                found.append(entry[:2])
                if len(found) == _NAMES:
                    break
        for name, mode in found:
            inner = path + "/" + name
            # Some file systems of the unix port do not say which names are folders.
            if mode == _FOLDER or (not mode and fs.kind(inner) == fs.FOLDER):
                kept += not remove_folder(inner, keeps)
            else:
                kept += (keeps and keeps(inner)) or not _removes(os.remove, inner)
        if not found:
            if not kept and _removes(os.rmdir, path):
                return True
            if kept or again:
                return False
        # MicroPython's FAT ends a listing where it cannot read on.
        again = not found


def _removes(action, path):
    try:
        action(path)
    except OSError as e:
        if e.errno not in (EACCES, _ENOTEMPTY):
            raise
        return False
    return True
