"""Reads the journal and the progress file, for recovery, rollback and repair."""

from . import fs, journal

# Of these marks, the progress file has a byte each.
COUNTED = "BKSX"


def header(path):
    """The journal's format as a str, then the release's digest, dest_dir, backup_dir, state file
    and local manifest; an empty list where its first line is damaged."""
    if fs.kind(path) != fs.FILE:
        return []
    found = []
    with open(path) as file:
        for line in texts(file):
            found = line.split("\t")
            break
    if len(found) == 5:
        found.append("1")
    if len(found) != 6 or found[0][:2] != "V ":
        return []
    return [found[5], found[0][2:]] + found[1:5]


def lines(transaction):
    """``(mark, size, path)`` of each line of a journal that is whole; ``path`` is what follows."""
    format = header(transaction.journal)[0]
    with open(transaction.journal) as file:
        for line in texts(file):
            yield journal.parse(line, format)


def entries(transaction):
    """The same with ``done`` as fourth: the progress file's byte as a str, empty beyond its end."""
    with open(transaction.progress) as progress:
        for mark, size, path in lines(transaction):
            yield mark, size, path, progress.read(1) if mark in COUNTED else ""


def revise(transaction, action, then=None):
    """Calls ``action(mark, size, path, done)`` for each entry that has a byte in the progress file,
    or is to get one. A byte that it returns takes that place; ``then(path, byte)`` is called when
    it is written."""
    number = 0
    with open(transaction.progress, "r+b") as progress:
        for mark, size, path in lines(transaction):
            if mark not in COUNTED:
                continue
            done = progress.read(1).decode()
            byte = action(mark, size, path, done)
            if byte:
                progress.seek(number)
                progress.write(byte)
                progress.flush()
                if then:
                    then(path, byte)
            number += 1


def may_be_empty(transaction):
    """Whether an empty progress file is right, as the update still has its manifest or its list.

    A rollback removes these. Should a power loss interrupt it then, files without a backup become
    due that are as they were: the next update fetches them, no more.
    """
    return fs.kind(transaction.new_manifest) or fs.kind(transaction.list)


def texts(file):
    """The lines without their ends; one that is not UTF-8, or has no end, becomes an empty one."""
    while True:
        try:
            line = file.readline()
        except ValueError:
            line = "\n"
        if not line:
            return
        yield line[:-1] if line.endswith("\n") else ""
