"""What a check does that is no update: when an update has failed, was interrupted, or is on trial.

Loaded when the heap is free of the update: a rollback may have to be done in a heap that was not
enough for that.
"""

import gc

from .const import OTAError, OTAErrorCode, OTAState, describe, log
from .memory import failed, installed, watchdog_bit


def finish(updater, state, error):
    """Does what is due in a state other than idle, or after the error of an update; true if the
    device has to restart.

    ``state``: that at the start of the check; None if it could not be read. Raises nothing but what
    ends programs; errors are in the attributes of ``updater``.
    """
    transaction = updater._transaction
    try:
        if error:
            _tell(updater, error)
            if state == OTAState.IDLE:
                return _undo(updater)
        elif state == OTAState.CONFIRM_PENDING:
            return _try_on(updater)
        elif state == OTAState.INSTALLING:
            log("an update was interrupted")
            if watchdog_bit():
                message = "the watchdog has reset the device"
                return _give_up(transaction, OTAErrorCode.APPLY, message)
            return roll_back(transaction)
    except Exception as e:
        if error:
            updater.last_error_message += "; clean-up: " + describe(e)
            log(updater.last_error_message)
            # A new boot has the whole heap for the rollback that did not work here.
            return state == OTAState.IDLE != transaction.state()
        _tell(updater, e)
    return False


def _tell(updater, error):
    code = OTAErrorCode.APPLY
    message = None
    if isinstance(error, OTAError):
        code, message = error.args
    updater.last_error_code = code
    updater.last_error_message = message if isinstance(message, str) else describe(message or error)
    log("update failed: %s: %s" % (code, updater.last_error_message))


def _undo(updater):
    """Undoes what an update has begun that has failed."""
    transaction = updater._transaction
    code, message = updater.last_error_code, updater.last_error_message
    state = transaction.state()
    if state == OTAState.CONFIRM_PENDING:
        # It was done already.
        updater.last_error_code = updater.last_error_message = None
        return True
    if code in (OTAErrorCode.APPLY, OTAErrorCode.DELETE_EXTRAS):
        # The flash may be full.
        transaction.forget_partial()
    if state == OTAState.INSTALLING:
        return _give_up(transaction, code, message)
    transaction.clean()
    return False


def _try_on(updater):
    """Reverts an update that nobody has confirmed in the boots that it was given."""
    transaction = updater._transaction
    boots = updater.max_unconfirmed_boots
    if boots:
        from .trial import is_over

        if is_over(transaction, boots):
            message = "not confirmed in %d boots" % boots
            log(message)
            forever = not updater.recurse_http_fs
            return _give_up(transaction, OTAErrorCode.APPLY, message, forever)
    log("the last update is not confirmed yet")
    return False


def _give_up(transaction, code, message, forever=False):
    """Rolls back, and keeps in mind for the next boots what failed."""
    release = installed(transaction)
    try:
        failed(transaction, release, code, message, forever)
    except (OSError, MemoryError):
        # The rollback makes room.
        roll_back(transaction)
        failed(transaction, release, code, message, forever)
        return True
    return roll_back(transaction)


def roll_back(transaction):
    """Brings back the tree of before the update, by a small buffer; true. Raises OSError."""
    log("rolling back")
    gc.collect()
    from .rollback import roll_back

    roll_back(transaction, bytearray(128))
    return True
