"""Makes way for the updater's files: others may have made folders of these names, or a file of
the backup's; the state file may lie in a broken block. Unloaded before anything else
is done."""

from micropython import const

from . import aside, folders, fs
from .const import OTAState, log

# A broken block cannot be read at any time; what fails for a moment may be read at the next.
_READS = const(3)


def heal(transaction):
    """Removes folders with names that begin as the updater's own; moves others aside. A state file
    that is lost says installing where there is a backup, else idle. Raises OSError."""
    parents = {transaction.dest_dir}
    for path in (transaction.new_state, transaction.new_manifest, transaction.journal):
        parents.add(path[: path.rfind("/") + 1] or ".")
    for parent in parents:
        _remove_folders(parent, transaction.prefix)
    if fs.kind(transaction.backup_dir) == fs.FILE:
        aside.set_aside(transaction.backup_dir)
    if fs.kind(transaction.local_manifest_file) == fs.FOLDER:
        aside.set_aside(transaction.local_manifest_file)
    if fs.kind(transaction.ota_state_file) == fs.FOLDER:
        aside.set_aside(transaction.ota_state_file)
    elif _is_readable(transaction.ota_state_file):
        return
    else:
        log("%s cannot be read" % transaction.ota_state_file)
    # The word is lost. Only the old release is known to be whole.
    known = transaction.has_backup()
    transaction.set_state(OTAState.INSTALLING if known else OTAState.IDLE)


def _remove_folders(parent, prefix):
    """Removes the folders in ``parent`` whose names begin with ``prefix``."""
    # FAT has no ".".
    root = fs.absolute(parent)
    if fs.kind(root) != fs.FOLDER:
        return
    # Removing while listing confuses FAT and littlefs.
    names = [entry[0] for entry in fs.ilistdir(root) if entry[0].lower().startswith(prefix)]
    for name in names:
        path = fs.join(parent, name)
        if fs.kind(path) == fs.FOLDER:
            log("%s is a folder: removed" % path)
            folders.remove(path)


def _is_readable(path):
    """Whether one of a few attempts reads the file, or there is no such file."""
    for _ in range(_READS):
        try:
            fs.read(path, 64)
            return True
        except OSError:
            pass
    return False
