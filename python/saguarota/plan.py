"""The plan of an update: writes the journal before anything is changed, and refuses names that this
file system cannot hold. Unloaded before the first file is fetched."""

import os
from errno import EINVAL

from micropython import const

from . import fs
from .const import OTAError, OTAErrorCode
from .journal import first_line

# littlefs gives it for a name of over 255 bytes, FAT gives EINVAL.
_ENAMETOOLONG = const(36)
# Bytes of heap to look for two names of one file in.
_TABLE = const(512)


def plan(transaction, paths, manifest=None):
    """Writes the journal for these paths, which are in path order; nothing is changed yet. There
    must be no other backup than those that are kept.

    ``manifest``: the native ``Manifest`` that the paths come from; None in HTTP-FS mode. Returns
    whether the file system of dest_dir ignores the case of letters, None without a manifest. Raises
    OTAError for a path that cannot be installed.
    """
    fold = _check_names(transaction, manifest) if manifest else None
    fs.make_parents(transaction.journal)
    with open(transaction.journal, "w") as journal:
        journal.write(first_line(transaction, transaction.release))
        local = transaction.local_manifest_file
        if fs.kind(local) == fs.NONE:
            journal.write("M\n")
        else:
            journal.write("L %d\n" % fs.size(local))
        folders = _Folders(transaction, journal)
        for path in paths:
            _note(transaction, journal, path, folders)
    return fold


def _check_names(transaction, manifest):
    """Whether the file system of dest_dir ignores the case of letters, as FAT does. Raises OTAError
    where two names of the manifest are one file on it."""
    folds = _folds_case(transaction)
    if folds:
        names = manifest.same_file(bytearray(_TABLE))
        if names:
            raise OTAError(OTAErrorCode.APPLY, "%s and %s are one name here" % names)
    return folds


def _folds_case(transaction):
    """Tried with a file of the updater's own."""
    folder = fs.absolute(transaction.dest_dir)
    while fs.kind(folder) != fs.FOLDER:
        # It will be created, and the journal has to say so.
        folder = folder[: folder.rfind("/")] or "/"
    name = transaction.part[transaction.part.rfind("/") + 1 :]
    fs.write_text(fs.join(folder, name), "")
    folds = fs.kind(fs.join(folder, name.upper())) != fs.NONE
    fs.remove(fs.join(folder, name))
    return folds


class _Folders:
    """The folders that the journal names so far."""

    def __init__(self, transaction, journal):
        self._journal = journal
        # The one whose lines were written last, and the last folder that was seen to exist.
        self._noted = ""
        self._there = "." if transaction.dest_dir == "." else "/"

    def note(self, target, path):
        """Writes a line for each folder above ``target`` that is missing."""
        slash = target.find("/", 1)
        while slash > 0:
            above = target[:slash]
            if not self._noted.startswith(above + "/"):
                found = fs.kind(above)
                if found == fs.FILE:
                    raise OTAError(
                        OTAErrorCode.APPLY, "%s: %s is a file on the device" % (path, above)
                    )
                if found == fs.NONE:
                    self._check(above, path)
                    self._journal.write("D %s\n" % above)
                else:
                    self._there = above
            slash = target.find("/", slash + 1)
        self._check(target, path)
        self._noted = target[: target.rfind("/") + 1] or self._noted

    def _check(self, target, path):
        """Refuses a name that the file system cannot hold: only where a folder exists does it say
        so."""
        name = target[target.rfind("/") + 1 :]
        if not (_holds(target) and _holds(fs.join(self._there, name))):
            raise OTAError(
                OTAErrorCode.APPLY, "%s: the file system cannot hold the name %s" % (path, name)
            )


def _note(transaction, journal, path, folders):
    """Writes a path's lines."""
    target = fs.join(transaction.dest_dir, path)
    found = fs.kind(target)
    if found == fs.FOLDER:
        raise OTAError(OTAErrorCode.APPLY, "%s is a folder on the device" % path)
    backup = fs.join(transaction.backup_dir, path)
    if fs.kind(backup) == fs.FILE:
        from .stale import is_kept

        if is_kept(transaction, backup):
            journal.write("K %d %s\n" % (fs.size(backup), path))
            return
        # Nothing that is read-only could be removed.
        from .aside import set_aside

        set_aside(backup)
    if found == fs.FILE:
        skipped = False
        for prefix in transaction.backup_skip_prefixes:
            skipped = skipped or path.startswith(prefix)
        for extension in transaction.backup_skip_extensions:
            skipped = skipped or path.lower().endswith(extension)
        if skipped:
            journal.write("S %s\n" % path)
        else:
            journal.write("B %d %s\n" % (fs.size(target), path))
        return
    folders.note(target, path)
    journal.write("F %s\n" % path)


def _holds(path):
    """Whether the file system can hold the last name of ``path``, whose folder exists."""
    try:
        os.stat(path)
    except OSError as e:
        return e.errno not in (EINVAL, _ENAMETOOLONG)
    return True
