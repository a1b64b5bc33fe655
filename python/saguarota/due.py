"""Which files a rollback has left new, so that they are due again: see ``stale``."""

from . import journal_reader, stale


def note(transaction):
    """Adds them to the due file, by journal and progress file."""
    stale.add(transaction.due, _left(transaction, "BKS"))
    # These are in no order.
    for path in _left(transaction, "X"):
        stale.add(transaction.due, iter((path,)))


def _left(transaction, marks):
    for mark, _, path, done in journal_reader.entries(transaction):
        if mark in marks and done in ("S", "L"):
            yield path
