"""Records a release that could not be kept, or forgets it: see ``memory``."""

from micropython import const

from .memory import Note

_BOOTS_MAX = const(32)
_GIVEN_UP_MAX = const(8)


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
