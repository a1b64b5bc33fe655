"""Downloads that go on where an earlier attempt stopped (RFC 9110, sections 13.1.5 and 14).

A download goes to the partial file, and becomes the part file when it is complete. The side file
says, a line each, what the partial file belongs to: its URL, the MD5 that the whole file has, and
the validator of the response that it came with, which may be empty. As long as there is a side
file, other downloads go to the part file at once, so that the first files of an update, fetched
again, do not cost what there is of a later one. Of two that were cut the longer one is kept.

Where the server does not go on with it, or the MD5 is wrong in the end, the file is fetched whole.
"""

import os

from micropython import const

from . import fs
from .const import NetworkError

# A shorter body is not worth a side file.
_WORTH = const(1024)
# What a power cut may lose: bytes between two syncs of the partial file.
_SYNC = const(16384)
# Bytes before the first sync: see fs.writer.
_FIRST_SYNC = const(4096)


def fetch(downloads, url, path, md5):
    """Brings the file to the part file, whole; if a partial one was used, its MD5 is right.

    Raises NetworkError, and OSError where the flash fails.
    """
    if not _Attempt(downloads, url, path, md5).run():
        _Attempt(downloads, url, path, md5).run()


class _Attempt:
    def __init__(self, downloads, url, path, md5):
        self._downloads = downloads
        self._transaction = transaction = downloads.updater._transaction
        self._url = url
        self._md5 = md5
        self._path = path
        self._file = self._write = None
        self._unsynced = _SYNC - _FIRST_SYNC
        # The response is none that can be used; it brings the file from its start.
        self._refused = self._whole = False
        # What of the file is there already, and how the server knows it.
        self._size = 0
        self._validator = ""
        self._target = transaction.partial
        self._look()

    def _look(self):
        """Finds out whose the partial file is."""
        transaction = self._transaction
        lines = fs.read_text(transaction.resume, 2048).split("\n")
        if len(lines) == 4 and fs.kind(transaction.partial) == fs.FILE:
            if lines[:2] == [self._url, self._md5]:
                self._size = os.stat(transaction.partial)[6]
                self._validator = lines[2]
            elif lines[0] != self._url:
                self._target = transaction.part

    def run(self):
        """Asks for what is missing; false where the partial file turned out to be of no use, which
        is gone then."""
        fields = ""
        if self._size:
            fields = "Range: bytes=%d-\r\n" % self._size
            if self._validator:
                fields += "If-Range: %s\r\n" % self._validator
        failed = None
        try:
            self._downloads.client.get(self._url, self._take, False, fields, self._start)
        except NetworkError as e:
            failed = e
        finally:
            if self._file:
                self._file.close()
        if failed and not self._refused:
            self._keep_longer()
            raise failed
        self._complete()
        return self._whole or self._downloads.digest("md5", self._path) == self._md5.lower()

    def _start(self, head):
        status, _, _, validator, first, length = head
        if status == 206 and self._size and first == self._size:
            # A server that does not know If-Range goes on with whatever file it has now.
            self._refused = bool(validator and self._validator and validator != self._validator)
            if not self._refused:
                self._open("ab", self._size)
            return not self._refused
        if status == 200:
            self._whole = True
            self._validator = validator or ""
            if self._target == self._transaction.partial:
                self._transaction.forget_partial()
                if length is None or length > _WORTH:
                    self._note()
            self._open("wb", 0)
            return True
        self._refused = self._size > 0 and status in (206, 416)
        return False

    def _note(self):
        """Writes the side file."""
        text = "\n".join((self._url, self._md5, self._validator, ""))
        fs.write_text(self._transaction.resume, text)

    def _open(self, mode, size):
        self._file = open(self._target, mode)
        self._write = self._downloads.writer(self._path, self._synced, size)

    def _take(self, piece):
        self._write(piece)

    def _synced(self, piece):
        self._file.write(piece)
        self._unsynced += len(piece)
        if self._unsynced >= _SYNC:
            self._file.flush()
            self._unsynced = 0

    def _complete(self):
        """Makes the partial file the part file."""
        transaction = self._transaction
        if self._target == transaction.partial:
            # On FAT, a cut in a rename leaves two names for one file, neither to be kept.
            fs.remove(transaction.resume)
            transaction.remove(transaction.part)
            fs.rename(transaction.partial, transaction.part)

    def _keep_longer(self):
        """Puts the part file in place of another's partial file, if it is the longer one."""
        transaction = self._transaction
        if not self._file or self._target == transaction.partial:
            return
        if os.stat(transaction.part)[6] > os.stat(transaction.partial)[6]:
            transaction.forget_partial()
            fs.rename(transaction.part, transaction.partial)
            self._note()
