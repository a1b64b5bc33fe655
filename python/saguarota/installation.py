"""The steps forward of an update, once its plan is in the journal: back up, replace, commit.

Loaded when the journal is complete.
"""

from errno import EACCES

from . import fs
from .const import OTAError, OTAErrorCode, OTAState
from .journal import parse


def install(transaction, path, buffer):
    """Puts the finished part file in place of ``path``, the next file of the journal, and backs
    up what is there. Raises OTAError where that is not what the journal says."""
    mark, size = next_entry(transaction, path)
    target = fs.join(transaction.dest_dir, path)
    if mark == "F":
        if fs.kind(target):
            # Not the update's own: no rollback may remove it.
            strike(transaction, path)
            _check_same(transaction, target, path, "is there already", buffer)
            return
        fs.make_parents(target)
    elif mark == "B" and fs.kind(fs.join(transaction.backup_dir, path)):
        _check_same(transaction, target, path, "has changed", buffer)
        advance(transaction, "-")
        return
    elif mark == "S":
        fs.write_text(transaction.swap, path + "\n")
    else:
        back_up(transaction, path, size, mark, buffer)
    _replace(transaction.part, target)
    if mark == "S":
        advance(transaction, "S")
        fs.remove(transaction.swap)


def _replace(part, target):
    try:
        fs.rename(part, target)
    except OSError as e:
        if e.errno != EACCES or fs.kind(target) != fs.FILE:
            raise
        # It is read-only, as FAT knows it.
        from .aside import set_aside

        set_aside(target)
        fs.rename(part, target)


def _check_same(transaction, target, path, what, buffer):
    """Raises OTAError unless ``target`` is the finished part file: a listing may name it twice."""
    from .compare import same

    if fs.kind(target) != fs.FILE or not same(transaction.part, target, buffer):
        raise OTAError(OTAErrorCode.APPLY, "%s %s: by another name, or meanwhile" % (path, what))


def back_up(transaction, path, size, mark, buffer):
    """Copies a file of ``size`` bytes that is about to go; ``mark``: K where its backup is
    there already. Raises OTAError where that is not what the journal says."""
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
            # Of no use, and on a full flash the rollback needs its room.
            fs.remove(backup)
            raise
    advance(transaction, "B")


def next_entry(transaction, path):
    """``(mark, size)`` of the next file of the open journal, which must be ``path``; ``size``:
    bytes of its backup, None where it gets none. Raises OTAError."""
    line = "D"
    while line[:1] in ("V", "M", "L", "D"):
        line = transaction.work.readline()
    mark, size, found = parse(line)
    if found != path:
        raise OTAError(OTAErrorCode.APPLY, "the journal does not name %s" % path)
    return mark, size


def advance(transaction, byte):
    """Notes in the progress file that the next file is dealt with."""
    fs.write_text(transaction.progress, byte, "a")


def strike(transaction, path):
    """Strikes out the last ``F`` entry that was read: no rollback removes that file."""
    start = transaction.work.tell() - len("F \n") - len(path.encode())
    with open(transaction.journal, "r+b") as journal:
        journal.seek(start)
        journal.write(b"-")


def commit(transaction):
    """Makes the staged manifest the local one and the state confirm_pending."""
    transaction.close()
    if fs.kind(transaction.new_manifest) == fs.FILE:
        fs.rename(transaction.new_manifest, transaction.local_manifest_file)
    # Of a file that this release no longer has.
    transaction.forget_partial()
    transaction.set_state(OTAState.CONFIRM_PENDING)
