"""The end of a backup."""

from . import folders, fs, retained
from .const import load


def remove_backup(transaction):
    """Removes the progress file first: without it nothing is ever restored from the rest; and the
    journal last, for it shows that there is more to remove."""
    interrupted = not transaction.has_backup() and fs.kind(transaction.journal)
    for name in (
        transaction.progress,
        transaction.swap,
        transaction.old_manifest,
        transaction.boots,
    ):
        fs.remove(name)
    folder = transaction.backup_dir
    due = fs.kind(transaction.due)
    folders.remove(folder, (lambda path: retained.is_retained(transaction, path)) if due else None)
    if interrupted:
        fat_aliases = load("fat_aliases")
        fat_aliases.sweep(folder)
    fs.remove(transaction.journal)
