"""The updater: the states of an update, in the order in which a device passes through them."""

import gc
import time

from _saguarota import Response, digest, quote
from micropython import const

from . import options
from .const import OTADeletePolicy, OTAError, OTAErrorCode, OTAState, describe, log, on_flash
from .transaction import Transaction

_JITTER_MS = const(127)
# Doubling a delay soon makes days of it.
_WAIT_MAX_MS = const(600000)


class OTAUpdater:
    """Over-the-air updates of the files below ``dest_dir``; see docs/API.md for each option.

    Raises TypeError or ValueError for an option of a wrong type or without sense, and
    NotImplementedError for modes that do not exist yet.
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

    def __init__(
        self,
        manifest_url,
        base_file_url,
        dest_dir=".",
        force_update=False,
        recurse_http_fs=False,
        ota_state_file=None,
        local_manifest_file=None,
        application_name=None,
        http_timeout_s=5,
        backup_skip_extensions=None,
        backup_skip_prefixes=None,
        manifest_auth_key=None,
        manifest_signature_field="signature",
        download_retries=1,
        retry_base_delay_ms=250,
        resume_downloads=False,
        io_chunk_size=512,
        md5_chunk_size=512,
        strict_http_fs=True,
        delete_files_not_in_manifest_policy=OTADeletePolicy.NEVER,
        delete_files_not_in_manifest_extensions=None,
        progress_callback=None,
        **kwargs,
    ):
        if recurse_http_fs:
            raise NotImplementedError("recurse_http_fs: HTTP-FS mode is not built yet")
        if resume_downloads:
            raise NotImplementedError("resume_downloads: resuming is not built yet")
        allowlist = options.extensions(
            "delete_files_not_in_manifest_extensions", delete_files_not_in_manifest_extensions, ()
        )
        policy = options.delete_policy(delete_files_not_in_manifest_policy, allowlist)
        if policy != OTADeletePolicy.NEVER:
            raise NotImplementedError("delete policy %s is not built yet" % policy)
        if progress_callback is not None and not callable(progress_callback):
            raise TypeError("progress_callback must be callable or None")

        self.manifest_url = options.text("manifest_url", manifest_url)
        options.split_url(manifest_url)
        self.base_file_url = options.text("base_file_url", base_file_url).rstrip("/")
        options.split_url(base_file_url)
        self.force_update = bool(force_update)
        self.http_timeout_s = options.timeout(http_timeout_s, 5)
        self.manifest_auth_key = options.key(manifest_auth_key)
        self.manifest_signature_field = options.signature_field(manifest_signature_field)
        self.download_retries = options.whole("download_retries", download_retries, 1, 0, 100)
        self.retry_base_delay_ms = options.whole(
            "retry_base_delay_ms", retry_base_delay_ms, 250, 0, 60000
        )
        self.io_chunk_size = options.whole("io_chunk_size", io_chunk_size, 512, 1, 65536)
        self.md5_chunk_size = options.whole("md5_chunk_size", md5_chunk_size, 512, 1, 65536)
        self.progress_callback = progress_callback
        self.ssl_context = kwargs.get("ssl_context")
        name = options.text("application_name", application_name or self.APPLICATION_NAME)
        self.backup_dir = name + "_backup"
        self._transaction = Transaction(
            options.text("dest_dir", dest_dir),
            self.backup_dir,
            options.text("ota_state_file", ota_state_file or self.OTA_STATE_FILE),
            options.text("local_manifest_file", local_manifest_file or self.LOCAL_MANIFEST_FILE),
            options.extensions(
                "backup_skip_extensions",
                backup_skip_extensions,
                self.DEFAULT_BACKUP_SKIP_EXTENSIONS,
            ),
            options.strings(
                "backup_skip_prefixes", backup_skip_prefixes, self.DEFAULT_BACKUP_SKIP_PREFIXES
            ),
        )

    # -- what boot.py and main.py call --

    def check_and_perform_ota(self):
        """Recovers from an interrupted update, then looks for a new one and installs it.

        Resets the device after an update and after a rollback (SystemExit where there is no
        ``machine.reset``); returns None otherwise. Errors do not leave it: they are in
        ``last_error_code`` and ``last_error_message``.
        """
        self.last_error_code = self.last_error_message = None
        recovering = False
        try:
            state = self._transaction.state()
            if state == OTAState.CONFIRM_PENDING:
                log("the last update is not confirmed yet")
                return
            recovering = state == OTAState.INSTALLING
            if recovering:
                log("an update was interrupted")
                restart = self._roll_back()
            else:
                restart = self._update()
        except OTAError as e:
            restart = self._fail(e.args[0], e.args[1], recovering)
        except Exception as e:
            restart = self._fail(OTAErrorCode.APPLY, e, recovering)
        if restart:
            _reset()

    def confirm_update(self, cleanup=False):
        """Tells that the new code works: True if an update was waiting for that.

        ``cleanup``: removes the backup, too.
        """
        pending = self._transaction.state() == OTAState.CONFIRM_PENDING
        if pending:
            self._transaction.set_state(OTAState.IDLE)
        if cleanup:
            self.cleanup_files()
        return pending

    def cleanup_files(self):
        """Removes the backup; False, and nothing removed, while an update waits for its
        confirmation or for its rollback."""
        if self._transaction.state() != OTAState.IDLE:
            return False
        self._transaction.discard_backup()
        return True

    def revert_update(self):
        """Brings back the files of before the last update, then resets the device."""
        self._roll_back()
        _reset()

    def release(self):
        """Drops everything that the object refers to, and collects the garbage."""
        for name in list(self.__dict__):
            # A deleted attribute's value stays in its slot, where the collector sees it.
            setattr(self, name, None)
            delattr(self, name)
        gc.collect()

    # -- an update --

    def _update(self):
        """True if the device has to restart."""
        gc.collect()
        buffer = bytearray(max(self.io_chunk_size, self.md5_chunk_size))
        piece = memoryview(buffer)[: self.io_chunk_size]
        response = Response(piece)
        # Not loaded before they are needed, for main.py, which only confirms, does without them;
        # and after the two large objects above, which need their memory in one piece.
        from .http import Client
        from .release import Release

        gc.collect()
        client = Client(response, piece, self.http_timeout_s, self.ssl_context)
        transaction = self._transaction
        release = Release(transaction.own_files(), self.manifest_signature_field, self.force_update)
        try:
            transaction.clean()
            remote = self._fetch_manifest(client)
            if not release.is_due(remote, transaction.local_manifest_file, self.manifest_auth_key):
                release.close()
                transaction.clean()
                return False
            self._event("update_start", {"mode": "manifest"})
            paths = (change[0] for change in release.changes(False))
            on_flash("preparing the update", transaction.begin, paths, buffer)
            self._install(release, client, buffer)
            release.close()
            on_flash("finishing the update", transaction.commit, buffer)
            self._event("update_applied", {"mode": "manifest"})
            return True
        finally:
            release.close()
            client.close()

    def _fetch_manifest(self, client):
        """Returns the path of the file that holds the remote manifest."""
        from .release import Staging

        transaction = self._transaction
        staging = Staging(
            transaction.local_manifest_file, transaction.new_manifest, self.io_chunk_size
        )

        def fetch():
            # Network and file system both raise OSError; only the first is worth another attempt.
            writing = "writing " + transaction.new_manifest
            code = OTAErrorCode.MANIFEST_FETCH
            on_flash(writing, staging.begin, code=code)
            client.get(
                self.manifest_url, lambda piece: on_flash(writing, staging.write, piece, code=code)
            )
            return on_flash(writing, staging.finish, code=code)

        try:
            return self._retry(fetch, None, None)
        except (OSError, ValueError) as e:
            raise OTAError(
                OTAErrorCode.MANIFEST_FETCH, "GET %s: %s" % (self.manifest_url, describe(e))
            )
        finally:
            staging.close()

    def _install(self, release, client, buffer):
        total = release.total
        for path, old, new, md5, due, index in release.changes(self.progress_callback is not None):
            place = {"path": path, "index": index, "total": total}
            if not due:
                self._event("file_update_skip", place)
                continue
            self._event(
                "file_update_start",
                {"path": path, "index": index, "total": total, "from": old, "to": new},
            )
            self._download(client, path, md5, buffer)
            on_flash("installing " + path, self._transaction.install, path, buffer)
            self._event("file_update_done", place)

    def _download(self, client, path, md5, buffer):
        """Fetches one file to the part file and checks it there."""
        url = self.base_file_url + "/" + quote(path)
        part = self._transaction.part
        if md5 is None:
            log("warning: %s has no md5 and is not checked" % path)

        def fetch():
            writing = "writing " + path
            file = on_flash(writing, open, part, "wb")
            try:
                client.get(url, lambda piece: on_flash(writing, file.write, piece))
            finally:
                on_flash(writing, file.close)
            if md5 is not None:
                found = on_flash("reading " + path, self._md5_of, part, buffer)
                if found != md5.lower():
                    # The server may have answered something else than was asked.
                    client.close()
                    raise OTAError(
                        OTAErrorCode.MD5, "%s from %s: md5 %s, not %s" % (path, url, found, md5)
                    )

        try:
            self._retry(fetch, url, path)
        except (OSError, ValueError) as e:
            raise OTAError(OTAErrorCode.DOWNLOAD, "%s: GET %s: %s" % (path, url, describe(e)))

    def _md5_of(self, path, buffer):
        with open(path, "rb") as file:
            return digest("md5", file, memoryview(buffer)[: self.md5_chunk_size])

    def _retry(self, action, url, path):
        """Calls ``action`` until it succeeds or the attempts are used up; events where there is a
        path."""
        attempts = self.download_retries + 1
        attempt = 0
        while True:
            attempt += 1
            if path:
                self._event(
                    "download_attempt",
                    {"url": url, "path": path, "attempt": attempt, "attempts": attempts},
                )
            try:
                return action()
            except (OSError, ValueError, OTAError) as e:
                final = isinstance(e, OTAError) and e.args[0] != OTAErrorCode.MD5
                if final or attempt == attempts:
                    raise
            wait_ms = min(self.retry_base_delay_ms * 2 ** (attempt - 1), _WAIT_MAX_MS)
            wait_ms += time.ticks_us() & _JITTER_MS
            if path:
                self._event(
                    "download_retry",
                    {"url": url, "path": path, "attempt": attempt, "wait_ms": wait_ms},
                )
            time.sleep_ms(wait_ms)

    # -- when it goes wrong --

    def _fail(self, code, error, recovering):
        """Records the error and undoes what was begun; true if the device has to restart.

        ``recovering``: this was the rollback of an earlier boot, which no restart would help.
        """
        self.last_error_code = code
        restart = False
        try:
            self.last_error_message = error if isinstance(error, str) else describe(error)
            log("update failed: %s: %s" % (code, self.last_error_message))
            state = self._transaction.state()
            if state == OTAState.CONFIRM_PENDING:
                # It was done already.
                self.last_error_code = self.last_error_message = None
                return True
            restart = state == OTAState.INSTALLING and not recovering
            if restart:
                return self._roll_back()
            if state == OTAState.IDLE:
                self._transaction.clean()
        except Exception as e:
            # A new boot has the whole heap for the rollback that did not work here.
            self.last_error_message = "%s; clean-up: %s" % (self.last_error_message, describe(e))
            log(self.last_error_message)
        return restart

    def _roll_back(self):
        log("rolling back")
        gc.collect()
        from .rollback import roll_back

        # A small buffer: it may have to be found in a heap that was not enough for an update.
        roll_back(self._transaction, bytearray(128))
        return True

    def _event(self, name, details):
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
