"""What a rollback goes by where the journal or the progress file is gone or damaged.

A power cut does not bring that about: somebody has removed or changed them, or the flash has.
"""

from . import flash
from .compare import same_start
from .const import log
from .entries import COUNTED, lines, options, texts
from .transaction import FORMAT, parse

_MARKS = "VMLDFBKSX-E"


def complete(transaction, buffer, last):
    """Sees to it that journal and progress file can be used; true if the journal could be.

    ``last``: an error makes a file unreadable, a line without an end too, for which there is no
    memory; otherwise it is raised.
    """
    whole = _is_fine(_is_whole, transaction.journal, last)
    if not whole:
        _make_journal(transaction, buffer)
    if not _is_fine(_is_progress, transaction.progress, last) or not (
        flash.size(transaction.progress) or _has_hardly_begun(transaction)
    ):
        _make_progress(transaction, buffer)
    return whole


def _is_fine(check, path, last):
    try:
        return flash.kind(path) == flash.FILE and check(path)
    except (OSError, MemoryError):
        if not last:
            raise
        return False


def _is_whole(journal):
    """Whether all of the journal is there and understood. Of format 1, the end may be missing."""
    found = options(journal)
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


def _has_hardly_begun(transaction):
    """Whether an empty progress file is right, as the update still has its manifest or its list.

    A rollback removes these. Should a cut interrupt it then, files without a backup become due that
    are as they were: the next update fetches them, no more.
    """
    return flash.kind(transaction.new_manifest) or flash.kind(transaction.list)


def _make_journal(transaction, buffer):
    """Writes a journal by the backups that there are.

    What the update has created is not known: it stays. A backup that is the beginning of the file
    in its place may have been cut short while it was made, before that file was replaced.
    """
    if flash.kind(transaction.progress):
        flash.remove_tree(transaction.progress)
    flash.remove_tree(transaction.journal)
    options = (
        "",
        transaction.dest_dir,
        transaction.backup_dir,
        transaction.ota_state_file,
        transaction.local_manifest_file,
        FORMAT,
    )
    with open(transaction.journal, "w") as journal:
        journal.write("V %s\n" % "\t".join(options))
        if flash.kind(transaction.old_manifest) == flash.FILE:
            journal.write("L %d\n" % flash.size(transaction.old_manifest))
        else:
            # Without it, the next update fetches all files.
            journal.write("M\n")
        if flash.kind(transaction.backup_dir) == flash.FOLDER:
            _add(journal, transaction, "", buffer)
        journal.write("E\n")


def _add(journal, transaction, prefix, buffer):
    folder = flash.join(transaction.backup_dir, prefix[:-1]) if prefix else transaction.backup_dir
    for entry in flash.entries(folder):
        path = prefix + entry[0]
        backup = flash.join(transaction.backup_dir, path)
        if flash.kind(backup) == flash.FOLDER:
            _add(journal, transaction, path + "/", buffer)
            continue
        target = flash.join(transaction.dest_dir, path)
        size = flash.size(backup)
        if flash.kind(target) == flash.FILE and same_start(backup, target, buffer):
            # A longer one does not match its size then, and is not restored.
            size = flash.size(target)
        # In no order.
        journal.write("X %d %s\n" % (size, path))


def _make_progress(transaction, buffer):
    """Writes a progress file by the backups that there are, as if all files had been dealt with."""
    begun = _has_hardly_begun(transaction) and not flash.size(transaction.progress)
    replaced = "-" if begun else "S"
    flash.remove_tree(transaction.progress)
    with open(transaction.progress, "w") as progress:
        for mark, size, path in lines(transaction):
            if mark == "S":
                progress.write(replaced)
            elif mark in COUNTED:
                progress.write("-" if _is_untouched(transaction, size, path, buffer) else "B")


def _is_untouched(*args):
    """Whether a file was not replaced, or has been restored already, as far as can be read."""
    try:
        return _compare(*args)
    except OSError:
        # That is dealt with when the path is restored.
        return False


def _compare(transaction, size, path, buffer):
    backup = flash.join(transaction.backup_dir, path)
    target = flash.join(transaction.dest_dir, path)
    if size is not None:
        return flash.size(backup) != size and flash.size(target) == size
    # Format 1, where the state also comes before the progress file, and goes after it.
    return flash.kind(backup) != flash.FILE or (
        flash.kind(target) == flash.FILE and same_start(backup, target, buffer)
    )
