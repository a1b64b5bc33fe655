"""The way back from an update, by what ``transaction`` has left on flash.

It can be cut and begun again at any point: backups stay until the state is idle. A rename is atomic
on littlefs. On FAT a cut may leave the old name, both names for one chain of clusters, or neither;
what follows here never frees clusters that are in use.

This is a module of its own so that an update that succeeds never loads it.
"""

import os

from . import flash
from .const import OTAState


def roll_back(transaction, buffer):
    """Brings back the tree of before the update; the state becomes idle.

    ``buffer``: for copies. Raises OSError; called again, it goes on.
    """
    transaction.close()
    if transaction.has_backup():
        if transaction.state() != OTAState.INSTALLING:
            transaction.set_state(OTAState.INSTALLING)
        progress = transaction.progress
        backed_up = os.stat(progress)[6] if flash.kind(progress) else 0
        _finish_swap(transaction, buffer)
        # All removals come first: where two names share clusters, the second is removed while
        # nothing new can have been written to them.
        transaction.clean()
        manifest_kept = flash.kind(transaction.old_manifest) == flash.FILE
        if manifest_kept:
            flash.remove(transaction.local_manifest_file)
        _undo(transaction, backed_up, None)
        _remove_folders(transaction.journal)
        _undo(transaction, backed_up, buffer)
        if manifest_kept:
            flash.copy(transaction.old_manifest, transaction.new_manifest, buffer)
            os.rename(transaction.new_manifest, transaction.local_manifest_file)
    transaction.clean()
    transaction.set_state(OTAState.IDLE)
    transaction.discard_backup()


def _finish_swap(transaction, buffer):
    """Brings in the new file of a replacement without backup that a cut has interrupted."""
    part = transaction.part
    whole = part + "2"
    lines = flash.read_lines(transaction.swap)
    if len(lines) == 1 and flash.kind(part) == flash.FILE:
        flash.copy(part, whole, buffer)
        with open(transaction.swap, "a") as swap:
            swap.write("copied\n")
        lines.append("copied")
    if len(lines) == 2:
        target = flash.join(transaction.dest_dir, lines[0])
        flash.remove(part)
        flash.remove(target)
        flash.copy(whole, target, buffer)
    flash.remove(transaction.swap)


def _undo(transaction, backed_up, buffer):
    """Without a buffer: removes what the update has created, and the one file that may have been in
    the middle of its replacement. With one: restores the backups."""
    with open(transaction.journal) as journal:
        for line in journal:
            mark = line[0]
            path = line[2:].rstrip("\n")
            target = flash.join(transaction.dest_dir, path)
            if not buffer:
                if mark == "M":
                    flash.remove(transaction.local_manifest_file)
                elif mark == "F" or (mark == "B" and backed_up == 1):
                    flash.remove(target)
            elif mark == "B" and backed_up > 0:
                flash.make_parents(target)
                flash.copy(flash.join(transaction.backup_dir, path), target, buffer)
            if mark == "B":
                backed_up -= 1


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
