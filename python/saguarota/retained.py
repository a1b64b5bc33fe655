"""Backups that outlive their update, of files that a rollback could not restore: see ``stale``."""

from . import fs


def is_retained(transaction, backup):
    """Whether the file ``backup`` is retained, as that of a file that is due."""
    line = backup[len(transaction.backup_dir) + 1 :] + "\n"
    if fs.kind(transaction.due) == fs.FILE:
        with open(transaction.due) as lines:
            for due in lines:
                if due == line:
                    return fs.kind(backup) == fs.FILE
    return False
