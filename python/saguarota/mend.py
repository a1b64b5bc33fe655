"""What a cut leaves in the middle of a replacement, and how it is finished.

On littlefs a rename replaces a file at once. On FAT, MicroPython removes what is there, then FatFs
writes the new name, then it removes the old one: a cut may leave neither name of the first two, or
two names for one chain of clusters. Both of these names have to go before anything else is written,
and only a copy may stay. And where the name that is removed is a long one, which lies in several
entries of its folder, a cut may leave its short one, the last of them: LONGNA~1.PY.
"""

from . import flash
from .const import OTAState

# No path is a dot: with this last line the copy of a file is whole.
_END = ".\n"


def copy_of(path):
    """Where the copy of one of the updater's own files is, while there has to be one."""
    return path[:-1] + "2"


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
        flash.remove(transaction.ota_state_file)
        sweep(transaction.ota_state_file)
        flash.write_text(transaction.ota_state_file, word)
    flash.remove(copy)


def _word(path):
    word = flash.read_text(path, 64)
    return word if word in (OTAState.IDLE, OTAState.INSTALLING, OTAState.CONFIRM_PENDING) else ""


def rename(path):
    """Mends littlefs after it has failed to rename one of the updater's own files.

    At its next write but one it removes the old name by its number in the folder: no name may come
    or go before it until then.
    """
    last = path[:-3] + "zzz"
    try:
        flash.write_text(last, "")
        flash.remove(last)
    except OSError:
        # On a full flash, say. The first error is the one to tell.
        pass


def store(path, lines):
    """Replaces one of the updater's own small files, which holds lines; it is there from the
    beginning of that. An OSError leaves what it was."""
    if not flash.kind(path):
        flash.write_text(path, "")
    with open(copy_of(path), "w") as file:
        for line in lines:
            file.write(line + "\n")
        file.write(_END)
    finish_copy(path)


def finish_copy(path):
    """Copies what ``store`` has written over the file, if it is whole; removes it in any other
    case. Returns the name by which to read the file: that of the copy, if there is no room for
    both."""
    copy = copy_of(path)
    size = flash.size(copy)
    if size:
        with open(copy) as file:
            file.seek(max(size - len(_END), 0))
            whole = file.read() == _END
        if whole:
            try:
                flash.copy(copy, path, bytearray(128))
            except OSError:
                return copy
    flash.remove(copy)
    return path


def sweep(path):
    """Removes the short name that a cut in the removal of ``path`` has left."""
    folder, name = _split(flash.absolute(path))
    for alias in _aliases(folder):
        if _is_of(alias, name):
            flash.remove_tree(flash.join(folder, alias))


def sweep_journal(transaction):
    """The same for each path of the journal, and for the folders above it."""
    found = False
    folder = None
    # One look at each folder, mostly. Only where there is something to find are names compared.
    for path in _paths(transaction):
        if _split(path)[0] != folder:
            folder = _split(path)[0]
            for above in _above(transaction, path):
                found = found or _aliases(_split(above)[0])
    if found:
        for path in _paths(transaction):
            for above in _above(transaction, path):
                sweep(above)


def _split(path):
    folder, _, name = path.rpartition("/")
    return folder or "/", name


def _paths(transaction):
    with open(transaction.journal) as journal:
        for line in journal:
            path = line[2:].rstrip("\n")
            if line[0] == "D":
                yield flash.absolute(path)
            elif line[0] not in "VM":
                yield flash.absolute(flash.join(transaction.dest_dir, path))


def _above(transaction, path):
    """The path, and the folders above it as far as they are below ``dest_dir``."""
    base = flash.absolute(transaction.dest_dir)
    while len(path) > 1 and path != base:
        yield path
        path = _split(path)[0]


def _aliases(folder):
    """Short names that show up in a folder, as none does that belongs to a long one."""
    if flash.kind(folder) != flash.FOLDER:
        return []
    names = [entry[0] for entry in flash.entries(folder) if _is_short(entry[0])]
    # Where the case of letters counts, it is no FAT, and they are somebody's own.
    return [name for name in names if flash.kind(flash.join(folder, name.lower()))]


def _is_short(name):
    """As FAT makes them: LONGNA~1.TXT, or with a hash where many names begin so, LO~3F5A.TXT; and
    ~1.CON of .config."""
    _, tilde, number = name.partition(".")[0].rpartition("~")
    return (
        tilde == "~"
        and len(number) > 0
        and name == name.upper()
        and not number.strip("0123456789ABCDEF")
    )


def _is_of(short, name):
    """Whether FAT may have made this short name of the long one."""
    stem, _, end = short.partition(".")
    body, dot, long_end = name.upper().rpartition(".")
    if not dot:
        body, long_end = long_end, ""
    fits = _fits(stem.rpartition("~")[0], body) and _fits(end, long_end)
    return fits and (not end) == (not long_end)


def _fits(short, long):
    # FAT leaves out spaces and dots, and replaces what it does not like.
    long = long.replace(" ", "").replace(".", "")
    for at, letter in enumerate(short):
        if letter != long[at : at + 1] and letter != "_" and long[at : at + 1] < "\x7f":
            return False
    return True
