"""What a cut leaves in the middle of a replacement, and how it is finished.

On littlefs a rename replaces a file at once. On FAT, MicroPython removes what is there, then FatFs
writes the new name, then it removes the old one: a cut may leave neither name of the first two, or
two names for one chain of clusters. Both of these names have to go before anything else is written,
and only a copy may stay.
"""

from . import flash
from .atomic_file import copy_of
from .const import OTAState


def state(transaction):
    """Finishes a change of state, if the new word is whole; forgets it, if it is not."""
    new = transaction.new_state
    copy = copy_of(new)
    word = _word(copy)
    if not word:
        word = _word(new)
        if word:
            flash.write_text(copy, word)
    flash.remove(new)
    if word:
        from .fat_aliases import sweep

        flash.remove(transaction.ota_state_file)
        sweep(transaction.ota_state_file)
        flash.write_text(transaction.ota_state_file, word)
    flash.remove(copy)


def _word(path):
    word = flash.read_text(path, 64)
    return word if word in (OTAState.IDLE, OTAState.INSTALLING, OTAState.CONFIRM_PENDING) else ""


def rename(path):
    """Mends littlefs after it has failed to rename a file.

    At its next write but one it removes the old name by its number in the folder: no name may come
    or go before it until then. So a name is written and removed that comes after it.
    """
    last = path[:-3] + "zzz" if path[-4:-3] == "." else path + "z"
    try:
        flash.write_text(last, "")
        flash.remove(last)
    except OSError:
        # On a full flash, say. The first error is the one to tell.
        pass
