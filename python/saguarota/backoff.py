"""Releases that the device could not keep, and how long each of them waits.

A device that installs a release at each boot and fails would never come to its application. So a
failed install is noted, and the same release waits for some boots before it is tried again. The
note has these lines: the release's digest; how often it failed; how many boots it still waits; how
many installs, of any release, failed one after the other without a boot that waited; code and
message of the last error; and then the digests of releases that are never installed again.
"""

from micropython import const

from . import fs
from .const import OTAError, OTAErrorCode, describe, load, log

_DIGEST = const(32)
_BOOTS_MAX = const(32)
_GIVEN_UP_MAX = const(8)


def wait(transaction):
    """Counts a boot in which the release has to wait. Returns the OTAError that says so."""
    digest = transaction.release_digest
    note = Note(transaction)
    if digest in note.given_up:
        return OTAError(OTAErrorCode.APPLY, "given up: this release was not confirmed in its time")
    if digest == note.release_digest:
        boots = note.boots
        note.boots = max(boots - 1, 0)
    else:
        # Too many releases failed in a row, as ``identify`` has found; or their number is damaged.
        boots = int(note.row > 0)
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


def failed(transaction, release_digest, code, message, given_up):
    """Notes that a release could not be installed, or that it must not be again."""
    note = Note(transaction)
    if release_digest != note.release_digest:
        note.release_digest = release_digest
        note.count = 0
    note.count += 1
    note.boots = min(1 << min(note.count - 1, 8), _BOOTS_MAX)
    note.row += 1
    if given_up and release_digest not in note.given_up:
        note.given_up = note.given_up[1 - _GIVEN_UP_MAX :] + [release_digest]
    note.code = code
    note.message = message[:256]
    note.store()


def forget(transaction):
    """Forgets what failed, as there is a release that works; not what was given up."""
    note = Note(transaction)
    if note.given_up:
        note.release_digest = ""
        note.boots = note.row = 0
        note.store()
    else:
        note.remove()


class Note:
    def __init__(self, transaction):
        self.path = transaction.note
        self.release_digest = self.message = ""
        self.code = OTAErrorCode.APPLY
        self.count = self.boots = self.row = 0
        lines = []
        atomic_file = load("atomic_file")
        path = atomic_file.finish_copy(self.path)
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
            self.count, self.boots, self.row = [int(line) for line in lines[1:4]]
            self.release_digest, self.code, self.message = lines[0], lines[4], lines[5]
        except (IndexError, ValueError):
            # Empty or damaged. It must not keep the device from its updates.
            pass

    def store(self):
        numbers = [str(number) for number in (self.count, self.boots, self.row)]
        atomic_file = load("atomic_file")
        atomic_file.store(
            self.path, [self.release_digest] + numbers + [self.code, self.message] + self.given_up
        )

    def remove(self):
        fs.remove(self.path)
