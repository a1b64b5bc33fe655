"""Short names that a power loss leaves on FAT.

A long name lies in several entries of its folder. Where a power loss interrupts its removal, the
last of them may stay, which is its short name: LONGNA~1.PY.
"""

from . import folders, fs


def sweep(path):
    """Removes the short name that a power loss in the removal of ``path`` has left."""
    folder, name = _split(fs.absolute(path))
    for alias in _aliases(folder):
        if _is_of(alias, name):
            folders.remove(fs.join(folder, alias))


def sweep_all(paths, top):
    """The same for paths below the folder ``top``, and for the folders between. ``paths()``: an
    iterator of them, absolute ones."""
    top = fs.absolute(top)
    found = False
    folder = None
    # One look at each folder, mostly. Only where there is something to find are names compared.
    for path in paths():
        if _split(path)[0] != folder:
            folder = _split(path)[0]
            for above in _above(path, top):
                found = found or _aliases(_split(above)[0])
    if found:
        for path in paths():
            for above in _above(path, top):
                sweep(above)


def _split(path):
    folder, _, name = path.rpartition("/")
    return folder or "/", name


def _above(path, top):
    """The path, and the folders above it as far as they are below ``top``."""
    while len(path) > 1 and path != top:
        yield path
        path = _split(path)[0]


def _aliases(folder):
    """Short names that show up in a folder, as none does that belongs to a long one."""
    if fs.kind(folder) != fs.FOLDER:
        return []
    names = [entry[0] for entry in fs.ilistdir(folder) if _is_short(entry[0])]
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


def _is_of(alias, name):
    """Whether FAT may have made this short name of the long one."""
    stem, _, end = alias.partition(".")
    body, dot, long_end = name.upper().rpartition(".")
    if not dot:
        body, long_end = long_end, ""
    fits = _fits(stem.rpartition("~")[0], body) and _fits(end, long_end)
    return fits and (not end) == (not long_end)


def _fits(alias, name):
    # FAT leaves out spaces and dots, and replaces what it does not like.
    name = name.replace(" ", "").replace(".", "")
    for at, letter in enumerate(alias):
        if letter != name[at : at + 1] and letter != "_" and name[at : at + 1] < "\x7f":
            return False
    return True
