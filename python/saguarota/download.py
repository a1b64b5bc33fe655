"""Files on their way from the server to the part file: attempts, checks, progress."""

import time

from _saguarota import digest, quote
from micropython import const

from . import fs, http
from .const import NetworkError, OTAError, OTAErrorCode, load

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
        self.client = http.Client(response, piece, updater.http_timeout_s, updater.ssl_context)

    def close(self):
        """Closes the connection."""
        self.client.close()

    def url(self, path):
        """Where a file or a folder of the release is."""
        return self.updater.base_file_url + "/" + quote(path)

    def fetch(self, path, md5, sha256):
        """Brings one file to the part file. Of the two digests either may be None.

        Raises OTAError (DOWNLOAD, MD5), and OSError where the flash fails.
        """
        url = self.url(path)

        transaction = self.updater._transaction

        def attempt():
            transaction.step = OTAErrorCode.APPLY, "writing " + path
            if md5 and transaction.resume_downloads:
                resume = load("resume")
                resume.fetch(self, url, path, md5)
            else:
                with open(transaction.part, "wb") as file:
                    # Without a digest, only the framing shows whether a file is whole.
                    self.client.get(
                        url, self.writer(path, fs.writer(file)), framed=not (md5 or sha256)
                    )
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
        except NetworkError as e:
            raise OTAError(OTAErrorCode.DOWNLOAD, "%s: GET %s: %s" % (path, url, e))

    def writer(self, path, write, size=0):
        """``write``, with reports of progress where there is a callback. ``size``: bytes that are
        there already."""
        if self.updater.progress_callback:
            progress = load("progress")
            write = progress.writer(self, path, write, size)
        return write

    def digest(self, name, path):
        """The digest of the part file, as hexadecimal digits."""
        transaction = self.updater._transaction
        transaction.step = OTAErrorCode.APPLY, "reading back " + path
        with open(transaction.part, "rb") as file:
            return digest(name, file, memoryview(self.buffer)[: self.updater.md5_chunk_size])

    def retry(self, function, url, path):
        """Calls ``function`` until it succeeds or the attempts are used up; events where there is a
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
                return function()
            except (NetworkError, OTAError) as e:
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
