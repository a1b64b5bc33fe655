"""The journal of an update, written before anything is changed: see ``transaction``.

Dropped from the heap before the first file is fetched.
"""

import os

from micropython import const

from . import flash
from .const import OTAError, OTAErrorCode, OTAState, log, on_flash

_LOW_SPACE_PERCENT = const(40)


def plan(transaction, paths):
    """Writes the journal for these paths, which are in path order; nothing is changed yet."""
    transaction.discard_backup()
    flash.make_parents(transaction.journal)
    with open(transaction.journal, "w") as journal:
        journal.write(
            "V %s\t%s\t%s\t%s\t%s\n"
            % (
                transaction.release,
                transaction.dest_dir,
                transaction.backup_dir,
                transaction.ota_state_file,
                transaction.local_manifest_file,
            )
        )
        if flash.kind(transaction.local_manifest_file) == flash.NONE:
            journal.write("M\n")
        known = ""
        for path in paths:
            known = _note(transaction, journal, path, known)


def begin(transaction, size, buffer):
    """Makes the state installing, by the plan. ``size``: bytes that the new files are known to
    have at least."""
    try:
        stat = os.statvfs(transaction.dest_dir)
    except (AttributeError, OSError):
        # The port, or the file system, cannot tell.
        stat = (0, 0, 0)
    if stat[2]:
        free, total = stat[1] * stat[4], stat[1] * stat[2]
        if flash.kind(transaction.partial) == flash.FILE:
            # Part of them, or gone as soon as the room is needed.
            free += os.stat(transaction.partial)[6]
        if free * 100 < total * _LOW_SPACE_PERCENT:
            log("warning: only %d%% of the file system is free" % (free * 100 // total))
        if size > free:
            raise OTAError(
                OTAErrorCode.APPLY, "the new files have %d bytes, %d are free" % (size, free)
            )
    local = transaction.local_manifest_file
    if flash.kind(local) == flash.FILE:
        on_flash("copying " + local, flash.copy, local, transaction.old_manifest, buffer)
    try:
        transaction.set_state(OTAState.INSTALLING)
        # From now on there is something to undo.
        flash.write_text(transaction.progress, "")
    except BaseException:
        flash.remove(transaction.new_state)
        if transaction.state() == OTAState.INSTALLING:
            transaction.set_state(OTAState.IDLE)
        transaction.discard_backup()
        raise
    transaction.work = open(transaction.journal)
    flash.make_parents(transaction.part)


def _note(transaction, journal, path, folder):
    """Writes a path's lines; ``folder`` is the one whose lines were written last."""
    target = flash.join(transaction.dest_dir, path)
    found = flash.kind(target)
    if found == flash.FOLDER:
        raise OTAError(OTAErrorCode.APPLY, "%s is a folder on the device" % path)
    if found == flash.FILE:
        skipped = False
        for prefix in transaction.backup_skip_prefixes:
            skipped = skipped or path.startswith(prefix)
        for extension in transaction.backup_skip_extensions:
            skipped = skipped or path.lower().endswith(extension)
        journal.write("%s %s\n" % ("S" if skipped else "B", path))
        return folder
    slash = target.find("/", 1)
    while slash > 0:
        above = target[:slash]
        if not folder.startswith(above + "/"):
            found = flash.kind(above)
            if found == flash.FILE:
                raise OTAError(OTAErrorCode.APPLY, "%s: %s is a file on the device" % (path, above))
            if found == flash.NONE:
                journal.write("D %s\n" % above)
        slash = target.find("/", slash + 1)
    journal.write("F %s\n" % path)
    return target[: target.rfind("/") + 1] or folder
