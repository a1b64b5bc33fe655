"""The steps forward of an update, once its plan is in the journal: back up, replace, commit.

Loaded when the journal is complete.
"""

from errno import EACCES

from . import fs, journal
from .const import OTAError, OTAErrorCode, OTAState, load


def install(transaction, path, buffer):
    """Puts the finished part file in place of ``path``, the next file of the journal, and backs
    up what is there. Raises OTAError where that is not what the journal has."""
    mark, size = pop(transaction, path)
    target = fs.join(transaction.dest_dir, path)
    if mark == "F":
        if fs.kind(target):
            # Not the update's own: no rollback may remove it.
            cancel(transaction, path)
            _check(transaction, target, path, "is there already", buffer)
            return
        fs.make_parents(target)
    elif mark == "B" and fs.kind(fs.join(transaction.backup_dir, path)):
        _check(transaction, target, path, "has changed", buffer)
        append(transaction, "-")
        return
    elif mark == "S":
        fs.write(transaction.swap, path + "\n")
    else:
        back_up(transaction, path, size, mark, buffer)
    replace(transaction.part, target)
    if mark == "S":
        append(transaction, "S")
        fs.remove(transaction.swap)


def replace(part, target):
    try:
        fs.rename(part, target)
    except OSError as e:
        if e.errno != EACCES or fs.kind(target) != fs.FILE:
            raise
        # It is read-only, as FAT knows it.
        aside = load("aside")
        aside.set_aside(target)
        fs.rename(part, target)


def _check(transaction, target, path, text, buffer):
    """Raises OTAError unless ``target`` is the finished part file: a listing may name it twice."""
    compare = load("compare")
    if fs.kind(target) != fs.FILE or not compare.same(transaction.part, target, buffer):
        raise OTAError(OTAErrorCode.APPLY, "%s %s: by another name, or meanwhile" % (path, text))


def back_up(transaction, path, size, mark, buffer):
    """Copies a file of ``size`` bytes that is about to go; ``mark``: K where its backup is
    there already. Raises OTAError where that is not what the journal has."""
    target = fs.join(transaction.dest_dir, path)
    if mark == "K":
        fs.make_parents(target)
    else:
        backup = fs.join(transaction.backup_dir, path)
        if fs.kind(backup) or fs.size(target) != size:
            raise OTAError(
                OTAErrorCode.APPLY,
                "%s has changed: by another name, or meanwhile" % path,
            )
        fs.make_parents(backup)
        try:
            fs.copy(target, backup, buffer)
        except BaseException:
            # Of no use, and on a full flash the rollback needs its space.
            fs.remove(backup)
            raise
    append(transaction, "B")


def pop(transaction, path):
    """``(mark, size)`` of the next file of the open journal, which must be ``path``; ``size``:
    bytes of its backup, None where it gets none. Raises OTAError."""
    line = "D"
    while line[:1] in ("V", "M", "L", "D"):
        line = transaction.work.readline()
    mark, size, found = journal.parse(line)
    if found != path:
        raise OTAError(OTAErrorCode.APPLY, "the journal does not name %s" % path)
    return mark, size


def append(transaction, mark):
    """Notes in the progress file that the next file is dealt with."""
    fs.write(transaction.progress, mark, "a")


def cancel(transaction, path):
    """Strikes out the last ``F`` entry that was read: no rollback removes that file."""
    start = transaction.work.tell() - len(journal.line("F", path).encode())
    with open(transaction.journal, "r+b") as file:
        file.seek(start)
        file.write(b"-")


def commit(transaction):
    """Makes the staged manifest the local one and the state confirm_pending."""
    transaction.close()
    if fs.kind(transaction.new_manifest) == fs.FILE:
        fs.rename(transaction.new_manifest, transaction.local_manifest_file)
    # Of a file that this release no longer has.
    transaction.remove_partial()
    transaction.set_state(OTAState.CONFIRM_PENDING)
