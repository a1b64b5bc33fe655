"""What a check does that is no update: when an update has failed, was interrupted, or is on trial.

Loaded when the heap is free of the update: a rollback may have to be done in a heap that was not
enough for that.
"""

import gc

from . import flash
from .const import OTAError, OTAErrorCode, OTAState, describe, log
from .transaction import Transaction


def finish(updater, state, error):
    """Does what is due in a state other than idle, or after the error of an update; true if the
    device has to restart.

    ``state``: that at the start of the check; None if it could not be read. Raises MemoryError; all
    other errors are in the attributes of ``updater``.
    """
    restart = False
    if error:
        _tell(updater, error)
    try:
        if state == OTAState.IDLE:
            now = updater._transaction.state()
            # A new boot has the whole heap for a rollback that does not work here.
            restart = now == OTAState.INSTALLING
            return _undo(updater, now)
        if state == OTAState.INSTALLING:
            return _resume(updater._transaction)
        if state == OTAState.CONFIRM_PENDING:
            return _try_on(updater)
    except MemoryError:
        raise
    except Exception as e:
        if error:
            updater.last_error_message += "; clean-up: " + describe(e)
            log(updater.last_error_message)
        else:
            _tell(updater, e)
    return restart


def _tell(updater, error):
    code = OTAErrorCode.APPLY
    message = None
    if isinstance(error, OTAError):
        code, message = error.args
    updater.last_error_code = code
    updater.last_error_message = message if isinstance(message, str) else describe(message or error)
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
        return _give_up(transaction, code, message)
    transaction.clean()
    return False


def _resume(transaction):
    log("an update was interrupted")
    from .memory import watchdog_bit

    transaction = begun(transaction)
    if "F" in flash.read_text(transaction.trial, 64):
        return _give_up(transaction, OTAErrorCode.APPLY, "no heap to note what failed")
    if watchdog_bit():
        message = "the watchdog has reset the device"
        return _give_up(transaction, OTAErrorCode.APPLY, message)
    return roll_back(transaction)


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
            forever = not updater.recurse_http_fs and flash.size(transaction.trial) >= boots
            return _give_up(transaction, OTAErrorCode.APPLY, message, forever)
    log("the last update is not confirmed yet")
    return False


def _give_up(transaction, code, message, forever=False):
    """Rolls back, and keeps in mind for the next boots what failed; true."""
    from .memory import failed, installed

    release = installed(transaction)

    def note():
        try:
            failed(transaction, release, code, message, forever)
            return True
        except (OSError, MemoryError) as e:
            log("warning: not noted: " + describe(e))
            return False

    # Before the rollback, for a cut in that; on a full flash, the rollback makes room.
    noted = note()
    roll_back(transaction)
    return noted or note() or True


def roll_back(transaction):
    """Brings back the tree of before the update, by a small buffer; true. Raises OSError."""
    log("rolling back")
    gc.collect()
    from .rollback import roll_back

    # littlefs finds all files only after this.
    transaction.state()
    roll_back(begun(transaction), bytearray(128))
    return True


def begun(transaction):
    """The transaction that has begun the update, by the options that it had: if that has replaced
    boot.py, the new one may have others."""
    transaction.close()
    found = []
    if transaction.has_backup():
        found.append(_options(transaction.journal))
    elif transaction.state() != OTAState.IDLE and not flash.kind(transaction.journal):
        for entry in flash.entries(flash.absolute("")):
            name = entry[0]
            # As ota12345.prg.
            if name.startswith("ota") and name.endswith(".prg") and len(name) == 12:
                options = _options(name[:-3] + "jrn")
                if options[3:4] == [transaction.ota_state_file]:
                    found.append(options)
    # Of several, none: it might be the wrong one.
    if len(found) != 1 or len(found[0]) != 5:
        return transaction
    _, dest_dir, backup_dir, state_file, manifest_file = found[0]
    return Transaction(
        dest_dir, backup_dir, state_file, manifest_file, (), (), transaction.resume_downloads
    )


def _options(journal):
    return flash.read_text(journal, 1024).split("\n")[0].split("\t")
