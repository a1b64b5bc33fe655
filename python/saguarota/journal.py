"""The journal of an update, written before anything is changed.

Dropped from the heap before the first file is fetched; ``entries`` reads it. Format 2, a line each:

    V md5 ...      of the manifest, or of HTTP-FS mode's list; then, with tabs in between, the
                   options by which files are found, and the format's number
    M              there was no local manifest
    L size         the local manifest had so many bytes
    D folder       will be created; as the file system names it, the others relative to dest_dir
    F path         will be created
    B size path    has so many bytes, will be backed up, then replaced
    K size path    will be replaced; its backup, of so many bytes, is that of an earlier update,
                   which a rollback could not restore
    S path         will be replaced without a backup (skip lists)
    X size path    as B or K, but deleted; these come last, in no order
    - path         was to be created, but will not
    E              the end: without it, the journal is damaged

Format 1 had no number, no sizes, no L, K and E.
"""

from . import flash
from .const import OTAError, OTAErrorCode
from .transaction import FORMAT


def plan(transaction, paths):
    """Writes the journal for these paths, which are in path order; nothing is changed yet. There
    must be no other backup than those that are kept."""
    options = (
        transaction.release,
        transaction.dest_dir,
        transaction.backup_dir,
        transaction.ota_state_file,
        transaction.local_manifest_file,
        FORMAT,
    )
    flash.make_parents(transaction.journal)
    with open(transaction.journal, "w") as journal:
        journal.write("V %s\n" % "\t".join(options))
        local = transaction.local_manifest_file
        if flash.kind(local) == flash.NONE:
            journal.write("M\n")
        else:
            journal.write("L %d\n" % flash.size(local))
        folders = _Folders(transaction, journal)
        for path in paths:
            _note(transaction, journal, path, folders)


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
                found = flash.kind(above)
                if found == flash.FILE:
                    raise OTAError(
                        OTAErrorCode.APPLY, "%s: %s is a file on the device" % (path, above)
                    )
                if found == flash.NONE:
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
        if not (flash.holds(target) and flash.holds(flash.join(self._there, name))):
            raise OTAError(
                OTAErrorCode.APPLY, "%s: the file system cannot hold the name %s" % (path, name)
            )


def _note(transaction, journal, path, folders):
    """Writes a path's lines."""
    target = flash.join(transaction.dest_dir, path)
    found = flash.kind(target)
    if found == flash.FOLDER:
        raise OTAError(OTAErrorCode.APPLY, "%s is a folder on the device" % path)
    backup = flash.join(transaction.backup_dir, path)
    if flash.kind(backup) == flash.FILE:
        from .backup import is_kept

        if is_kept(transaction, backup):
            journal.write("K %d %s\n" % (flash.size(backup), path))
            return
        # Nothing that is read-only could be removed.
        from .aside import set_aside

        set_aside(backup)
    if found == flash.FILE:
        skipped = False
        for prefix in transaction.backup_skip_prefixes:
            skipped = skipped or path.startswith(prefix)
        for extension in transaction.backup_skip_extensions:
            skipped = skipped or path.lower().endswith(extension)
        if skipped:
            journal.write("S %s\n" % path)
        else:
            journal.write("B %d %s\n" % (flash.size(target), path))
        return
    folders.note(target, path)
    journal.write("F %s\n" % path)
