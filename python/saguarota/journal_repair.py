"""What a rollback goes by where the journal or the progress file is missing or damaged.

A power loss does not bring that about: somebody has removed or changed them, or the flash has.
"""

from . import compare, fs, journal, journal_reader


def repair(transaction, buffer, journal):
    """Makes the progress file anew, and the journal before it, unless that is whole (``journal``).
    Raises OSError."""
    if not journal:
        _make_journal(transaction, buffer)
    _make_progress(transaction, buffer)


def _make_journal(transaction, buffer):
    """Writes a journal by the backups that there are.

    What the update has created is not known: it stays. A backup that is the beginning of the file
    in its place may have been interrupted while it was made, before that file was replaced.
    """
    if fs.kind(transaction.progress):
        transaction.remove(transaction.progress)
    transaction.remove(transaction.journal)
    with open(transaction.journal, "w") as file:
        file.write(journal.head(transaction, ""))
        if fs.kind(transaction.old_manifest) == fs.FILE:
            file.write(journal.line("L", fs.size(transaction.old_manifest)))
        else:
            # Without it, the next update fetches all files.
            file.write(journal.line("M"))
        if fs.kind(transaction.backup_dir) == fs.FOLDER:
            _add(file, transaction, "", buffer)
        file.write(journal.line("E"))


def _add(file, transaction, prefix, buffer):
    folder = fs.join(transaction.backup_dir, prefix[:-1]) if prefix else transaction.backup_dir
    for entry in fs.ilistdir(folder):
        path = prefix + entry[0]
        backup = fs.join(transaction.backup_dir, path)
        if fs.kind(backup) == fs.FOLDER:
            _add(file, transaction, path + "/", buffer)
            continue
        target = fs.join(transaction.dest_dir, path)
        size = fs.size(backup)
        if fs.kind(target) == fs.FILE and compare.same_start(backup, target, buffer):
            # A longer one does not match its size then, and is not restored.
            size = fs.size(target)
        # In no order.
        file.write(journal.line("X", size, path))


def _make_progress(transaction, buffer):
    """Writes a progress file by the backups that there are, as if all files had been dealt with."""
    is_new = journal_reader.may_be_empty(transaction) and not fs.size(transaction.progress)
    replaced = "-" if is_new else "S"
    transaction.remove(transaction.progress)
    with open(transaction.progress, "w") as progress:
        for mark, size, path in journal_reader.lines(transaction):
            if mark == "S":
                progress.write(replaced)
            elif mark in journal_reader.COUNTED:
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
        fs.kind(target) == fs.FILE and compare.same_start(backup, target, buffer)
    )
