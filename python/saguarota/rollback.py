"""The rollback of an update, path by path, by what ``transaction`` has left on flash.

What stands in the way of one path keeps no other one from being restored. It can be interrupted and
started again at any point: backups stay until the state is idle, or until the progress file says
that they are restored. A rename is atomic on littlefs. On FAT a power loss may leave the old name,
both names for one chain of clusters, or neither; what follows here never frees clusters that are in
use.

This module has the order of the steps, and what becomes of an error; ``removal`` and
``restoration`` do what is done to each path. An update that succeeds loads none of them.
"""

from errno import EIO, ENOENT

from micropython import const

from . import fs, journal_reader
from .const import OTAErrorCode, OTAState, call, describe, load, log, unload

# No space left: ENOSPC, which MicroPython has no name for; and ENAMETOOLONG, which littlefs gives
# where a new name does not fit.
_FULL = (28, 36)
# Characters of the report; the console has all of it.
_REPORT_MAX = const(1000)


def rollback(updater):
    """Brings back the tree of before the update; true if the device has to restart: the state is
    idle then, or installing where the rollback is to be tried again.

    What is not restored is in the attributes of ``updater``. Raises OSError and MemoryError after
    the last attempt, or where none can be counted.
    """
    log("rolling back")
    transaction = updater._transaction
    last = False
    try:
        # littlefs finds all files only after this.
        transaction.state()
        last = transaction.is_last_attempt()
        transaction = _reopen(transaction, last)
        last = transaction.is_last_attempt()
        report = _roll_back(transaction, last)
    except (OSError, MemoryError) as e:
        if last or not transaction.may_retry():
            raise
        _add(updater, "rollback: %s: to be tried again" % describe(e))
        return True
    if report is None:
        _add(updater, "rollback: to be tried again")
        return transaction.may_retry()
    if report:
        _add(updater, "not restored: " + report)
    return True


def _reopen(transaction, last):
    try:
        return call("reopen", "reopen", transaction)
    except OSError:
        if not last:
            raise
        # The journal cannot be read; it is written again.
        return transaction


def _add(updater, text):
    """Adds to what is known of an error."""
    updater.last_error_code = updater.last_error_code or OTAErrorCode.APPLY
    before = updater.last_error_message
    updater.last_error_message = "%s; %s" % (before, text) if before else text
    log(text)


def _roll_back(transaction, last):
    """Returns what was not restored, and why; None where that is to be tried again."""
    state = transaction.state()
    report = ""
    if _is_undoable(transaction, state):
        if state != OTAState.INSTALLING:
            transaction.set_state(OTAState.INSTALLING)
        rollback = _Rollback(transaction, last)
        rollback.run()
        if rollback.retry:
            return None
        report = rollback.report
        # All is as it was.
        fs.remove(transaction.progress)
    # The journal goes after that: an update without one would look like that of other options.
    transaction.set_state(OTAState.IDLE)
    try:
        transaction.clean()
    except (OSError, MemoryError) as e:
        # The next check goes on with it.
        log("warning: clean-up: " + describe(e))
    return report


def _is_undoable(transaction, state):
    if transaction.has_backup():
        return True
    # Without a progress file, a clean-up is under way; but not in other states.
    if state == OTAState.IDLE:
        return False
    return bool(fs.kind(transaction.journal) or fs.kind(transaction.backup_dir))


