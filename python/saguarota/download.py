"""Files on their way from the server to the part file: attempts, checks, progress."""

import time

from _saguarota import digest, quote
from micropython import const

from . import flash
from .const import OTAError, OTAErrorCode, describe, on_flash
from .http import Client

_JITTER_MS = const(127)
# Doubling a delay soon makes days of it.
_WAIT_MAX_MS = const(600000)


class Downloads:
    """What an updater fetches, by one connection and through one buffer.

    ``buffer``: for digests; its beginning ``piece``: for copies, and what ``response`` reads into.
    """

    def __init__(self, updater, response, piece, buffer):
        self.updater = updater
        self.buffer = buffer
        self.piece = piece
        self.client = Client(response, piece, updater.http_timeout_s, updater.ssl_context)

    def close(self):
        """Closes the connection."""
        self.client.close()

    def url(self, path):
        """Where a file or a folder of the release is."""
        return self.updater.base_file_url + "/" + quote(path)

    def fetch(self, path, md5, sha256):
        """Brings one file to the part file. Of the two digests either may be None.

        Raises OTAError: DOWNLOAD, MD5, or APPLY where the flash fails.
        """
        url = self.url(path)

        def attempt():
            if md5 and self.updater._transaction.resume_downloads:
                from .resume import fetch

                fetch(self, url, path, md5)
            else:
                writing = "writing " + path
                file = on_flash(writing, open, self.updater._transaction.part, "wb")
                try:
                    # Without a digest, only the framing tells whether a file is whole.
                    self.client.get(
                        url, self.writer(path, flash.writer(file)), framed=not (md5 or sha256)
                    )
                finally:
                    on_flash(writing, file.close)
            for name, expected in (("md5", md5), ("sha256", sha256)):
                found = expected and self.digest(name, path)
                if found and found != expected.lower():
                    # The server may have answered something else than was asked.
                    self.client.close()
                    raise OTAError(
                        OTAErrorCode.MD5,
                        "%s from %s: %s %s, not %s" % (path, url, name, found, expected),
                    )

        try:
            self.retry(attempt, url, path)
        except (OSError, ValueError) as e:
            raise OTAError(OTAErrorCode.DOWNLOAD, "%s: GET %s: %s" % (path, url, describe(e)))

    def writer(self, path, write, size=0):
        """``write`` with errors that say what was being written, and with reports of progress where
        there is a callback. ``size``: bytes that are there already."""
        if self.updater.progress_callback:
            from . import progress

            write = progress.writer(self, path, write, size)
        return lambda piece: on_flash("writing " + path, write, piece)

    def digest(self, name, path):
        """The digest of the part file, as hexadecimal digits."""
        updater = self.updater

        def read():
            with open(updater._transaction.part, "rb") as file:
                return digest(name, file, memoryview(self.buffer)[: updater.md5_chunk_size])

        return on_flash("reading back " + path, read)

    def retry(self, action, url, path):
        """Calls ``action`` until it succeeds or the attempts are used up; events where there is a
        path."""
        updater = self.updater
        attempts = updater.download_retries + 1
        attempt = 0
        while True:
            attempt += 1
            if path:
                updater._event(
                    "download_attempt",
                    {"url": url, "path": path, "attempt": attempt, "attempts": attempts},
                )
            try:
                return action()
            except (OSError, ValueError, OTAError) as e:
                final = isinstance(e, OTAError) and e.args[0] != OTAErrorCode.MD5
                if final or attempt == attempts:
                    raise
            wait_ms = min(updater.retry_base_delay_ms * 2 ** (attempt - 1), _WAIT_MAX_MS)
            wait_ms += time.ticks_us() & _JITTER_MS
            if path:
                updater._event(
                    "download_retry",
                    {"url": url, "path": path, "attempt": attempt, "wait_ms": wait_ms},
                )
            time.sleep_ms(wait_ms)
