"""Downloads that go on where an earlier attempt stopped (RFC 9110, sections 13.1.5 and 14).

A download goes to the partial file, and becomes the part file when it is complete. The side file
says, a line each, what the partial file belongs to: its URL, the MD5 that the whole file has, and
the validator of the response that it came with, which may be empty. As long as there is a side
file, other downloads go to the part file at once, so that the first files of an update, fetched
again, do not cost what there is of a later one. Of two that were interrupted the longer one stays.

Where the server does not go on with it, or the MD5 is wrong in the end, the file is fetched whole.
"""

import os

from micropython import const

from . import fs
from .const import NetworkError

# A shorter body is not worth a side file.
_WORTH = const(1024)
# What a power loss may lose: bytes between two syncs of the partial file.
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
        self.downloads = downloads
        self.transaction = transaction = downloads.updater._transaction
        self.url = url
        self.md5 = md5
        self.path = path
        self.file = self.write = None
        self.unsynced = _SYNC - _FIRST_SYNC
        # The response is none that can be used; it brings the file from its start.
        self.refused = self.whole = False
        # What of the file is there already, and how the server knows it.
        self.size = 0
        self.validator = ""
        self.target = transaction.partial
        self.look()

    def look(self):
        """Finds out whose the partial file is."""
        transaction = self.transaction
        lines = fs.read(transaction.resume, 2048).split("\n")
        if len(lines) == 4 and fs.kind(transaction.partial) == fs.FILE:
            if lines[:2] == [self.url, self.md5]:
                self.size = os.stat(transaction.partial)[6]
                self.validator = lines[2]
            elif lines[0] != self.url:
                self.target = transaction.part

    def run(self):
        """Asks for what is missing; false where the partial file turned out to be of no use, which
        is gone then."""
        fields = ""
        if self.size:
            fields = "Range: bytes=%d-\r\n" % self.size
            if self.validator:
                fields += "If-Range: %s\r\n" % self.validator
        failed = None
        try:
            self.downloads.client.get(self.url, self.receive, False, fields, self.start)
        except NetworkError as e:
            failed = e
        finally:
            if self.file:
                self.file.close()
        if failed and not self.refused:
            self.retain_longer()
            raise failed
        self.complete()
        return self.whole or self.downloads.digest("md5", self.path) == self.md5.lower()

    def start(self, head):
        validator = head.validator
        if head.status == 206 and self.size and head.start == self.size:
            # A server that does not know If-Range goes on with whatever file it has now.
            self.refused = bool(validator and self.validator and validator != self.validator)
            if not self.refused:
                self.open("ab", self.size)
            return not self.refused
        if head.status == 200:
            self.whole = True
            self.validator = validator or ""
            if self.target == self.transaction.partial:
                self.transaction.remove_partial()
                if head.size is None or head.size > _WORTH:
                    self.note()
            self.open("wb", 0)
            return True
        self.refused = self.size > 0 and head.status in (206, 416)
        return False

    def note(self):
        """Writes the side file."""
        text = "\n".join((self.url, self.md5, self.validator, ""))
        fs.write(self.transaction.resume, text)

    def open(self, mode, size):
        self.file = open(self.target, mode)
        self.write = self.downloads.writer(self.path, self.synced, size)

    def receive(self, piece):
        self.write(piece)

    def synced(self, piece):
        self.file.write(piece)
        self.unsynced += len(piece)
        if self.unsynced >= _SYNC:
            self.file.flush()
            self.unsynced = 0

    def complete(self):
        """Makes the partial file the part file."""
        transaction = self.transaction
        if self.target == transaction.partial:
            # On FAT, a power loss in a rename leaves two names for one file, neither of use.
            fs.remove(transaction.resume)
            transaction.remove(transaction.part)
            fs.rename(transaction.partial, transaction.part)

    def retain_longer(self):
        """Puts the part file in place of another's partial file, if it is the longer one."""
        transaction = self.transaction
        if not self.file or self.target == transaction.partial:
            return
        if os.stat(transaction.part)[6] > os.stat(transaction.partial)[6]:
            transaction.remove_partial()
            fs.rename(transaction.part, transaction.partial)
            self.note()
