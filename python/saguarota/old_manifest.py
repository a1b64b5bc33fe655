"""The local manifest in a rollback."""

from . import flash
from .compare import same
from .entries import lines


def make_way(transaction, buffer, installed, last):
    """Removes the local manifest where it is not that of before the update. Returns why the latter
    cannot be restored, or None. Raises OSError.

    ``installed``: whether the new manifest may be in its place.
    """
    why = None
    old, local = transaction.old_manifest, transaction.local_manifest_file
    if flash.kind(local) != flash.FILE:
        return why
    noted = False
    for mark, _, path in lines(transaction):
        noted = noted or mark in "ML"
        if mark == "M":
            flash.remove(local)
        elif mark == "L" and flash.size(old) != int(path):
            flash.remove(old)
            if installed:
                # Without it, the next update fetches all files.
                flash.remove(local)
                why = "its copy is gone or cut short; removed"
    if installed and not noted and not flash.kind(old):
        # Format 1 does not note it, but there was a copy.
        flash.remove(local)
        why = "its copy is gone; removed"
    if flash.kind(old) and flash.kind(local):
        try:
            if not same(old, local, buffer):
                flash.remove(local)
        except OSError:
            if last:
                flash.remove(local)
            raise
    return why


def restore(transaction, buffer):
    """Copies the old manifest to where it was, if there was one. Raises OSError."""
    old, local = transaction.old_manifest, transaction.local_manifest_file
    if flash.kind(local) == flash.FOLDER:
        from .aside import set_aside

        set_aside(local)
    if flash.kind(old) and not flash.kind(local):
        try:
            flash.copy(old, local, buffer)
        except OSError:
            flash.remove(local)
            raise
