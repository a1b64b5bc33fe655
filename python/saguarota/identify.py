"""Which release is offered, and whether it has to wait, as it failed before: see ``backoff``."""

from _saguarota import digest
from micropython import const

from . import fs
from .const import OTAError, OTAErrorCode

# So many releases that fail in a row are tried at once. A manifest that is another one at each
# request would keep the device from its application.
_ROW_MAX = const(5)


def identify(transaction, path, buffer):
    """Notes the digest of the file ``path``, a manifest or a list, as that of the release. Raises
    OTAError if that release failed before and has to wait; ``backoff.wait`` counts this boot later,
    when the heap is free of the update."""
    with open(path, "rb") as file:
        transaction.release_digest = digest("md5", file, buffer)
    note = transaction.note
    if _is_noted(transaction, note) or _is_noted(transaction, note[:-1] + "2"):
        transaction.waits = True
        raise OTAError(OTAErrorCode.APPLY, "this release failed before")


def _is_noted(transaction, note):
    """Whether the release has to wait by the note."""
    if fs.kind(note) != fs.FILE:
        return False
    with open(note, "rb") as file:
        number = 0
        failed = False
        while True:
            # In pieces: a message may be longer than any piece of heap that is free.
            line = file.readline(40)
            if not line:
                return False
            same = line[:-1] == transaction.release_digest.encode()
            if number == 0:
                failed = same
            # The third line is how many boots it waits, the fourth how many releases have failed in
            # a row. At the end are those that were given up.
            elif (
                same
                or (number == 2 and failed and line != b"0\n")
                or (number == 3 and not failed and line[:-1].isdigit() and int(line) >= _ROW_MAX)
            ):
                return True
            number += 1
