"""Ends a replacement without backup that a power loss has interrupted."""

from . import atomic_file, compare, fs, journal_reader


def finish(transaction, buffer):
    """The file that the swap file names is whole after this, old or new; one that is new is noted
    in the progress file. Raises OSError."""
    part = transaction.part
    copied = atomic_file.copy_of(part)
    swap = fs.read(transaction.swap).split("\n")[:-1]
    if swap:
        target = fs.join(transaction.dest_dir, swap[0])
        replaced = True
        if len(swap) == 1 and fs.kind(part) == fs.FILE:
            if not fs.kind(target):
                fs.rename(part, target)
            elif compare.same(part, target, buffer):
                # Two names for one chain of clusters, perhaps. A copy has its own.
                fs.remove(transaction.new_manifest)
                fs.copy(part, copied, buffer)
                fs.write(transaction.swap, "copied\n", "a")
                swap.append("copied")
            else:
                replaced = False
        if len(swap) == 2:
            fs.remove(part)
            fs.remove(target)
            fs.copy(copied, target, buffer)
        if replaced:
            _note(transaction, swap[0])
    fs.remove(transaction.swap)


def _note(transaction, replaced):
    """Notes in the progress file that a file was replaced without a backup."""
    journal_reader.revise(
        transaction,
        lambda mark, _, path, __: "S" if mark == "S" and path == replaced else None,
    )
