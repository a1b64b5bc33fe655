"""Reads the journal, whose format is described in ``journal``, and the progress file."""

from . import flash
from .const import log
from .transaction import FORMAT, parse

_MARKS = "VMLDFBKSX-E"
# Of these, the progress file has a byte each.
COUNTED = "BKSX"


def options(journal):
    """The journal's format as a str, then the release's digest, dest_dir, backup_dir, state file
    and local manifest; an empty list where its first line is damaged."""
    if flash.kind(journal) != flash.FILE:
        return []
    found = []
    with open(journal) as file:
        for line in _lines(file):
            found = line.split("\t")
            break
    if len(found) == 5:
        found.append("1")
    if len(found) != 6 or found[0][:2] != "V ":
        return []
    return [found[5], found[0][2:]] + found[1:5]


def is_whole(journal):
    """Whether all of the journal is there and understood. Of format 1, the end may be missing."""
    found = options(journal)
    if found and found[0] not in ("1", FORMAT):
        log("%s has the unknown format %s" % (journal, found[0]))
        return False
    if not found:
        return False
    last = ""
    with open(journal) as file:
        for line in _lines(file):
            last = line[:1]
            if not last or last not in _MARKS or (last != "E" and last != "M" and line[1:2] != " "):
                return False
            try:
                parse(line, found[0] != "1")
            except ValueError:
                return False
    return last == "E" or found[0] == "1"


def lines(transaction):
    """``(mark, size, path)`` of each line of a journal that is whole; ``path`` is what follows."""
    sized = options(transaction.journal)[0] != "1"
    with open(transaction.journal) as file:
        for line in _lines(file):
            yield parse(line, sized)


def entries(transaction):
    """The same with ``done`` as fourth: the progress file's byte as a str, empty beyond its end."""
    with open(transaction.progress) as progress:
        for mark, size, path in lines(transaction):
            yield mark, size, path, progress.read(1) if mark in COUNTED else ""


def _lines(file):
    """The lines without their ends; what is no text, or has no end, becomes an empty one."""
    while True:
        try:
            line = file.readline()
        except ValueError:
            line = "\n"
        if not line:
            return
        yield line[:-1] if line.endswith("\n") else ""
