"""What a check does that is no update: when an update has failed, was interrupted, or is on trial.

Loaded when the heap is free of the update, and dropped before the rollback, which may have to be
done in a heap that was hardly enough for the update.
"""

import sys

from . import fs
from .const import OTAError, OTAErrorCode, OTAState, call, describe, log, one_line, unload
from .journal_reader import header


def decide(updater, state, error):
    """Does what is due in a state other than idle, or after the error of an update. True if the
    device has to restart; None if the update has to be rolled back, what failed is recorded then.

    ``state``: that at the start of the check; None if it could not be read. Raises MemoryError; all
    other errors are in the attributes of ``updater``.
    """
    if error:
        _report(updater, error)
    try:
        transaction = updater._transaction
        call("heal", "heal", transaction)
        unload("aside", "folders")
        now = transaction.state()
        if state == OTAState.IDLE:
            return _undo(updater, now)
        if now == OTAState.INSTALLING:
            return _resume(updater)
        if now == OTAState.CONFIRM_PENDING:
            return _try_on(updater)
    except MemoryError:
        raise
    except Exception as e:
        if updater.last_error_code:
            updater.last_error_message += "; clean-up: " + describe(e)
            log(updater.last_error_message)
        else:
            _report(updater, e)
    return False


def _report(updater, error):
    code = OTAErrorCode.APPLY
    message = None
    if isinstance(error, OTAError):
        code, message = error.args
    elif isinstance(error, OSError):
        code, message = updater._transaction.step
        message = (message and message + ": ") + describe(error)
    elif not isinstance(error, MemoryError):
        # A defect: whoever mends it needs to know where.
        sys.print_exception(error)
    updater.last_error_code = code
    updater.last_error_message = (
        one_line(message) if isinstance(message, str) else describe(message or error)
    )
    log("update failed: %s: %s" % (code, updater.last_error_message))


def _undo(updater, state):
    """Undoes what an update has begun that has failed; ``state``: what it has come to."""
    transaction = updater._transaction
    code, message = updater.last_error_code, updater.last_error_message
    if state == OTAState.CONFIRM_PENDING:
        # It was done already.
        updater.last_error_code = updater.last_error_message = None
        return True
    if code in (OTAErrorCode.APPLY, OTAErrorCode.DELETE_EXTRAS):
        # The flash may be full.
        transaction.forget_partial()
    if state == OTAState.INSTALLING:
        return _give_up(updater, code, message)
    transaction.clean()
    return False


def _resume(updater):
    log("an update was interrupted")
    try:
        boots = call("reopen", "reopen", updater._transaction).events()
    except OSError as e:
        # The rollback deals with it.
        log("warning: the journal: " + describe(e))
        return None
    if "U" in boots:
        message = "not confirmed in %d boots" % boots.count(".")
        return _give_up(updater, OTAErrorCode.APPLY, message, not updater.recurse_http_fs)
    if "F" in boots:
        message = "not enough memory to record the failure"
        return _give_up(updater, OTAErrorCode.APPLY, message)
    if "R" not in boots and _watchdog_bit():
        message = "the watchdog has reset the device"
        return _give_up(updater, OTAErrorCode.APPLY, message)
    return None


def _watchdog_bit():
    """Whether this boot follows a reset by the watchdog, where the port can tell. If that was in
    the middle of an install, it would be the next time, too; a loss of power is no such sign."""
    try:
        from machine import WDT_RESET, reset_cause
    except ImportError:
        return False
    return reset_cause() == WDT_RESET


def _try_on(updater):
    """Reverts an update that nobody has confirmed in the boots that it was given."""
    boots = updater.max_unconfirmed_boots
    if boots:
        transaction = call("reopen", "reopen", updater._transaction)
        over = call("confirm", "is_over", transaction, boots)
        if over:
            message = "not confirmed in %d boots" % boots
            log(message)
            # A listing does not tell one release from the next; a full flash is no boot.
            counted = transaction.events().count(".") >= boots
            forever = not updater.recurse_http_fs and counted
            if forever:
                fs.write_text(transaction.boots, "U", "a")
            # From here on the next boot goes on, should the heap not suffice.
            transaction.set_state(OTAState.INSTALLING)
            return _give_up(updater, OTAErrorCode.APPLY, message, forever)
    log("the last update is not confirmed yet")
    return False


def _give_up(updater, code, message, forever=False):
    """Records for the next boots what failed; None: the update has to be rolled back."""
    try:
        transaction = call("reopen", "reopen", updater._transaction)
        release = (header(transaction.journal) or [""] * 2)[1]
    except OSError as e:
        log("warning: not noted: " + describe(e))
        return None
    # Before the rollback, for a cut in that; on a full flash after it, for it makes space.
    failure = (transaction, release, code, message, forever)
    if not note(*failure):
        updater._transaction.failure = failure


def note(transaction, release, code, message, forever):
    """Records a failure; true if that was possible."""
    try:
        call("backoff", "failed", transaction, release, code, message, forever)
        return True
    except (OSError, MemoryError) as e:
        log("warning: not noted: " + describe(e))
        return False
    finally:
        unload("atomic_file")
