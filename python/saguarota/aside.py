"""What stands in the way of the updater is moved aside: it may be somebody's only copy."""

import os

from . import flash
from .const import OTAState, log

# Characters of a name that are kept: of 4 bytes each, they leave space for the ending.
_NAME_MAX = 50


def set_aside(path):
    """Renames what is at ``path`` to a free name beside it: NAME.old, NAME.old1, NAME.old2 ..."""
    slash = path.rfind("/") + 1
    start = path[:slash] + path[slash:][:_NAME_MAX] + ".old"
    number = ""
    while flash.kind(start + number):
        number = str(int(number or 0) + 1)
    os.rename(path, start + number)
    log("%s is in the way: moved to %s" % (path, start + number))


def clear(path):
    """Makes way for a file at ``path``: moves a folder there aside, and a file that is where a
    folder above it has to be."""
    slash = path.find("/", 1)
    while slash > 0:
        if flash.kind(path[:slash]) == flash.FILE:
            set_aside(path[:slash])
        slash = path.find("/", slash + 1)
    if flash.kind(path) == flash.FOLDER:
        set_aside(path)


def heal(transaction):
    """Makes way for the updater's own files: somebody may have made folders of these names, or a
    file of the backup's."""
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
