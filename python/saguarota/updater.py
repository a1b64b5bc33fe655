"""The updater: the states of an update, in the order in which a device passes through them."""

import gc
import sys

from _saguarota import Response

from .const import OTAError, OTAErrorCode, OTAState, describe, log

try:
    from _thread import allocate_lock

    _lock = allocate_lock()
except ImportError:
    _lock = None
_busy = False


class OTAUpdater:
    """Over-the-air updates of the files below ``dest_dir``; see docs/API.md for each option.

    Raises TypeError or ValueError for an option of a wrong type or without sense.
    """

    OTA_STATE_FILE = "ota_state.txt"
    LOCAL_MANIFEST_FILE = "versions.json"
    APPLICATION_NAME = "saguarota"
    DEFAULT_BACKUP_SKIP_EXTENSIONS = (
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".bmp",
        ".rgb565",
        ".raw",
        ".bin",
        ".ttf",
        ".otf",
        ".woff",
    )
    DEFAULT_BACKUP_SKIP_PREFIXES = ("assets/", "static/", "media/", "images/", "fonts/")

    last_error_code = None
    last_error_message = None

    def __init__(self, *args, **kwargs):
        from .options import take

        take(self, *args, **kwargs)
        # Of no use until another updater is made, and an update needs the heap.
        sys.modules.pop("saguarota.options", None)
        sys.modules["saguarota"].__dict__.pop("options", None)

    # -- what boot.py and main.py call --

    def check_and_perform_ota(self):
        """Recovers from an interrupted update, then looks for a new one and installs it.

        Resets the device after an update and after a rollback (SystemExit where there is no
        ``machine.reset``); returns None otherwise. Errors do not leave it: they are in
        ``last_error_code`` and ``last_error_message``.
        """
        if self._alone(self._check):
            _reset()

    def confirm_update(self, cleanup=False):
        """Tells that the new code works: True if an update was waiting for that.

        ``cleanup``: removes the backup, too.
        """
        return bool(self._alone(self._confirm, cleanup))

    def cleanup_files(self):
        """Removes the backup; False, and nothing removed, while an update waits for its
        confirmation or for its rollback."""
        return bool(self._alone(self._clean_up))

    def revert_update(self):
        """Brings back the files of before the last update, then resets the device."""
        if self._alone(self._roll_back):
            _reset()

    def release(self):
        """Drops everything that the object refers to, and collects the garbage."""
        for name in list(self.__dict__):
            # A deleted attribute's value stays in its slot, where the collector sees it.
            setattr(self, name, None)
            delattr(self, name)
        gc.collect()

    # -- one at a time --

    def _alone(self, action, *args):
        """Calls ``action``; not where another updater is at work, in a thread or around this call:
        two would make one update of both."""
        global _busy
        free = _lock.acquire(False) if _lock else not _busy
        if not free:
            self.last_error_code = OTAErrorCode.APPLY
            self.last_error_message = "another updater is at work"
            log(self.last_error_message)
            return None
        _busy = True
        try:
            return action(*args)
        finally:
            _busy = False
            if _lock:
                _lock.release()

    def _check(self):
        """True if the device has to restart."""
        self.last_error_code = self.last_error_message = None
        recovering = False
        try:
            state = self._transaction.state()
            recovering = state != OTAState.IDLE
            if state == OTAState.CONFIRM_PENDING:
                return self._try_on()
            return self._resume() if recovering else self._update()
        except OTAError as e:
            return self._fail(e.args[0], e.args[1], recovering)
        except Exception as e:
            return self._fail(OTAErrorCode.APPLY, e, recovering)

    def _try_on(self):
        boots = self.max_unconfirmed_boots
        if boots:
            from .memory import is_tried_out

            if is_tried_out(self._transaction, boots):
                message = "not confirmed in %d boots" % boots
                log(message)
                return self._give_up(OTAErrorCode.APPLY, message, not self.recurse_http_fs)
        log("the last update is not confirmed yet")
        return False

    def _resume(self):
        log("an update was interrupted")
        from .memory import watchdog_bit

        if watchdog_bit():
            return self._give_up(OTAErrorCode.APPLY, "the watchdog has reset the device")
        return self._roll_back()

    def _confirm(self, cleanup):
        pending = self._transaction.state() == OTAState.CONFIRM_PENDING
        if pending:
            self._transaction.set_state(OTAState.IDLE)
        if cleanup:
            self._clean_up()
        return pending

    def _clean_up(self):
        if self._transaction.state() != OTAState.IDLE:
            return False
        self._transaction.discard_backup()
        return True

    # -- an update --

    def _update(self):
        """True if the device has to restart."""
        gc.collect()
        # Two bytes at least: files are compared in its two halves.
        buffer = bytearray(max(self.io_chunk_size, self.md5_chunk_size, 2))
        piece = memoryview(buffer)[: self.io_chunk_size]
        response = Response(piece)
        # Not loaded before they are needed, for main.py, which only confirms, does without them;
        # and after the two large objects above, which need their memory in one piece.
        from .download import Downloads

        if self.recurse_http_fs:
            from .http_fs import update
        else:
            from .release import update
        gc.collect()
        downloads = Downloads(self, response, piece, buffer)
        try:
            self._transaction.clean()
            return update(self, downloads)
        finally:
            downloads.close()

    # -- when it goes wrong --

    def _fail(self, code, error, recovering):
        """Records the error and undoes what was begun; true if the device has to restart.

        ``recovering``: this was no new update, so that no restart would help.
        """
        self.last_error_code = code
        restart = False
        try:
            self.last_error_message = error if isinstance(error, str) else describe(error)
            log("update failed: %s: %s" % (code, self.last_error_message))
            state = self._transaction.state()
            if recovering:
                return False
            if state == OTAState.CONFIRM_PENDING:
                # It was done already.
                self.last_error_code = self.last_error_message = None
                return True
            restart = state == OTAState.INSTALLING
            if code in (OTAErrorCode.APPLY, OTAErrorCode.DELETE_EXTRAS):
                # The flash may be full.
                self._transaction.forget_partial()
            if restart:
                return self._give_up(code, self.last_error_message)
            if state == OTAState.IDLE:
                self._transaction.clean()
        except Exception as e:
            # A new boot has the whole heap for the rollback that did not work here.
            self.last_error_message = "%s; clean-up: %s" % (self.last_error_message, describe(e))
            log(self.last_error_message)
        return restart

    def _give_up(self, code, message, forever=False):
        """Rolls back, and keeps in mind for the next boots what failed; true."""
        from .memory import failed, installed

        release = installed(self._transaction)
        try:
            failed(self._transaction, release, code, message, forever)
        except (OSError, MemoryError):
            # The rollback makes room.
            self._roll_back()
            failed(self._transaction, release, code, message, forever)
            return True
        return self._roll_back()

    def _roll_back(self):
        log("rolling back")
        gc.collect()
        from .rollback import roll_back

        # A small buffer: it may have to be found in a heap that was not enough for an update.
        roll_back(self._transaction, bytearray(128))
        return True

    def _event(self, name, details):
        """Tells the callback, which cannot break the update."""
        if self.progress_callback is not None:
            try:
                self.progress_callback(name, details)
            except Exception as e:
                log("progress_callback raised %s" % describe(e))


def _reset():
    try:
        from machine import reset
    except ImportError:
        raise SystemExit
    reset()
