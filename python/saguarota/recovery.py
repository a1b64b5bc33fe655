"""What a check does that is no update: when an update has failed, was interrupted, or is on trial.

Loaded when the heap is free of the update: a rollback may have to be done in a heap that was not
enough for that.
"""

import gc
import sys

from . import flash
from .aside import heal
from .const import OTAError, OTAErrorCode, OTAState, describe, log, one_line
from .entries import options
from .transaction import Transaction


def finish(updater, state, error):
    """Does what is due in a state other than idle, or after the error of an update; true if the
    device has to restart.

    ``state``: that at the start of the check; None if it could not be read. Raises MemoryError; all
    other errors are in the attributes of ``updater``.
    """
    if error:
        _report(updater, error)
    try:
        transaction = updater._transaction
        heal(transaction)
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
            _add(updater, "clean-up: " + describe(e))
        else:
            _report(updater, e)
    return False


def _report(updater, error):
    code = OTAErrorCode.APPLY
    message = None
    if isinstance(error, OTAError):
        code, message = error.args
    elif not isinstance(error, (OSError, MemoryError)):
        # A defect: whoever mends it needs to know where.
        sys.print_exception(error)
    updater.last_error_code = code
    updater.last_error_message = (
        one_line(message) if isinstance(message, str) else describe(message or error)
    )
    log("update failed: %s: %s" % (code, updater.last_error_message))


def _add(updater, text):
    """Adds to what is known of an error."""
    updater.last_error_code = updater.last_error_code or OTAErrorCode.APPLY
    before = updater.last_error_message
    updater.last_error_message = "%s; %s" % (before, text) if before else text
    log(text)


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
    from .memory import watchdog_bit

    boots = flash.read_text(begun(updater._transaction).boots, 2048)
    if "U" in boots:
        message = "not confirmed in %d boots" % boots.count(".")
        return _give_up(updater, OTAErrorCode.APPLY, message, not updater.recurse_http_fs)
    if "F" in boots:
        message = "not enough memory to record the failure"
        return _give_up(updater, OTAErrorCode.APPLY, message)
    if "R" not in boots and watchdog_bit():
        message = "the watchdog has reset the device"
        return _give_up(updater, OTAErrorCode.APPLY, message)
    return roll_back(updater)


def _try_on(updater):
    """Reverts an update that nobody has confirmed in the boots that it was given."""
    boots = updater.max_unconfirmed_boots
    if boots:
        from .trial import is_over

        transaction = begun(updater._transaction)
        if is_over(transaction, boots):
            message = "not confirmed in %d boots" % boots
            log(message)
            # A listing does not tell one release from the next; a full flash is no boot.
            counted = flash.read_text(transaction.boots, 2048).count(".") >= boots
            forever = not updater.recurse_http_fs and counted
            if forever:
                flash.write_text(transaction.boots, "U", "a")
            # From here on the next boot goes on, should the heap not suffice.
            transaction.set_state(OTAState.INSTALLING)
            return _give_up(updater, OTAErrorCode.APPLY, message, forever)
    log("the last update is not confirmed yet")
    return False


def _give_up(updater, code, message, forever=False):
    """Rolls back, and keeps in mind for the next boots what failed; true if the device has to
    restart."""
    transaction = begun(updater._transaction)
    release = (options(transaction.journal) or [""] * 2)[1]

    def note():
        try:
            from .memory import failed

            failed(transaction, release, code, message, forever)
            return True
        except (OSError, MemoryError) as e:
            log("warning: not noted: " + describe(e))
            return False

    # Before the rollback, for a cut in that; on a full flash, the rollback makes space.
    noted = note()
    restart = roll_back(updater)
    if not noted:
        note()
    return restart


def revert(updater):
    """What ``revert_update()`` does; true if the device has to restart. Raises as ``roll_back``."""
    heal(updater._transaction)
    return roll_back(updater)


def roll_back(updater):
    """Brings back the tree of before the update, by a small buffer; true if the device has to
    restart. What is not restored is in the attributes of ``updater``.

    Raises OSError and MemoryError after the last attempt, or where none can be counted.
    """
    log("rolling back")
    gc.collect()
    # littlefs finds all files only after this.
    updater._transaction.state()
    transaction = begun(updater._transaction)
    last = transaction.is_last_attempt()
    try:
        from .rollback import roll_back

        report = roll_back(transaction, bytearray(128), last)
    except (OSError, MemoryError) as e:
        if last or not transaction.try_again():
            raise
        _add(updater, "rollback: %s: to be tried again" % describe(e))
        return True
    if report is None:
        _add(updater, "rollback: to be tried again")
        return transaction.try_again()
    if report:
        _add(updater, "not restored: " + report)
    return True


def begun(transaction):
    """The transaction that has begun the update, by the options that it had: if that has replaced
    boot.py, the new one may have others."""
    transaction.close()
    found = []
    if flash.kind(transaction.journal):
        found.append(options(transaction.journal))
    elif transaction.state() != OTAState.IDLE:
        for entry in flash.entries(flash.absolute("")):
            name = entry[0]
            # As ota12345.prg.
            if name.startswith("ota") and name.endswith(".prg") and len(name) == 12:
                other = options(name[:-3] + "jrn")
                if other[4:5] == [transaction.ota_state_file]:
                    found.append(other)
    # Of several, none: it might be the wrong one.
    if len(found) != 1 or not found[0]:
        return transaction
    _, _, dest_dir, backup_dir, state_file, manifest_file = found[0]
    return Transaction(
        dest_dir, backup_dir, state_file, manifest_file, (), (), transaction.resume_downloads
    )
