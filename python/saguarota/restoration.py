"""The second half of a rollback: the backups come back."""

from errno import EACCES

from . import aside, fs, journal_reader
from .const import load


def restore(rollback, drop, final):
    """Brings back the backups. ``rollback``: the one that deals with errors. ``drop``: each is
    removed then, and noted in the progress file. ``final``: no more space can be had."""

    def action(*entry):
        byte = _restore_path(rollback, *entry, drop, final)
        # What was not dealt with has no byte.
        return entry[3] and byte

    def then(path, byte):
        if byte == "-":
            rollback.attempt(path, fs.remove, rollback.backup(path))

    journal_reader.revise(rollback.transaction, action, then)


def _restore_path(rollback, mark, size, path, done, drop, final):
    """Brings back one backup; returns its new byte in the progress file, or None."""
    target = fs.join(rollback.transaction.dest_dir, path)
    try:
        if mark == "S":
            if done == "S":
                # An update must be able to replace it.
                aside.clear(target)
            return None
        if done == "L":
            rollback.give_up(path, "given up before")
        whole = rollback.is_whole(path, size)
        # One that does not count yet is whole if it has all its bytes, as far as that is known.
        if done != "B" and not (done == "" and whole and size is not None):
            return None
        aside.clear(target)
        if not whole:
            rollback.give_up(path, "its backup is missing or truncated")
            # The next update must not take it for one that is retained.
            rollback.transaction.remove(rollback.backup(path))
            return "L"
        moved = _bring_back(rollback, rollback.backup(path), target)
        return "-" if moved or drop else None
    except (OSError, MemoryError) as e:
        # A full FAT has no space for a folder by EACCES.
        if not final and isinstance(e, OSError) and (e.errno == EACCES or rollback.is_full(e)):
            rollback.full = True
            return None
        return "L" if rollback.failed(path, e) else None


def _bring_back(rollback, backup, target):
    """Copies the backup. Where that fails, the last attempt moves it, for which no space is
    needed; true if it was moved."""
    try:
        _copy_back(rollback, backup, target)
        return False
    except (OSError, MemoryError):
        if not rollback.last:
            raise
        fs.rename(backup, target)
        return True


def _copy_back(rollback, backup, target):
    fs.make_parents(target)
    try:
        fs.copy(backup, target, rollback.buffer)
    except OSError as e:
        # FAT has a read-only attribute.
        if e.errno != EACCES or fs.kind(target) != fs.FILE:
            raise
        compare = load("compare")
        if not compare.same(backup, target, rollback.buffer):
            aside.set_aside(target)
            fs.copy(backup, target, rollback.buffer)
