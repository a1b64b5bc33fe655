"""Releases that the device could not keep, and how long each of them waits.

A device that installs a release at each boot and fails would never come to its application. So a
failed install is noted, and the same release waits for some boots before it is tried again. The
note has these lines: the release's digest; how often it failed; how many boots it still waits; how
many installs, of any release, failed one after the other without a boot that waited; code and
message of the last error; and then the digests of releases that are never installed again.
"""

from _saguarota import digest
from micropython import const

from . import fs
from .const import OTAError, OTAErrorCode, describe, log

# So many releases that fail in a row are tried at once. A manifest that is another one at each
# request would keep the device from its application.
_ROW_MAX = const(5)
_DIGEST = const(32)
_BOOTS_MAX = const(32)
_GIVEN_UP_MAX = const(8)


def identify(transaction, path, buffer):
    """Notes the digest of the file ``path``, a manifest or a list, as that of the release. Raises
    OTAError if that release failed before and has to wait; ``wait`` counts this boot later, when
    the heap is free of the update."""
    with open(path, "rb") as file:
        transaction.release = digest("md5", file, buffer)
    note = transaction.note
    if _is_noted(transaction, note) or _is_noted(transaction, note[:-1] + "2"):
        transaction.waits = True
        raise OTAError(OTAErrorCode.APPLY, "this release failed before")


def _is_noted(transaction, note):
    """Whether the release has to wait by the note of failures, see above."""
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
            same = line[:-1] == transaction.release.encode()
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


def wait(transaction):
    """Counts a boot in which the release has to wait. Returns the OTAError that says so."""
    release = transaction.release
    note = Note(transaction)
    if release in note.given_up:
        return OTAError(OTAErrorCode.APPLY, "given up: this release was not confirmed in its time")
    if release == note.release:
        boots = note.boots
        note.boots = max(boots - 1, 0)
    else:
        boots = int(note.row >= _ROW_MAX)
    try:
        if not boots:
            # It names the release, but its numbers cannot be read.
            note.remove()
            return OTAError(OTAErrorCode.APPLY, "%s is damaged: removed" % transaction.note)
        note.row = 0
        note.store()
    except OSError as e:
        log("warning: not counted: " + describe(e))
    message = "boots until the next attempt: %d; %s" % (boots, note.message)
    return OTAError(note.code, message)


def failed(transaction, release, code, message, forever):
    """Notes that a release could not be installed, or that it must not be again."""
    note = Note(transaction)
    if release != note.release:
        note.release = release
        note.failures = 0
    note.failures += 1
    note.boots = min(1 << min(note.failures - 1, 8), _BOOTS_MAX)
    note.row += 1
    if forever and release not in note.given_up:
        note.given_up = note.given_up[1 - _GIVEN_UP_MAX :] + [release]
    note.code = code
    note.message = message[:256]
    note.store()


def forget(transaction):
    """Forgets what failed, as there is a release that works; not what was given up."""
    note = Note(transaction)
    if note.given_up:
        note.release = ""
        note.boots = note.row = 0
        note.store()
    else:
        note.remove()


def _atomic_file():
    # Not loaded for a release that need not wait.
    from . import atomic_file

    return atomic_file


class Note:
    def __init__(self, transaction):
        self._path = transaction.note
        self.release = self.message = ""
        self.code = OTAErrorCode.APPLY
        self.failures = self.boots = self.row = 0
        lines = []
        path = _atomic_file().finish_copy(self._path)
        try:
            if fs.kind(path) == fs.FILE:
                with open(path) as file:
                    # A line at a time: there may be no large piece of heap.
                    for line in file:
                        lines.append(line[:-1])
        except ValueError:
            # No text.
            pass
        self.given_up = [line for line in lines[6:] if len(line) == _DIGEST]
        try:
            self.failures, self.boots, self.row = [int(line) for line in lines[1:4]]
            self.release, self.code, self.message = lines[0], lines[4], lines[5]
        except (IndexError, ValueError):
            # Empty or damaged. It must not keep the device from its updates.
            pass

    def store(self):
        numbers = [str(number) for number in (self.failures, self.boots, self.row)]
        _atomic_file().store(
            self._path, [self.release] + numbers + [self.code, self.message] + self.given_up
        )

    def remove(self):
        fs.remove(self._path)