class _Rollback:
    """``last``: whether this is the last attempt, so that a path is given up that fails by an I/O
    error, on a full flash, or for lack of memory."""

    def __init__(self, transaction, last):
        self.transaction = transaction
        # For copies; files are compared in its halves.
        self.buffer = bytearray(128)
        self.last = last
        # Something failed that is to be tried again.
        self.retry = False
        # There was no space for a file beside its backup.
        self.full = False
        self.report = ""

    def run(self):
        transaction = self.transaction
        self.complete_records()
        unload("compare", "folders")
        installed = not fs.kind(transaction.new_manifest)
        self.attempt(transaction.swap, self.finish_swap)
        if self.retry:
            # What follows would remove the file that the swap needs.
            return
        # All removals come first: where two names share clusters, the second is removed while
        # nothing new can have been written to them. The last of the files that were dealt with may
        # have been in the middle of its replacement.
        transaction.clean()
        dealt_with = fs.size(transaction.progress)
        self.attempt(transaction.local_manifest_file, self.remove_manifest, installed)
        # Loaded before anything is removed: that may be the package itself.
        restoration = load("restoration")
        call("removal", "remove", self, dealt_with)
        # Where there is no space for old files beside their backups, these go one by one; where new
        # files have taken the space, all of them go first.
        for drop, final in ((False, False), (True, False), (True, True)):
            if final:
                self.attempt(transaction.dest_dir, self.remove_all)
            self.attempt(transaction.dest_dir, self.sweep)
            self.full = False
            restoration.restore(self, drop, final)
            if not self.full:
                break
            # On a full flash, a download that may be resumed takes the space that this needs.
            transaction.remove_partial()
        del restoration
        unload("restoration")
        self.attempt(transaction.local_manifest_file, self.restore_manifest)
        # Whatever fails here, the state must not be idle: nothing would keep the backups.
        call("due", "note", transaction)
        unload("stale", "atomic_file")

    # -- what becomes of an error --

    def attempt(self, path, action, *args):
        """Calls ``action``, whose error is that of one path."""
        try:
            action(*args)
        except (OSError, MemoryError) as e:
            self.failed(path, e)
        # What it has loaded is done.
        unload("fat_aliases", "compare", "atomic_file", "folders")

    def failed(self, path, error):
        """Deals with an error at a path; true if the path is given up."""
        lasts = isinstance(error, OSError) and error.errno != EIO and not self.is_full(error)
        if lasts or self.last:
            self.give_up(path, describe(error))
            return True
        log("%s: %s: to be tried again" % (path, describe(error)))
        self.retry = True
        return False

    def is_full(self, error):
        """Whether an OSError means that there is no space left."""
        return error.errno in _FULL

    def give_up(self, path, why):
        text = "%s: %s" % (path, why)
        log("not restored: " + text)
        if not self.report:
            self.report = text
        elif len(self.report) < _REPORT_MAX:
            self.report += "; " + text
        elif not self.report.endswith("..."):
            self.report += "; ..."

    # -- the steps --

    def complete_records(self):
        journal, progress = call("journal_check", "check", self.transaction, self.last)
        if not (journal and progress):
            call("journal_repair", "repair", self.transaction, self.buffer, journal)
        if not journal:
            self.give_up(self.transaction.journal, "missing or damaged; restoring all backups")

    def finish_swap(self):
        if fs.kind(self.transaction.swap):
            call("swap", "finish", self.transaction, self.buffer)

    def remove_all(self):
        call("removal", "remove", self, 0)

    def sweep(self):
        try:
            fat_aliases = load("fat_aliases")
        except OSError as e:
            if e.errno != ENOENT:
                raise
            # The package is among what is to come back. Without this, a short name may stay on FAT.
            return
        fat_aliases.sweep(self.transaction.local_manifest_file)
        fat_aliases.sweep_all(self.paths, self.transaction.dest_dir)

    def paths(self):
        """Absolute paths of what the journal names."""
        for mark, _, path in journal_reader.lines(self.transaction):
            if mark == "D":
                yield fs.absolute(path)
            elif mark in "FBKSX-":
                yield fs.absolute(fs.join(self.transaction.dest_dir, path))

    def remove_manifest(self, installed):
        why = call("old_manifest", "make_way", self.transaction, self.buffer, installed, self.last)
        if why:
            self.give_up(self.transaction.local_manifest_file, why)

    def restore_manifest(self):
        call("old_manifest", "restore", self.transaction, self.buffer)

    def is_whole(self, path, size):
        """Whether the backup of a path is there and has ``size`` bytes, if that is known. Raises
        OSError where it cannot be read."""
        backup = self.backup(path)
        if fs.kind(backup) != fs.FILE or size not in (None, fs.size(backup)):
            return False
        with open(backup, "rb") as file:
            while file.readinto(self.buffer):
                pass
        return True

    def backup(self, path):
        return fs.join(self.transaction.backup_dir, path)
