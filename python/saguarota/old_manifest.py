"""The local manifest in a rollback."""

from . import compare, fs, journal_reader
from .const import load


def make_way(transaction, buffer, installed, last):
    """Removes the local manifest where it is not that of before the update. Returns why the latter
    cannot be restored, or None. Raises OSError.

    ``installed``: whether the new manifest may be in its place.
    """
    why = None
    old, local = transaction.old_manifest, transaction.local_manifest_file
    if fs.kind(local) != fs.FILE:
        return why
    noted = False
    for mark, _, path in journal_reader.lines(transaction):
        noted = noted or mark in "ML"
        if mark == "M":
            fs.remove(local)
        elif mark == "L" and fs.size(old) != int(path):
            fs.remove(old)
            if installed:
                # Without it, the next update fetches all files.
                fs.remove(local)
                why = "its copy is missing or truncated; removed"
    if installed and not noted and not fs.kind(old):
        # Format 1 does not note it, but there was a copy.
        fs.remove(local)
        why = "its copy is gone; removed"
    if fs.kind(old) and fs.kind(local):
        try:
            if not compare.same(old, local, buffer):
                fs.remove(local)
        except OSError:
            if last:
                fs.remove(local)
            raise
    return why


def restore(transaction, buffer):
    """Copies the old manifest to where it was, if there was one. Raises OSError."""
    old, local = transaction.old_manifest, transaction.local_manifest_file
    if fs.kind(local) == fs.FOLDER:
        aside = load("aside")
        aside.set_aside(local)
    if fs.kind(old) and not fs.kind(local):
        try:
            fs.copy(old, local, buffer)
        except OSError:
            fs.remove(local)
            raise
