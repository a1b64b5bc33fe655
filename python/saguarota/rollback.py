"""The way back from an update, by what ``transaction`` has left on flash.

It can be cut and begun again at any point: backups stay until the state is idle, or until the
progress file says that they are restored. A rename is atomic on littlefs. On FAT a cut may leave
the old name, both names for one chain of clusters, or neither; what follows here never frees
clusters that are in use.

This is a module of its own so that an update that succeeds never loads it.
"""

import os
from errno import EACCES

from micropython import const

from . import flash
from .const import OTAState
from .mend import copy_of, finish_copy, store, sweep, sweep_journal

# Not among MicroPython's names.
_ENOSPC = const(28)


def roll_back(transaction, buffer):
    """Brings back the tree of before the update; the state becomes idle.

    ``buffer``: for copies, at least two bytes. Raises OSError; called again, it goes on.
    """
    try:
        _roll_back(transaction, buffer)
    except OSError:
        # On a full flash, what is kept of a download takes the room that this needs.
        transaction.forget_partial()
        _roll_back(transaction, buffer)


def _roll_back(transaction, buffer):
    transaction.close()
    # At first, for littlefs finds all files only after that.
    state = transaction.state()
    if transaction.has_backup():
        if state != OTAState.INSTALLING:
            transaction.set_state(OTAState.INSTALLING)
        left = flash.size(transaction.progress)
        _finish_swap(transaction, buffer)
        # All removals come first: where two names share clusters, the second is removed while
        # nothing new can have been written to them. The last of the files that were dealt with may
        # have been in the middle of its replacement.
        transaction.clean()
        old, local = transaction.old_manifest, transaction.local_manifest_file
        if flash.kind(old) and flash.kind(local) and not same(old, local, buffer):
            flash.remove(local)
        # Where there is no room for old files beside their backups, these go one by one; where new
        # files have taken the room, all of them go first.
        for first, drop in ((left, False), (left, True), (0, True)):
            _remove(transaction, first)
            _remove_folders(transaction.journal)
            sweep(local)
            sweep_journal(transaction)
            try:
                _restore(transaction, buffer, drop)
                break
            except OSError as e:
                # A full FAT has no room for a folder by EACCES.
                if not first or e.errno not in (_ENOSPC, EACCES):
                    raise
        if flash.kind(old) and not flash.kind(local):
            flash.copy(old, local, buffer)
        _note_replaced(transaction)
        # All is as it was.
        flash.remove(transaction.progress)
    # The journal goes after that: an update without one would be taken for that of other options.
    transaction.set_state(OTAState.IDLE)
    transaction.clean()


def _entries(transaction):
    """``(mark, path, done)`` of each line of the journal; ``done``: what the progress file has of
    it, empty where it has nothing."""
    with open(transaction.journal) as journal, open(transaction.progress) as progress:
        for line in journal:
            yield line[0], line[2:].rstrip("\n"), progress.read(1) if line[0] in "BSX" else ""


def _finish_swap(transaction, buffer):
    """Ends a replacement without backup that a cut has interrupted: the file is whole."""
    part = transaction.part
    copied = copy_of(part)
    lines = flash.read_text(transaction.swap).split("\n")[:-1]
    if lines:
        target = flash.join(transaction.dest_dir, lines[0])
        replaced = True
        if len(lines) == 1 and flash.kind(part) == flash.FILE:
            if flash.kind(target) == flash.NONE:
                flash.rename(part, target)
            elif same(part, target, buffer):
                # Two names for one chain of clusters, perhaps. A copy has its own.
                flash.remove(transaction.new_manifest)
                flash.copy(part, copied, buffer)
                flash.write_text(transaction.swap, "copied\n", "a")
                lines.append("copied")
            else:
                replaced = False
        if len(lines) == 2:
            flash.remove(part)
            flash.remove(target)
            flash.copy(copied, target, buffer)
        if replaced:
            for mark, path, done in _entries(transaction):
                if mark == "S" and path == lines[0] and not done:
                    flash.write_text(transaction.progress, "S", "a")
    flash.remove(transaction.swap)


def same(path, other, buffer):
    """Whether two files have the same bytes."""
    half = len(buffer) // 2
    left = memoryview(buffer)[:half]
    right = memoryview(buffer)[half : 2 * half]
    with open(path, "rb") as a, open(other, "rb") as b:
        while True:
            got = a.readinto(left)
            if b.readinto(right) != got or left[:got] != right[:got]:
                return False
            if not got:
                return True


def _remove(transaction, first):
    """Removes what the update has created, and what stands in place of the backed up files from
    number ``first`` on."""
    number = 0
    for mark, path, done in _entries(transaction):
        number += mark in "BSX"
        if mark == "M":
            flash.remove(transaction.local_manifest_file)
        elif mark == "F" or (done == "B" and number >= first):
            _remove_file(flash.join(transaction.dest_dir, path))


def _remove_file(path):
    # A folder there, of another path, goes by its own line.
    if flash.kind(path) == flash.FILE:
        try:
            os.remove(path)
        except OSError as e:
            # FAT has a read-only attribute. Such a file was not replaced.
            if e.errno != EACCES:
                raise


def _restore(transaction, buffer, drop):
    """Brings back the backups. ``drop``: each is removed then, and noted in the progress file."""
    number = 0
    with open(transaction.journal) as journal, open(transaction.progress, "r+b") as progress:
        for line in journal:
            if line[0] not in "BSX":
                continue
            if progress.read(1) == b"B":
                path = line[2:].rstrip("\n")
                backup = flash.join(transaction.backup_dir, path)
                # On FAT it may be gone, under another spelling of the path.
                if not drop or flash.kind(backup) == flash.FILE:
                    _copy_back(backup, flash.join(transaction.dest_dir, path), buffer)
                if drop:
                    progress.seek(number)
                    progress.write(b"-")
                    progress.flush()
                    flash.remove(backup)
            number += 1


def _copy_back(backup, target, buffer):
    flash.make_parents(target)
    try:
        flash.copy(backup, target, buffer)
    except OSError as e:
        # A read-only file is what it was.
        if e.errno != EACCES or not same(backup, target, buffer):
            raise


def _remove_folders(journal):
    """Removes the created folders: outer ones come first in the journal, so until none goes."""
    removed = True
    while removed:
        removed = False
        with open(journal) as lines:
            for line in lines:
                if line[0] == "D":
                    try:
                        os.rmdir(line[2:].rstrip("\n"))
                        removed = True
                    except OSError:
                        # Not there, or somebody has put a file of his own into it.
                        pass


def _note_replaced(transaction):
    """Adds the files that are new now, for want of a backup, to those that are due again."""
    if next(_replaced(transaction), None):
        due = transaction.beside(transaction.backup_dir, "due")
        store(due, _union(_lines(finish_copy(due)), _replaced(transaction)))


def _replaced(transaction):
    for _, path, done in _entries(transaction):
        if done == "S":
            yield path


def _lines(path):
    if flash.kind(path):
        with open(path) as lines:
            for line in lines:
                yield line.rstrip("\n")


def _union(left, right):
    """Merges two iterators of paths in path order; the end mark of a stored file is left out."""
    a, b = next(left, None), next(right, None)
    while a or b:
        if not b or (a and a <= b):
            if a != ".":
                yield a
            if a == b:
                b = next(right, None)
            a = next(left, None)
        else:
            yield b
            b = next(right, None)
