"""What the device remembers of releases that it could not keep.

A device that installs a release at each boot and fails would never come to its application. So a
failed install is noted, and the same release waits for some boots before it is tried again. The
note has these lines: the release's digest; how often it failed; how many boots it still waits; how
many installs, of whatever release, failed one after the other without a boot that waited; code and
message of the last error; and then the digests of releases that are never installed again.
"""

from micropython import const

from . import flash
from .atomic_file import finish_copy, store
from .const import OTAError, OTAErrorCode, describe, log
from .transaction import ROW_MAX

_DIGEST = const(32)


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
        boots = int(note.row >= ROW_MAX)
    try:
        if not boots:
            # It has the release's digest, but nobody wrote it who knew what it means.
            note.remove()
            return OTAError(OTAErrorCode.APPLY, "%s is damaged: removed" % transaction.note)
        note.row = 0
        note.store()
    except OSError as e:
        log("warning: not counted: " + describe(e))
    message = "boots until the next attempt: %d; %s" % (boots, note.message)
    return OTAError(note.code, message)


class Note:
    def __init__(self, transaction):
        self._path = transaction.note
        self.release = self.message = ""
        self.code = OTAErrorCode.APPLY
        self.failures = self.boots = self.row = 0
        lines = []
        path = finish_copy(self._path)
        try:
            if flash.kind(path) == flash.FILE:
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
            # Empty, or whoever wrote that; it must not keep the device from its updates.
            pass

    def store(self):
        numbers = [str(number) for number in (self.failures, self.boots, self.row)]
        store(self._path, [self.release] + numbers + [self.code, self.message] + self.given_up)

    def remove(self):
        flash.remove(self._path)
