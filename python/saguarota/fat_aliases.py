"""Short names that a power cut leaves on FAT.

A long name lies in several entries of its folder. Where a cut interrupts its removal, the last of
them may stay, which is its short name: LONGNA~1.PY.
"""

from . import fs
from .folders import remove_tree


def sweep(path):
    """Removes the short name that a cut in the removal of ``path`` has left."""
    folder, name = _split(fs.absolute(path))
    for alias in _aliases(folder):
        if _is_of(alias, name):
            remove_tree(fs.join(folder, alias))


def sweep_all(paths, base):
    """The same for paths below the folder ``base``, and for the folders between. ``paths()``: an
    iterator of them, absolute ones."""
    base = fs.absolute(base)
    found = False
    folder = None
    # One look at each folder, mostly. Only where there is something to find are names compared.
    for path in paths():
        if _split(path)[0] != folder:
            folder = _split(path)[0]
            for above in _above(path, base):
                found = found or _aliases(_split(above)[0])
    if found:
        for path in paths():
            for above in _above(path, base):
                sweep(above)


def _split(path):
    folder, _, name = path.rpartition("/")
    return folder or "/", name


def _above(path, base):
    """The path, and the folders above it as far as they are below ``base``."""
    while len(path) > 1 and path != base:
        yield path
        path = _split(path)[0]


def _aliases(folder):
    """Short names that show up in a folder, as none does that belongs to a long one."""
    if fs.kind(folder) != fs.FOLDER:
        return []
    names = [entry[0] for entry in fs.entries(folder) if _is_short(entry[0])]
    # Where the case of letters counts, it is no FAT, and they are somebody's own.
    return [name for name in names if fs.kind(fs.join(folder, name.lower()))]


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
