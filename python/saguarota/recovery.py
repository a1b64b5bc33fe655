"""What a check does after an update that failed or was interrupted, and with one on trial.

``_TABLE`` says what is done in which case. Loaded when the heap is free of the update, and dropped
before the rollback, which may have to be done in a heap that was hardly enough for the update.
"""

import sys

from . import fs, journal_reader
from .const import OTAError, OTAErrorCode, OTAState, call, describe, log, unload


def decide(updater, state, error):
    """Does what ``_TABLE`` says. True if the device has to restart; None if the update has to be
    rolled back: what failed is recorded then.

    ``state``: that at the start of the check; None if it could not be read. ``error``: that of the
    update that was tried, or None. Raises MemoryError; all
    other errors are in the attributes of ``updater``.
    """
    if error:
        _report(updater, error)
    try:
        transaction = updater._transaction
        call("heal", "heal", transaction)
        unload("aside", "folders")
        return _TABLE[state == OTAState.IDLE, transaction.state()](updater)
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
        # A defect: whoever repairs it needs to know where.
        sys.print_exception(error)
    updater.last_error_code = code
    updater.last_error_message = describe(message or error)
    log("update failed: %s: %s" % (code, updater.last_error_message))


def _rest(updater):
    """There is nothing to do."""
    return False


def _restart(updater):
    """Restarts for an update that was complete when the error came."""
    updater.last_error_code = updater.last_error_message = None
    return True


def _clean_up(updater):
    """Removes what an update has left that failed before it changed anything."""
    _make_space(updater)
    updater._transaction.clean()
    return False


def _undo(updater):
    """Gives up an update that failed."""
    _make_space(updater)
    return _give_up(updater, updater.last_error_code, updater.last_error_message)


def _make_space(updater):
    """Removes a download that might be resumed, if the flash may be full."""
    if updater.last_error_code in (OTAErrorCode.APPLY, OTAErrorCode.DELETE_EXTRAS):
        updater._transaction.remove_partial()


def _resume(updater):
    """Gives up an update that was interrupted. It is tried again, but where that would not help."""
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
    """Whether this boot follows a reset by the watchdog, where the port knows. If that was in
    the middle of an install, it would be the next time, too; a loss of power is no such sign."""
    try:
        from machine import WDT_RESET, reset_cause
    except ImportError:
        return False
    return reset_cause() == WDT_RESET


def _judge(updater):
    """Reverts an update that nobody has confirmed in the boots that it was given."""
    boots = updater.max_unconfirmed_boots
    if boots:
        transaction = call("reopen", "reopen", updater._transaction)
        over = call("confirm", "is_over", transaction, boots)
        if over:
            message = "not confirmed in %d boots" % boots
            log(message)
            # A listing does not distinguish releases. Without a boot counted, the flash is full.
            counted = transaction.events().count(".") >= boots
            forever = not updater.recurse_http_fs and counted
            if forever:
                fs.write(transaction.boots, "U", "a")
            # From here on the next boot goes on, should the heap not suffice.
            transaction.set_state(OTAState.INSTALLING)
            return _give_up(updater, OTAErrorCode.APPLY, message, forever)
    log("the last update is not confirmed yet")
    return False


def _give_up(updater, code, message, forever=False):
    """Records for the next boots what failed; None: the update has to be rolled back."""
    try:
        transaction = call("reopen", "reopen", updater._transaction)
        release_digest = (journal_reader.header(transaction.journal) or [""] * 2)[1]
    except OSError as e:
        log("warning: not noted: " + describe(e))
        return None
    # Before the rollback, for a power loss in that; on a full flash after it, for it makes space.
    failure = (transaction, release_digest, code, message, forever)
    if not note(*failure):
        updater._transaction.failure = failure


def note(transaction, release_digest, code, message, forever):
    """Records a failure; true if that was possible."""
    try:
        call("backoff", "failed", transaction, release_digest, code, message, forever)
        return True
    except (OSError, MemoryError) as e:
        log("warning: not noted: " + describe(e))
        return False
    finally:
        unload("atomic_file")


# What is done, by whether this check has tried an update, and by the state now.
_TABLE = {
    (True, OTAState.IDLE): _clean_up,
    (True, OTAState.INSTALLING): _undo,
    (True, OTAState.CONFIRM_PENDING): _restart,
    (False, OTAState.IDLE): _rest,
    (False, OTAState.INSTALLING): _resume,
    (False, OTAState.CONFIRM_PENDING): _judge,
}
