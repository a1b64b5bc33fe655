"""An update on trial: its confirmation, the boots without one, and the clean-up after it."""

from . import flash
from .const import OTAState, describe, log


def confirm(transaction, cleanup):
    """Keeps the update, if one is on trial, and tells whether one was; ``cleanup``: removes the
    backup as well."""
    pending = transaction.state() == OTAState.CONFIRM_PENDING
    if pending:
        if not transaction.has_backup():
            from .entries import begun

            # Its backup has the name that the old boot.py gave it.
            transaction = begun(transaction)
        _forget(transaction)
        transaction.set_state(OTAState.IDLE)
    if cleanup:
        clean(transaction)
    return pending


def _forget(transaction):
    """Removes what is known of releases that failed, and of the files that they left."""
    try:
        flash.remove(transaction.due)
        if flash.kind(transaction.note):
            from .failures import forget

            forget(transaction)
    except (OSError, MemoryError) as e:
        # On a full flash, or in an application's heap. The release works all the same.
        log("warning: %s: %s" % (transaction.note, describe(e)))


def clean(transaction):
    """Removes the backup if the state is idle, and tells whether it is."""
    idle = transaction.state() == OTAState.IDLE
    if idle:
        transaction.discard_backup()
    return idle


def is_over(transaction, boots):
    """Counts a boot without confirmation; true if there have been ``boots`` of them before."""
    text = transaction.events()
    # What is no text must not keep a trial from its end.
    count = text.count(".") if text else flash.size(transaction.boots)
    if count < boots:
        try:
            flash.write_text(transaction.boots, ".", "a")
        except OSError as e:
            # A flash that cannot count boots could not note the confirmation either.
            log("warning: %s: %s" % (transaction.boots, describe(e)))
            return True
    return count >= boots
