"""The plan of an update: writes the journal before anything is changed, and refuses names that this
file system cannot hold. Unloaded before the first file is fetched."""

import os
from errno import EINVAL

from micropython import const

from . import fs, journal
from .const import OTAError, OTAErrorCode, load

# littlefs gives it for a name of over 255 bytes, FAT gives EINVAL.
_ENAMETOOLONG = const(36)


def plan(transaction, paths):
    """Writes the journal for these paths, which are in path order; nothing is changed yet. There
    must be no other backup than those that are retained. Raises OTAError for a path that cannot be
    installed."""
    fs.make_parents(transaction.journal)
    with open(transaction.journal, "w") as file:
        file.write(journal.head(transaction, transaction.release_digest))
        local = transaction.local_manifest_file
        if not fs.kind(local):
            file.write(journal.line("M"))
        else:
            file.write(journal.line("L", fs.size(local)))
        folders = _Folders(transaction, file)
        for path in paths:
            add(transaction, file, path, folders)


class _Folders:
    """The folders that the journal names so far."""

    def __init__(self, transaction, file):
        self.file = file
        # The one whose lines were written last, and the last folder that was seen to exist.
        self.path = ""
        self.folder = "." if transaction.dest_dir == "." else "/"

    def note(self, target, path):
        """Writes a line for each folder above ``target`` that is missing."""
        slash = target.find("/", 1)
        while slash > 0:
            above = target[:slash]
            if not self.path.startswith(above + "/"):
                found = fs.kind(above)
                if found == fs.FILE:
                    raise OTAError(
                        OTAErrorCode.APPLY, "%s: %s is a file on the device" % (path, above)
                    )
                if not found:
                    self._check(above, path)
                    self.file.write(journal.line("D", above))
                else:
                    self.folder = above
            slash = target.find("/", slash + 1)
        self._check(target, path)
        self.path = target[: target.rfind("/") + 1] or self.path

    def _check(self, target, path):
        """Refuses a name that the file system cannot hold: only where a folder exists does it say
        so."""
        name = target[target.rfind("/") + 1 :]
        if not (_holds(target) and _holds(fs.join(self.folder, name))):
            raise OTAError(
                OTAErrorCode.APPLY, "%s: the file system cannot hold the name %s" % (path, name)
            )


def add(transaction, file, path, folders):
    """Writes a path's lines."""
    target = fs.join(transaction.dest_dir, path)
    found = fs.kind(target)
    if found == fs.FOLDER:
        raise OTAError(OTAErrorCode.APPLY, "%s is a folder on the device" % path)
    backup = fs.join(transaction.backup_dir, path)
    if fs.kind(backup) == fs.FILE:
        retained = load("retained")
        if retained.is_retained(transaction, backup):
            file.write(journal.line("K", fs.size(backup), path))
            return
        # Nothing that is read-only could be removed.
        aside = load("aside")
        aside.set_aside(backup)
    if found == fs.FILE:
        skipped = False
        for prefix in transaction.backup_skip_prefixes:
            skipped = skipped or path.startswith(prefix)
        for extension in transaction.backup_skip_extensions:
            skipped = skipped or path.lower().endswith(extension)
        if skipped:
            file.write(journal.line("S", path))
        else:
            file.write(journal.line("B", fs.size(target), path))
        return
    folders.note(target, path)
    file.write(journal.line("F", path))


def _holds(path):
    """Whether the file system can hold the last name of ``path``, whose folder exists."""
    try:
        os.stat(path)
    except OSError as e:
        return e.errno not in (EINVAL, _ENAMETOOLONG)
    return True
