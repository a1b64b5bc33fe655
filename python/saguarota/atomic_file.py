"""The updater's small files of lines, which are replaced whole: a power loss leaves the old one
or the new one."""

from micropython import const

from . import fs
from .const import OTAState, load

# No path is a dot: with this last line the copy of a file is whole.
_END = const(".\n")


def copy_of(path):
    """Where the copy of one of the updater's files is, while there has to be one."""
    return path[:-1] + "2"


def store(path, texts):
    """Replaces one of the updater's small files, which holds lines; it is there from the
    beginning of that. An OSError leaves what it was."""
    if not fs.kind(path):
        fs.write(path, "")
    with open(copy_of(path), "w") as file:
        for line in texts:
            file.write(line + "\n")
        file.write(_END)
    finish_copy(path)


def finish_copy(path):
    """Copies what ``store`` has written over the file, if it is whole; removes it in any other
    case. Returns the name by which to read the file: that of the copy, if there is no space for
    both."""
    copy = copy_of(path)
    size = fs.size(copy)
    if size:
        with open(copy) as file:
            file.seek(max(size - len(_END), 0))
            whole = file.read() == _END
        if whole:
            try:
                fs.copy(copy, path, bytearray(128))
            except OSError:
                return copy
    fs.remove(copy)
    return path


# -- the state file --

# On littlefs a rename replaces a file at once. On FAT, MicroPython removes what is there, then
# FatFs writes the new name, then it removes the old one: a power loss may leave neither name of the
# first two, or two names for one chain of clusters. Both names have to go before anything else is
# written, and only a copy may stay.


def finish_state(transaction):
    """Finishes a change of state, if the new word is whole; forgets it, if it is not."""
    new = transaction.new_state
    copy = copy_of(new)
    word = _word(copy)
    if not word:
        word = _word(new)
        if word:
            fs.write(copy, word)
    fs.remove(new)
    if word:
        fat_aliases = load("fat_aliases")
        fs.remove(transaction.ota_state_file)
        fat_aliases.sweep(transaction.ota_state_file)
        fs.write(transaction.ota_state_file, word)
    fs.remove(copy)


def _word(path):
    word = fs.read(path, 64)
    return word if word in (OTAState.IDLE, OTAState.INSTALLING, OTAState.CONFIRM_PENDING) else ""
