"""The way back from an update, by what ``transaction`` has left on flash.

It can be cut and begun again at any point: backups stay until the state is idle. A rename is atomic
on littlefs. On FAT a cut may leave the old name, both names for one chain of clusters, or neither;
what follows here never frees clusters that are in use.

This is a module of its own so that an update that succeeds never loads it.
"""

import os
from errno import EACCES

from . import flash
from .const import OTAState


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
    if transaction.has_backup():
        if transaction.state() != OTAState.INSTALLING:
            transaction.set_state(OTAState.INSTALLING)
        left = os.stat(transaction.progress)[6]
        _finish_swap(transaction, buffer)
        # All removals come first: where two names share clusters, the second is removed while
        # nothing new can have been written to them.
        transaction.clean()
        _undo(transaction, left, None)
        _remove_folders(transaction.journal)
        _undo(transaction, left, buffer)
        if flash.kind(transaction.old_manifest) == flash.FILE:
            flash.copy(transaction.old_manifest, transaction.local_manifest_file, buffer)
    transaction.clean()
    transaction.set_state(OTAState.IDLE)
    transaction.discard_backup()


def _finish_swap(transaction, buffer):
    """Ends a replacement without backup that a cut has interrupted: the file is whole."""
    part = transaction.part
    copied = part + "2"
    lines = flash.read_text(transaction.swap).split("\n")[:-1]
    if lines:
        target = flash.join(transaction.dest_dir, lines[0])
        if len(lines) == 1 and flash.kind(part) == flash.FILE:
            if flash.kind(target) == flash.NONE:
                os.rename(part, target)
            elif same(part, target, buffer):
                # Two names for one chain of clusters, perhaps. A copy has its own.
                flash.remove(transaction.new_manifest)
                flash.copy(part, copied, buffer)
                flash.write_text(transaction.swap, "copied\n", "a")
                lines.append("copied")
        if len(lines) == 2:
            flash.remove(part)
            flash.remove(target)
            flash.copy(copied, target, buffer)
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


def _undo(transaction, left, buffer):
    """Without a buffer: removes what the update has created, and the one file that may have been in
    the middle of its replacement. With one: restores the backups. ``left``: files that were dealt
    with."""
    with open(transaction.journal) as journal, open(transaction.progress) as progress:
        for line in journal:
            mark = line[0]
            path = line[2:].rstrip("\n")
            target = flash.join(transaction.dest_dir, path)
            backed_up = False
            if mark in "BX":
                backed_up = progress.read(1) == "B"
                left -= 1
            if not buffer:
                if mark == "M":
                    flash.remove(transaction.local_manifest_file)
                elif mark == "F" or (backed_up and left == 0):
                    _remove_file(target)
            elif backed_up:
                flash.make_parents(target)
                backup = flash.join(transaction.backup_dir, path)
                try:
                    flash.copy(backup, target, buffer)
                except OSError:
                    # A read-only one is what it was.
                    if not same(backup, target, buffer):
                        raise


def _remove_file(path):
    # A folder there, of another path, goes by its own line.
    if flash.kind(path) == flash.FILE:
        try:
            os.remove(path)
        except OSError as e:
            # FAT has a read-only attribute. Such a file was not replaced.
            if e.errno != EACCES:
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
