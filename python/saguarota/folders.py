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


def remove(path, is_retained=None):
    """Removes a folder and what is in it, or a file, or nothing; a link, not what it leads to. True
    if nothing stays.

    ``is_retained(path)``: whether a file stays. What is read-only on FAT, or has a name there that
    is no UTF-8, stays as well, and so do the folders above it.
    """
    if fs.kind(path) != fs.FOLDER:
        fs.remove(path)
        return True
    # Removing while listing confuses FAT and littlefs, and a list of all takes too much heap. What
    # stays comes first in the next listing.
    retained = 0
    listed_again = False
    while True:
        found = []
        left = retained
        for entry in fs.ilistdir(path):
            left -= 1
            if left < 0:
                found.append(entry[:2])
                if len(found) == _NAMES:
                    break
        # After a read error, littlefs may have listed a garbled name; this listing lacks it.
        retained -= max(left, 0)
        for name, mode in found:
            inner = path + "/" + name
            # Some file systems of the unix port do not say which names are folders.
            if mode == _FOLDER or (not mode and fs.kind(inner) == fs.FOLDER):
                # One that is listed but cannot be reached stays: its path is too long, say.
                retained += not (fs.kind(inner) and remove(inner, is_retained))
            else:
                retained += (is_retained and is_retained(inner)) or not _remove(os.remove, inner)
        if not found:
            if not retained and _remove(os.rmdir, path):
                return True
            if retained or listed_again:
                return False
        # MicroPython's FAT ends a listing where it cannot read on.
        listed_again = not found


def _remove(action, path):
    try:
        action(path)
    except OSError as e:
        if e.errno not in (EACCES, _ENOTEMPTY):
            raise
        return False
    return True
