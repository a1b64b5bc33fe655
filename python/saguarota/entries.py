"""Reads the journal, whose format is described in ``journal``, and the progress file; and finds out
which updater they belong to."""

from . import flash
from .const import OTAState
from .transaction import Transaction, parse

# Of these marks, the progress file has a byte each.
COUNTED = "BKSX"


def options(journal):
    """The journal's format as a str, then the release's digest, dest_dir, backup_dir, state file
    and local manifest; an empty list where its first line is damaged."""
    if flash.kind(journal) != flash.FILE:
        return []
    found = []
    with open(journal) as file:
        for line in texts(file):
            found = line.split("\t")
            break
    if len(found) == 5:
        found.append("1")
    if len(found) != 6 or found[0][:2] != "V ":
        return []
    return [found[5], found[0][2:]] + found[1:5]


def begun(transaction):
    """The transaction that has begun the update, by the options that it had: if that has replaced
    boot.py, the new one may have others."""
    transaction.close()
    found = []
    if flash.kind(transaction.journal):
        found.append(options(transaction.journal))
    elif transaction.state() != OTAState.IDLE:
        for entry in flash.entries(flash.absolute("")):
            name = entry[0]
            # As ota12345.prg.
            if name.startswith("ota") and name.endswith(".prg") and len(name) == 12:
                other = options(name[:-3] + "jrn")
                if other[4:5] == [transaction.ota_state_file]:
                    found.append(other)
    # Of several, none: it might be the wrong one.
    if len(found) != 1 or not found[0]:
        return transaction
    _, _, dest_dir, backup_dir, state_file, manifest_file = found[0]
    return Transaction(
        dest_dir, backup_dir, state_file, manifest_file, (), (), transaction.resume_downloads
    )


def lines(transaction):
    """``(mark, size, path)`` of each line of a journal that is whole; ``path`` is what follows."""
    sized = options(transaction.journal)[0] != "1"
    with open(transaction.journal) as file:
        for line in texts(file):
            yield parse(line, sized)


def entries(transaction):
    """The same with ``done`` as fourth: the progress file's byte as a str, empty beyond its end."""
    with open(transaction.progress) as progress:
        for mark, size, path in lines(transaction):
            yield mark, size, path, progress.read(1) if mark in COUNTED else ""


def texts(file):
    """The lines without their ends; what is no text, or has no end, becomes an empty one."""
    while True:
        try:
            line = file.readline()
        except ValueError:
            line = "\n"
        if not line:
            return
        yield line[:-1] if line.endswith("\n") else ""
