"""The updater: the states of an update, in the order in which a device passes through them."""

import gc

from _saguarota import Response

from . import fs, transaction
from .const import (
    OTAErrorCode,
    OTAState,
    allocate_lock,
    call,
    constructing,
    describe,
    load,
    log,
    unload,
)

_lock = allocate_lock()


def _exclusively(updater, function):
    """Calls ``function``, unless another updater is at work, in a thread or around this call: the
    two would make one update of both."""
    acquired = False
    # Ctrl-C may come at any time: once the lock is acquired, it is released.
    try:
        acquired = _lock.acquire(False)
        if acquired:
            return function()
    finally:
        if acquired:
            _lock.release()
    updater.last_error_code = OTAErrorCode.APPLY
    updater.last_error_message = "another updater is at work"
    log(updater.last_error_message)
    return False


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
        with constructing:
            attributes, files = call("config", "config", self, *args, **kwargs)
        # Not before that module has left the heap: what stays would keep it in pieces.
        for name in attributes:
            setattr(self, name, attributes[name])
        self._transaction = transaction.Transaction(*files)

    # -- what boot.py and main.py call --

    def check_and_perform_ota(self):
        """Recovers from an interrupted update, then looks for a new one and installs it.

        Resets the device after an update and after a rollback (SystemExit where there is no
        ``machine.reset``); returns None otherwise. Errors do not leave it: they are in
        ``last_error_code`` and ``last_error_message``.
        """
        if _exclusively(self, self._check):
            reset()

    def confirm_update(self, cleanup=False):
        """Tells that the new code works: True if an update was waiting for that.

        ``cleanup``: removes the backup, too.
        """

        return _exclusively(self, lambda: call("confirm", "confirm", self._transaction, cleanup))

    def cleanup_files(self):
        """Removes the backup; False, and nothing removed, while an update waits for its
        confirmation or for its rollback."""

        return _exclusively(self, lambda: call("confirm", "clean", self._transaction))

    def revert_update(self):
        """Brings back the files of before the last update, then resets the device."""

        if _exclusively(self, self._revert):
            reset()

    def release(self):
        """Drops everything that the object refers to, and collects the garbage; not while an
        updater is at work."""

        def release():
            for name in list(self.__dict__):
                # A deleted attribute's value stays in its slot, where the collector sees it.
                setattr(self, name, None)
                delattr(self, name)
            gc.collect()

        _exclusively(self, release)

    # -- a check --

    def _check(self):
        """True if the device has to restart."""
        self.last_error_code = self.last_error_message = None
        state = error = None
        self._transaction.step = OTAErrorCode.APPLY, ""
        try:
            state = self._transaction.state()
            if state == OTAState.IDLE:
                return self._update()
        except Exception as e:
            error = e
        try:
            # Now the heap is free of what an update takes.
            unload("download", "http", "manifest_update", "http_fs", "installation", "journal")
            if self._transaction.waits:
                self._transaction.waits = False
                error = call("backoff", "wait", self._transaction)
            restart = call("recovery", "decide", self, state, error)
            return self._rollback() if restart is None else restart
        except Exception as e:
            # Lack of memory, mostly. A new boot has all of it for the rollback.
            self.last_error_code = OTAErrorCode.APPLY
            self.last_error_message = describe(e)
            log(self.last_error_message)
            return self._postpone()

    def _revert(self):
        """True if the device has to restart."""
        self.last_error_code = self.last_error_message = None
        try:
            call("heal", "heal", self._transaction)
            return self._rollback()
        except MemoryError:
            # An application's heap. A new boot has all of it.
            if not self._transaction.has_backup():
                raise
            self._transaction.set_state(OTAState.INSTALLING)
            return self._postpone()

    def _rollback(self):
        """True if the device has to restart."""
        unload("aside", "folders", "atomic_file", "journal_reader", "journal", "urls")
        restart = call("rollback", "rollback", self)
        if self._transaction.failure:
            unload("journal_reader", "journal", "aside")
            call("recovery", "note", *self._transaction.failure)
        return restart

    def _postpone(self):
        """Leaves a rollback to the next boot; true if the device has to restart for that."""
        transaction = self._transaction
        gc.collect()
        try:
            if transaction.state() != OTAState.INSTALLING:
                return False
            if transaction.work:
                fs.write(transaction.boots, "F", "a")
        except OSError:
            return False
        return transaction.may_retry()

    def _update(self):
        """True if the device has to restart."""
        gc.collect()
        # Two bytes at least: files are compared in its two halves.
        buffer = bytearray(max(self.io_chunk_size, self.md5_chunk_size, 2))
        piece = memoryview(buffer)[: self.io_chunk_size]
        response = Response(piece)
        # Not loaded before they are needed, for main.py, which only confirms, does without them;
        # and after the two large objects above, which need their memory in one piece.
        download = load("download")
        mode = load("http_fs" if self.recurse_http_fs else "manifest_update")
        downloads = download.Downloads(self, response, piece, buffer)
        try:
            self._transaction.clean()
            return mode.update(self, downloads)
        finally:
            downloads.close()

    def _event(self, name, data):
        """Tells the callback, which cannot break the update."""
        if self.progress_callback is not None:
            try:
                self.progress_callback(name, data)
            except Exception as e:
                log("progress_callback raised %s" % describe(e))


def reset():
    """Resets the device; SystemExit where there is no ``machine.reset``."""
    try:
        from machine import reset
    except ImportError:
        raise SystemExit
    reset()
