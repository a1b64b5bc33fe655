"""Ends a replacement without backup that a power cut has interrupted."""

from . import flash
from .atomic_file import copy_of
from .compare import same
from .entries import COUNTED, lines


def finish(transaction, buffer):
    """The file that the swap file names is whole after this, old or new; one that is new is noted
    in the progress file. Raises OSError."""
    part = transaction.part
    copied = copy_of(part)
    swap = flash.read_text(transaction.swap).split("\n")[:-1]
    if swap:
        target = flash.join(transaction.dest_dir, swap[0])
        replaced = True
        if len(swap) == 1 and flash.kind(part) == flash.FILE:
            if flash.kind(target) == flash.NONE:
                flash.rename(part, target)
            elif same(part, target, buffer):
                # Two names for one chain of clusters, perhaps. A copy has its own.
                flash.remove(transaction.new_manifest)
                flash.copy(part, copied, buffer)
                flash.write_text(transaction.swap, "copied\n", "a")
                swap.append("copied")
            else:
                replaced = False
        if len(swap) == 2:
            flash.remove(part)
            flash.remove(target)
            flash.copy(copied, target, buffer)
        if replaced:
            _note(transaction, swap[0])
    flash.remove(transaction.swap)


def _note(transaction, replaced):
    """Notes in the progress file that a file was replaced without a backup."""
    number = 0
    found = None
    for mark, _, path in lines(transaction):
        if mark == "S" and path == replaced:
            found = number
        number += mark in COUNTED
    if found is not None:
        with open(transaction.progress, "r+b") as progress:
            progress.seek(found)
            progress.write(b"S")
