"""What stands in the way of the updater is moved aside: it may be somebody's only copy."""

from micropython import const

from . import fs
from .const import log

# Characters of a name that stay: of 4 bytes each, they leave space for the ending.
_NAME_MAX = const(50)


def set_aside(path):
    """Renames what is at ``path`` to a free name beside it: NAME.old, NAME.old1, NAME.old2 ..."""
    slash = path.rfind("/") + 1
    start = path[:slash] + path[slash:][:_NAME_MAX] + ".old"
    number = ""
    while fs.kind(start + number):
        number = str(int(number or 0) + 1)
    fs.rename(path, start + number)
    log("%s is in the way: moved to %s" % (path, start + number))


def clear(path):
    """Makes way for a file at ``path``: moves a folder there aside, and a file that is where a
    folder above it has to be."""
    slash = path.find("/", 1)
    while slash > 0:
        if fs.kind(path[:slash]) == fs.FILE:
            set_aside(path[:slash])
        slash = path.find("/", slash + 1)
    if fs.kind(path) == fs.FOLDER:
        set_aside(path)
