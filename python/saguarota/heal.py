"""Makes way for the updater's own files: others may have made folders of these names, or a file of
the backup's; the state file may lie in a broken block. Dropped from the heap before anything else
is done."""

from micropython import const

from . import flash
from .aside import set_aside
from .const import OTAState, log

# A broken block cannot be read at any time; what fails for a moment may be read at the next.
_READS = const(3)


def heal(transaction):
    """Removes folders with names that begin as the updater's own; moves others aside. A state file
    that is lost says installing where there is a backup, else idle. Raises OSError."""
    own = [
        transaction.beside(transaction.backup_dir, end)
        for end in ("prg", "swp", "old", "run", "jrn", "res", "lst", "due", "du2", "bad", "ba2")
    ]
    for path in (transaction.new_state, transaction.part):
        own.append(path)
        own.append(path[:-1] + "2")
    own.append(transaction.new_manifest)
    own.append(transaction.partial)
    for path in own:
        if flash.kind(path) == flash.FOLDER:
            log("%s is a folder: removed" % path)
            flash.remove_tree(path)
    if flash.kind(transaction.backup_dir) == flash.FILE:
        set_aside(transaction.backup_dir)
    if flash.kind(transaction.local_manifest_file) == flash.FOLDER:
        set_aside(transaction.local_manifest_file)
    if flash.kind(transaction.ota_state_file) == flash.FOLDER:
        set_aside(transaction.ota_state_file)
    elif _is_readable(transaction.ota_state_file):
        return
    else:
        log("%s cannot be read" % transaction.ota_state_file)
    # The word is lost. Only the old release is known to be whole.
    known = transaction.has_backup()
    transaction.set_state(OTAState.INSTALLING if known else OTAState.IDLE)


def _is_readable(path):
    """Whether a file can be read at the third time at the latest, or is not there."""
    for _ in range(_READS):
        try:
            flash.read_text(path, 64)
            return True
        except OSError:
            pass
    return False
