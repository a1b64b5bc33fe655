"""The steps forward of an update, once its plan is in the journal: back up, replace, commit.

Loaded when the journal is complete.
"""

from errno import EACCES

from . import flash
from .const import OTAError, OTAErrorCode, OTAState
from .transaction import parse


def install(transaction, path, buffer):
    """Puts the finished part file in place of ``path``, the next file of the journal, and backs
    up what is there. Raises OTAError where that is not what the journal says."""
    mark, size = next_entry(transaction, path)
    target = flash.join(transaction.dest_dir, path)
    if mark == "F":
        if flash.kind(target):
            # Not the update's own: no rollback may remove it.
            strike(transaction, path)
            _check_same(transaction, target, path, "is there already", buffer)
            return
        flash.make_parents(target)
    elif mark == "B" and flash.kind(flash.join(transaction.backup_dir, path)):
        _check_same(transaction, target, path, "has changed", buffer)
        flash.write_text(transaction.progress, "-", "a")
        return
    elif mark == "S":
        flash.write_text(transaction.swap, path + "\n")
    else:
        back_up(transaction, path, size, mark, buffer)
    _replace(transaction.part, target)
    if mark == "S":
        flash.write_text(transaction.progress, "S", "a")
        flash.remove(transaction.swap)


def _replace(part, target):
    try:
        flash.rename(part, target)
    except OSError as e:
        if e.errno != EACCES or flash.kind(target) != flash.FILE:
            raise
        # It is read-only, as FAT knows it.
        from .aside import set_aside

        set_aside(target)
        flash.rename(part, target)


def _check_same(transaction, target, path, what, buffer):
    """Raises OTAError unless ``target`` is the finished part file: a listing may name it twice."""
    from .compare import same

    if flash.kind(target) != flash.FILE or not same(transaction.part, target, buffer):
        raise OTAError(OTAErrorCode.APPLY, "%s %s: by another name, or meanwhile" % (path, what))


def back_up(transaction, path, size, mark, buffer):
    """Copies a file of ``size`` bytes that is about to go; ``mark``: K where its backup is
    there already. Raises OTAError where that is not what the journal says."""
    target = flash.join(transaction.dest_dir, path)
    if mark == "K":
        flash.make_parents(target)
    else:
        backup = flash.join(transaction.backup_dir, path)
        if flash.kind(backup) or flash.size(target) != size:
            raise OTAError(
                OTAErrorCode.APPLY,
                "%s has changed: by another name, or meanwhile" % path,
            )
        flash.make_parents(backup)
        try:
            flash.copy(target, backup, buffer)
        except BaseException:
            # Of no use, and on a full flash the rollback needs its room.
            flash.remove(backup)
            raise
    flash.write_text(transaction.progress, "B", "a")


def next_entry(transaction, path):
    """``(mark, size)`` of the next file of the journal, which must be ``path``; ``size``: bytes
    of its backup, None where it gets none."""
    line = "D"
    while line[:1] in ("V", "M", "L", "D"):
        line = transaction.work.readline()
    mark, size, found = parse(line)
    if found != path:
        raise OTAError(OTAErrorCode.APPLY, "the journal does not name %s" % path)
    return mark, size


def strike(transaction, path):
    """Strikes out the last ``F`` entry that was read: no rollback removes that file."""
    start = transaction.work.tell() - len("F \n") - len(path.encode())
    with open(transaction.journal, "r+b") as journal:
        journal.seek(start)
        journal.write(b"-")


def commit(transaction):
    """Makes the staged manifest the local one and the state confirm_pending."""
    transaction.close()
    if flash.kind(transaction.new_manifest) == flash.FILE:
        flash.rename(transaction.new_manifest, transaction.local_manifest_file)
    # Of a file that this release no longer has.
    transaction.forget_partial()
    transaction.set_state(OTAState.CONFIRM_PENDING)
