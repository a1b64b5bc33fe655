"""What a rollback goes by where the journal or the progress file is gone or damaged.

A power cut does not bring that about: somebody has removed or changed them, or the flash has.
"""

from . import fs
from .compare import same_start
from .journal import COUNTED, first_line
from .journal_reader import has_hardly_begun, lines


def repair(transaction, buffer, journal):
    """Makes the progress file anew, and the journal before it, unless that is whole (``journal``).
    Raises OSError."""
    if not journal:
        _make_journal(transaction, buffer)
    _make_progress(transaction, buffer)


def _make_journal(transaction, buffer):
    """Writes a journal by the backups that there are.

    What the update has created is not known: it stays. A backup that is the beginning of the file
    in its place may have been cut short while it was made, before that file was replaced.
    """
    if fs.kind(transaction.progress):
        transaction.remove(transaction.progress)
    transaction.remove(transaction.journal)
    with open(transaction.journal, "w") as journal:
        journal.write(first_line(transaction, ""))
        if fs.kind(transaction.old_manifest) == fs.FILE:
            journal.write("L %d\n" % fs.size(transaction.old_manifest))
        else:
            # Without it, the next update fetches all files.
            journal.write("M\n")
        if fs.kind(transaction.backup_dir) == fs.FOLDER:
            _add(journal, transaction, "", buffer)
        journal.write("E\n")


def _add(journal, transaction, prefix, buffer):
    folder = fs.join(transaction.backup_dir, prefix[:-1]) if prefix else transaction.backup_dir
    for entry in fs.entries(folder):
        path = prefix + entry[0]
        backup = fs.join(transaction.backup_dir, path)
        if fs.kind(backup) == fs.FOLDER:
            _add(journal, transaction, path + "/", buffer)
            continue
        target = fs.join(transaction.dest_dir, path)
        size = fs.size(backup)
        if fs.kind(target) == fs.FILE and same_start(backup, target, buffer):
            # A longer one does not match its size then, and is not restored.
            size = fs.size(target)
        # In no order.
        journal.write("X %d %s\n" % (size, path))


def _make_progress(transaction, buffer):
    """Writes a progress file by the backups that there are, as if all files had been dealt with."""
    begun = has_hardly_begun(transaction) and not fs.size(transaction.progress)
    replaced = "-" if begun else "S"
    transaction.remove(transaction.progress)
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
    backup = fs.join(transaction.backup_dir, path)
    target = fs.join(transaction.dest_dir, path)
    if size is not None:
        return fs.size(backup) != size and fs.size(target) == size
    # Format 1, where the state also comes before the progress file, and goes after it.
    return fs.kind(backup) != fs.FILE or (
        fs.kind(target) == fs.FILE and same_start(backup, target, buffer)
    )
