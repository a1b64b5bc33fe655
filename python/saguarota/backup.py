"""The backup: its end, and what of it is kept.

A backup is kept whose file is due: a rollback could not restore it. It stays until an update is
confirmed. Loaded where a backup or another folder is removed, and for the plan of an update.
"""

import os
from errno import EACCES

from micropython import const

from . import flash

# Not among MicroPython's names; littlefs and the unix port give it for a folder that holds
# something, FAT gives EACCES.
_ENOTEMPTY = const(39)
_FOLDER = const(0x4000)
# Names of a folder that are held at once.
_NAMES = const(32)


def remove_backup(transaction):
    """Removes the progress file first: without it nothing is ever restored from the rest; and the
    journal last, for it tells that there is more to remove."""
    interrupted = not transaction.has_backup() and flash.kind(transaction.journal)
    for name in (
        transaction.progress,
        transaction.swap,
        transaction.old_manifest,
        transaction.boots,
    ):
        flash.remove(name)
    folder = transaction.backup_dir
    if flash.kind(folder) == flash.FOLDER:
        remove_folder(folder, flash.kind(transaction.due) and transaction)
    else:
        flash.remove(folder)
    if interrupted:
        from .fat_aliases import sweep

        sweep(folder)
    flash.remove(transaction.journal)


def is_kept(transaction, backup):
    """Whether the file ``backup`` is kept."""
    line = backup[len(transaction.backup_dir) + 1 :] + "\n"
    if flash.kind(transaction.due) == flash.FILE:
        with open(transaction.due) as lines:
            for due in lines:
                if due == line:
                    return flash.kind(backup) == flash.FILE
    return False


def remove_folder(path, transaction=None):
    """Removes a folder and what is in it; a link, not what it leads to. True if nothing stays.

    ``transaction``: its backups that are kept stay. What is read-only on FAT, or has a name there
    that is no UTF-8, stays as well, and so do the folders above it.
    """
    # Removing while listing confuses FAT and littlefs, and a list of all takes too much heap. What
    # stays comes first in the next listing.
    kept = 0
    again = False
    while True:
        found = []
        left = kept
        for entry in flash.entries(path):
            left -= 1
            if left < 0:
                found.append(entry[:2])
                if len(found) == _NAMES:
                    break
        for name, mode in found:
            inner = path + "/" + name
            # Some file systems of the unix port do not say which names are folders.
            if mode == _FOLDER or (not mode and flash.kind(inner) == flash.FOLDER):
                kept += not remove_folder(inner, transaction)
            elif transaction and is_kept(transaction, inner):
                kept += 1
            else:
                kept += not _removes(os.remove, inner)
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
