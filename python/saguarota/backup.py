"""The end of a backup."""

from . import fs
from .folders import remove_folder
from .stale import is_kept


def remove_backup(transaction):
    """Removes the progress file first: without it nothing is ever restored from the rest; and the
    journal last, for it tells that there is more to remove."""
    interrupted = not transaction.has_backup() and fs.kind(transaction.journal)
    for name in (
        transaction.progress,
        transaction.swap,
        transaction.old_manifest,
        transaction.boots,
    ):
        fs.remove(name)
    folder = transaction.backup_dir
    if fs.kind(folder) == fs.FOLDER:
        due = fs.kind(transaction.due)
        remove_folder(folder, (lambda path: is_kept(transaction, path)) if due else None)
    else:
        fs.remove(folder)
    if interrupted:
        from .fat_aliases import sweep

        sweep(folder)
    fs.remove(transaction.journal)
