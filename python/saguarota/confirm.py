"""An update on trial: its confirmation, the boots without one, and the clean-up after it."""

from . import fs
from .const import OTAState, call, describe, log


def confirm(transaction, cleanup):
    """Keeps the update, if one is on trial, and returns whether one was; ``cleanup``: removes the
    backup as well."""
    pending = transaction.state() == OTAState.CONFIRM_PENDING
    if pending:
        if not transaction.has_backup():
            # Its backup has the name that the old boot.py gave it.
            transaction = call("reopen", "reopen", transaction)
        _forget(transaction)
        transaction.set_state(OTAState.IDLE)
    if cleanup:
        clean(transaction)
    return pending


def _forget(transaction):
    """Removes what is known of releases that failed, and of the files that they left."""
    try:
        fs.remove(transaction.due)
        if fs.kind(transaction.note):
            call("backoff", "forget", transaction)
    # On a full flash, or in an application's heap. The release works all the same.
    except OSError as e:
        log("warning: %s: %s" % (transaction.note, describe(e)))
    except MemoryError:
        # There may be none to format a message either.
        log("warning: not enough memory to forget failed releases")


def clean(transaction):
    """Removes the backup if the state is idle, and returns whether it is."""
    idle = transaction.state() == OTAState.IDLE
    if idle:
        transaction.remove_backup()
    return idle


def is_over(transaction, boots):
    """Counts a boot without confirmation; true if there have been ``boots`` of them before."""
    text = transaction.events()
    # What is no text must not keep a trial from its end.
    count = text.count(".") if text else fs.size(transaction.boots)
    if count < boots:
        try:
            fs.write(transaction.boots, ".", "a")
        except OSError as e:
            # A flash that cannot count boots could not note the confirmation either.
            log("warning: %s: %s" % (transaction.boots, describe(e)))
            return True
    return count >= boots
