"""The rollback of an update, path by path, by what ``transaction`` has left on flash.

What stands in the way of one path keeps no other one from being restored. It can be interrupted and
begun again at any point: backups stay until the state is idle, or until the progress file says that
they are restored. A rename is atomic on littlefs. On FAT a cut may leave the old name, both names
for one chain of clusters, or neither; what follows here never frees clusters that are in use.

This is a module of its own so that an update that succeeds never loads it.
"""

import os
from errno import EACCES, EIO

from micropython import const

from . import fs
from .aside import clear, set_aside
from .const import OTAErrorCode, OTAState, call, describe, log, unload
from .journal import COUNTED
from .journal_reader import entries, lines, revise

# No space left: ENOSPC, which MicroPython has no name for; and ENAMETOOLONG, which littlefs gives
# where a new name does not fit.
_FULL = (28, 36)
# Characters of the report; the console has all of it.
_REPORT_MAX = const(1000)


def roll_back(updater):
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
        if last or not transaction.try_again():
            raise
        _add(updater, "rollback: %s: to be tried again" % describe(e))
        return True
    if report is None:
        _add(updater, "rollback: to be tried again")
        return transaction.try_again()
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
        if rollback.again:
            return None
        report = rollback.report
        # All is as it was.
        fs.remove(transaction.progress)
    # The journal goes after that: an update without one would be taken for that of other options.
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
        self._transaction = transaction
        # For copies; files are compared in its halves.
        self._buffer = bytearray(128)
        self._last = last
        # Something failed that is to be tried again.
        self.again = False
        # There was no space for a file beside its backup.
        self._full = False
        self.report = ""

    def run(self):
        transaction = self._transaction
        self._complete_records()
        unload("compare", "folders")
        installed = not fs.kind(transaction.new_manifest)
        self._attempt(transaction.swap, self._finish_swap)
        if self.again:
            # What follows would remove the file that the swap needs.
            return
        # All removals come first: where two names share clusters, the second is removed while
        # nothing new can have been written to them. The last of the files that were dealt with may
        # have been in the middle of its replacement.
        transaction.clean()
        dealt_with = fs.size(transaction.progress)
        self._attempt(transaction.local_manifest_file, self._remove_manifest, installed)
        # Where there is no space for old files beside their backups, these go one by one; where new
        # files have taken the space, all of them go first.
        for first, drop in ((dealt_with, False), (dealt_with, True), (0, True)):
            self._remove(first)
            while self._remove_folders():
                pass
            self._attempt(transaction.dest_dir, self._sweep)
            self._full = False
            self._restore(drop, final=not first)
            if not self._full:
                break
            # On a full flash, a download that may be resumed takes the space that this needs.
            transaction.forget_partial()
        self._attempt(transaction.local_manifest_file, self._restore_manifest)
        # Whatever fails here, the state must not be idle: nothing would keep the backups.
        self._note_due()
        unload("stale", "atomic_file")

    # -- what becomes of an error --

    def _attempt(self, path, action, *args):
        """Calls ``action``, whose error is that of one path."""
        try:
            action(*args)
        except (OSError, MemoryError) as e:
            self._failed(path, e)
        # What it has loaded is done.
        unload("fat_aliases", "compare", "atomic_file", "folders")

    def _failed(self, path, error):
        """Deals with an error at a path; true if the path is given up."""
        lasts = isinstance(error, OSError) and error.errno != EIO and error.errno not in _FULL
        if lasts or self._last:
            self._give_up(path, describe(error))
            return True
        log("%s: %s: to be tried again" % (path, describe(error)))
        self.again = True
        return False

    def _give_up(self, path, why):
        text = "%s: %s" % (path, why)
        log("not restored: " + text)
        if not self.report:
            self.report = text
        elif len(self.report) < _REPORT_MAX:
            self.report += "; " + text
        elif not self.report.endswith("..."):
            self.report += "; ..."

    # -- the steps --

    def _complete_records(self):
        journal, progress = call("journal_check", "check", self._transaction, self._last)
        if not (journal and progress):
            call("journal_repair", "repair", self._transaction, self._buffer, journal)
        if not journal:
            self._give_up(self._transaction.journal, "missing or damaged; restoring all backups")

    def _finish_swap(self):
        if fs.kind(self._transaction.swap):
            call("swap", "finish", self._transaction, self._buffer)

    def _sweep(self):
        from .fat_aliases import sweep, sweep_all

        sweep(self._transaction.local_manifest_file)
        sweep_all(self._paths, self._transaction.dest_dir)

    def _paths(self):
        """Absolute paths of what the journal names."""
        for mark, _, path in lines(self._transaction):
            if mark == "D":
                yield fs.absolute(path)
            elif mark in "FBKSX-":
                yield fs.absolute(fs.join(self._transaction.dest_dir, path))

    def _remove_manifest(self, installed):
        why = call(
            "old_manifest", "make_way", self._transaction, self._buffer, installed, self._last
        )
        if why:
            self._give_up(self._transaction.local_manifest_file, why)

    def _restore_manifest(self):
        call("old_manifest", "restore", self._transaction, self._buffer)

    def _note_due(self):
        """Adds the files that are not as they were to those that are due again."""
        from .stale import add

        add(self._transaction.due, self._due("BKS"))
        # These are in no order.
        for path in self._due("X"):
            add(self._transaction.due, iter((path,)))

    def _remove(self, first):
        """Removes what the update has created, and what stands in place of the backed up files from
        number ``first`` on."""
        transaction = self._transaction
        number = 0
        for mark, size, path, done in entries(transaction):
            number += mark in COUNTED
            try:
                if mark == "F":
                    _remove_created(fs.join(transaction.dest_dir, path))
                elif done == "B" and number >= first and self._is_whole(path, size):
                    _remove_file(fs.join(transaction.dest_dir, path))
            except (OSError, MemoryError) as e:
                self._failed(path, e)

    def _is_whole(self, path, size):
        """Whether the backup of a path is there and has ``size`` bytes, if that is known. Raises
        OSError where it cannot be read."""
        backup = self._backup(path)
        if fs.kind(backup) != fs.FILE or size not in (None, fs.size(backup)):
            return False
        with open(backup, "rb") as file:
            while file.readinto(self._buffer):
                pass
        return True

    def _remove_folders(self):
        """Removes the created folders that are empty; true if there was one. Outer ones come first
        in the journal."""
        removed = False
        for mark, _, path in lines(self._transaction):
            if mark != "D":
                continue
            try:
                found = fs.kind(path)
                if found == fs.FILE:
                    set_aside(path)
                elif found == fs.FOLDER:
                    os.rmdir(path)
                    removed = True
            except OSError as e:
                # Mostly, somebody has put a file of his own into it.
                if e.errno == EIO or e.errno in _FULL:
                    self._failed(path, e)
        return removed

    def _restore(self, drop, final):
        """Brings back the backups. ``drop``: each is removed then, and noted in the progress file.
        ``final``: no more space can be had."""

        def restore(*entry):
            byte = self._restore_path(*entry, drop, final)
            # What was not dealt with has no byte.
            return entry[3] and byte

        def then(path, byte):
            if byte == "-":
                self._attempt(path, fs.remove, self._backup(path))

        revise(self._transaction, restore, then)

    def _restore_path(self, mark, size, path, done, drop, final):
        """Brings back one backup; returns its new byte in the progress file, or None."""
        target = fs.join(self._transaction.dest_dir, path)
        try:
            if mark == "S":
                if done == "S":
                    # An update must be able to replace it.
                    clear(target)
                return None
            if done == "L":
                self._give_up(path, "given up before")
            whole = self._is_whole(path, size)
            # One that does not count yet is whole if it has all its bytes, as far as that is known.
            if done != "B" and not (done == "" and whole and size is not None):
                return None
            clear(target)
            if not whole:
                self._give_up(path, "its backup is gone or cut short")
                # The next update must not take it for one that is kept.
                self._transaction.remove(self._backup(path))
                return "L"
            moved = self._bring_back(self._backup(path), target)
            return "-" if moved or drop else None
        except (OSError, MemoryError) as e:
            # A full FAT has no space for a folder by EACCES.
            if not final and isinstance(e, OSError) and (e.errno == EACCES or e.errno in _FULL):
                self._full = True
                return None
            return "L" if self._failed(path, e) else None

    def _backup(self, path):
        return fs.join(self._transaction.backup_dir, path)

    def _bring_back(self, backup, target):
        """Copies the backup. Where that fails, the last attempt moves it, for which no space is
        needed; true if it was moved."""
        try:
            self._copy_back(backup, target)
            return False
        except (OSError, MemoryError):
            if not self._last:
                raise
            fs.rename(backup, target)
            return True

    def _copy_back(self, backup, target):
        fs.make_parents(target)
        try:
            fs.copy(backup, target, self._buffer)
        except OSError as e:
            # FAT has a read-only attribute.
            if e.errno != EACCES or fs.kind(target) != fs.FILE:
                raise
            from .compare import same

            if not same(backup, target, self._buffer):
                set_aside(target)
                fs.copy(backup, target, self._buffer)

    def _due(self, marks):
        for mark, _, path, done in entries(self._transaction):
            if mark in marks and done in ("S", "L"):
                yield path


def _remove_created(path):
    if fs.kind(path) == fs.FOLDER:
        # Somebody's own.
        set_aside(path)
    elif not _remove_file(path):
        set_aside(path)


def _remove_file(path):
    """Removes a file; false if it is read-only, as FAT knows it."""
    if fs.kind(path) == fs.FILE:
        try:
            os.remove(path)
        except OSError as e:
            if e.errno != EACCES:
                raise
            return False
    return True
