"""What the device remembers of releases that it could not keep.

A device that installs a release at each boot and fails would never come to its application. So a
failed install is noted, and the same release waits for some boots before it is tried again. The
note has these lines: the release's digest; how often it failed; how many boots it still waits; how
many installs, of whatever release, failed one after the other without a boot that waited; code and
message of the last error; and then the digests of releases that are never installed again.
"""

from micropython import const

from . import flash
from .const import OTAError, OTAErrorCode, describe, log
from .mend import finish_copy, store

_BOOTS_MAX = const(32)
# So many releases in a row are tried at once. A manifest that is another one at each request would
# keep the device from its application.
_ROW_MAX = const(5)
_GIVEN_UP_MAX = const(8)
_DIGEST = const(32)


def wait(transaction):
    """Counts this boot, and raises OTAError, if the release has to wait."""
    release = transaction.release
    note = _Note(transaction)
    if release in note.given_up:
        raise OTAError(OTAErrorCode.APPLY, "given up: this release was not confirmed in its time")
    if release == note.release:
        boots = note.boots
        note.boots = max(boots - 1, 0)
    else:
        boots = int(note.row >= _ROW_MAX)
    if boots:
        note.row = 0
        try:
            note.store()
        except OSError as e:
            log("warning: not counted: " + describe(e))
        message = "boots until the next attempt: %d; %s" % (boots, note.message)
        raise OTAError(note.code, message)


def failed(transaction, release, code, message, forever):
    """Notes that a release could not be installed, or that it must not be again."""
    note = _Note(transaction)
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
    note = _Note(transaction)
    if note.given_up:
        note.release = ""
        note.boots = note.row = 0
        note.store()
    else:
        note.remove()


class _Note:
    def __init__(self, transaction):
        self._path = transaction.note
        self.release = self.message = ""
        self.code = OTAErrorCode.APPLY
        self.failures = self.boots = self.row = 0
        lines = flash.read_text(finish_copy(self._path), 1024).split("\n")
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
