"""Whether a rollback can go by the journal and the progress file, or has to make up for them."""

from . import fs
from .const import log
from .journal import FORMAT, parse
from .journal_reader import has_hardly_begun, header, texts

_MARKS = "VMLDFBKSX-E"


def check(transaction, last):
    """Whether the journal and the progress file are there and whole: a pair of bools.

    ``last``: an error makes a file unreadable, a line without an end too, for which there is no
    memory; otherwise it is raised.
    """
    return (
        _is_fine(_is_whole, transaction.journal, last),
        _is_fine(_is_progress, transaction.progress, last)
        and (fs.size(transaction.progress) > 0 or has_hardly_begun(transaction)),
    )


def _is_fine(check, path, last):
    try:
        return fs.kind(path) == fs.FILE and check(path)
    except (OSError, MemoryError):
        if not last:
            raise
        return False


def _is_whole(journal):
    """Whether all of the journal is there and understood. Of format 1, the end may be missing."""
    found = header(journal)
    if found and found[0] not in ("1", FORMAT):
        log("%s has the unknown format %s" % (journal, found[0]))
        return False
    if not found:
        return False
    last = ""
    with open(journal) as file:
        for line in texts(file):
            last = line[:1]
            if not last or last not in _MARKS or (last != "E" and last != "M" and line[1:2] != " "):
                return False
            try:
                parse(line, found[0] != "1")
            except ValueError:
                return False
    return last == "E" or found[0] == "1"


def _is_progress(path):
    """Whether a file has nothing but the bytes of a progress file."""
    with open(path, "rb") as file:
        while True:
            byte = file.read(1)
            if not byte:
                return True
            if byte not in b"BSL-":
                return False
