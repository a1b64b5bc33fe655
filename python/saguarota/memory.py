"""What the device remembers of a release that it could not keep.

A device that installs a release at each boot and fails would never come to its application. So a
failed install is noted, and the same release waits for some boots before it is tried again. The
note has these lines: the release's digest; how often it failed; how many boots it still waits, or
-1 for ever; code and message of the last error.
"""

from micropython import const

from . import flash
from .const import OTAError
from .mend import finish_copy, store

_BOOTS_MAX = const(32)


def installed(transaction):
    """The digest of the release that the journal is of; empty where there is no journal."""
    return flash.read_text(transaction.journal, 34)[2:]


def wait(transaction):
    """Counts this boot, and raises OTAError, if the release has to wait."""
    note = _Note(transaction, transaction.release)
    if note.boots < 0:
        raise OTAError(note.code, "not tried again: " + note.message)
    if note.boots:
        message = "boots until the next attempt: %d; %s" % (note.boots, note.message)
        note.boots -= 1
        note.store()
        raise OTAError(note.code, message)


def failed(transaction, release, code, message, forever):
    """Notes that a release could not be installed, or that it must not be again."""
    note = _Note(transaction, release)
    note.failures += 1
    if forever:
        note.boots = -1
    elif note.boots >= 0:
        note.boots = min(1 << min(note.failures - 1, 8), _BOOTS_MAX)
    note.code = code
    note.message = message.replace("\n", " ")[:256]
    note.store()


def watchdog_bit():
    """Whether this boot follows a reset by the watchdog, where the port can tell. If that was in
    the middle of an install, it would be the next time, too; a loss of power is no such sign."""
    try:
        from machine import WDT_RESET, reset_cause
    except ImportError:
        return False
    return reset_cause() == WDT_RESET


class _Note:
    def __init__(self, transaction, release):
        self._path = transaction.beside(transaction.backup_dir, "bad")
        self._release = release
        self.failures = self.boots = 0
        self.code = self.message = ""
        finish_copy(self._path)
        lines = flash.read_text(self._path, 1024).split("\n")
        try:
            if lines[0] == release:
                self.failures, self.boots = int(lines[1]), int(lines[2])
                self.code, self.message = lines[3:5]
        except (IndexError, ValueError):
            # Whoever wrote that, it must not keep the device from its updates.
            pass

    def store(self):
        numbers = [str(self.failures), str(self.boots)]
        store(self._path, [self._release] + numbers + [self.code, self.message])
