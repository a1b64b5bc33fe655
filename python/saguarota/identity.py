"""Which release an update would install, and whether that has to wait. Dropped from the heap when
that is known."""

from _saguarota import digest

from . import flash
from .const import OTAError, OTAErrorCode
from .transaction import ROW_MAX


def identify(transaction, path, buffer):
    """Makes what the file ``path`` describes the release to be installed. Raises OTAError if it
    failed before and has to wait; that this boot has come is counted later, when the heap is free
    of the update."""
    with open(path, "rb") as file:
        transaction.release = digest("md5", file, buffer)
    note = transaction.note
    if _is_noted(transaction, note) or _is_noted(transaction, note[:-1] + "2"):
        transaction.waits = True
        raise OTAError(OTAErrorCode.APPLY, "this release failed before")


def _is_noted(transaction, note):
    """Whether the release has to wait by the note of failures, see ``memory``."""
    if flash.kind(note) != flash.FILE:
        return False
    with open(note, "rb") as file:
        number = 0
        failed = False
        while True:
            # In pieces: a message may be longer than any piece of heap that is free.
            line = file.readline(40)
            if not line:
                return False
            same = line[:-1] == transaction.release.encode()
            if number == 0:
                failed = same
            # The third line is how many boots it waits, the fourth how many releases have failed in
            # a row. At the end are those that were given up.
            elif (
                same
                or (number == 2 and failed and line != b"0\n")
                or (number == 3 and not failed and line[:-1].isdigit() and int(line) >= ROW_MAX)
            ):
                return True
            number += 1
