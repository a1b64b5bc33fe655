"""Short names that a power cut leaves on FAT.

A long name lies in several entries of its folder. Where a cut interrupts its removal, the last of
them may stay, which is its short name: LONGNA~1.PY.
"""

from . import flash
from .entries import lines


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
    for mark, _, path in lines(transaction):
        if mark == "D":
            yield flash.absolute(path)
        elif mark in "FBKSX-":
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
