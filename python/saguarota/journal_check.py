"""Whether a rollback can go by the journal and the progress file, or has to make up for them."""

from . import fs, journal, journal_reader
from .const import log

_MARKS = "VMLDFBKSX-E"


def check(transaction, last):
    """Whether the journal and the progress file are there and whole: a pair of bools.

    ``last``: an error makes a file unreadable, a line without an end too, for which there is no
    memory; otherwise it is raised.
    """
    return (
        _is_fine(_is_whole, transaction.journal, last),
        _is_fine(_is_progress, transaction.progress, last)
        and (fs.size(transaction.progress) > 0 or journal_reader.may_be_empty(transaction)),
    )


def _is_fine(check, path, last):
    try:
        return fs.kind(path) == fs.FILE and check(path)
    except (OSError, MemoryError):
        if not last:
            raise
        return False


def _is_whole(path):
    """Whether all of the journal is there and understood. Of format 1, the end may be missing."""
    found = journal_reader.header(path)
    if found and found[0] not in ("1", journal.FORMAT):
        log("%s has the unknown format %s" % (path, found[0]))
        return False
    if not found:
        return False
    last = ""
    with open(path) as file:
        for line in journal_reader.texts(file):
            last = line[:1]
            if not last or last not in _MARKS or (last != "E" and last != "M" and line[1:2] != " "):
                return False
            try:
                journal.parse(line, found[0])
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
