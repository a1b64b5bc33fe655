"""Makes way for the updater's own files: others may have made folders of these names, or a file of
the backup's. Dropped from the heap before anything else is done."""

from . import flash
from .aside import set_aside
from .const import OTAState, log


def heal(transaction):
    """Removes folders with names that begin as the updater's own; moves others aside."""
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
        if transaction.has_backup():
            # The word is lost. Only the old release is known to be whole.
            transaction.set_state(OTAState.INSTALLING)
