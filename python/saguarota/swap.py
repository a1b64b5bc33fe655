"""Ends a replacement without backup that a power cut has interrupted."""

from . import flash
from .atomic_file import copy_of
from .compare import same
from .entries import entries


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
            for mark, _, path, done in entries(transaction):
                if mark == "S" and path == swap[0] and not done:
                    flash.write_text(transaction.progress, "S", "a")
    flash.remove(transaction.swap)
