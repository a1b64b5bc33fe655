"""Starts an update whose journal is planned. Unloaded before the first download."""

import os

from micropython import const

from . import fs, journal
from .const import OTAError, OTAErrorCode, OTAState, log

_LOW_SPACE_PERCENT = const(40)
# Bytes in one piece, by the tests of small heaps.
_RESERVE = const(384)


def start(transaction, size, buffer):
    """Makes the state installing, by the plan. ``size``: bytes that the new files are known to
    have at least."""
    transaction.step = transaction.PREPARING
    with open(transaction.journal, "a") as file:
        file.write(journal.line("E"))
    _check(transaction, size)
    local = transaction.local_manifest_file
    if fs.kind(local) == fs.FILE:
        transaction.step = OTAErrorCode.APPLY, "copying " + local
        fs.copy(local, transaction.old_manifest, buffer)
        transaction.step = transaction.PREPARING
    # A rollback needs a little more heap than an update: where that is not free, none is started.
    bytearray(_RESERVE)
    try:
        transaction.set_state(OTAState.INSTALLING)
        # From now on there is something to undo.
        fs.write(transaction.progress, "")
    except BaseException:
        fs.remove(transaction.new_state)
        if transaction.state() == OTAState.INSTALLING:
            transaction.set_state(OTAState.IDLE)
        transaction.remove_backup()
        raise
    transaction.work = open(transaction.journal)
    fs.make_parents(transaction.part)


def _check(transaction, size):
    try:
        stat = os.statvfs(transaction.dest_dir)
    except (AttributeError, OSError):
        # The port, or the file system, do not know.
        return
    if not stat[2]:
        return
    # littlefs counts a block twice that two files share, and below none comes a very large number.
    blocks = stat[4] if stat[4] <= stat[2] else 0
    free, total = stat[1] * blocks, stat[1] * stat[2]
    if fs.kind(transaction.partial) == fs.FILE:
        # Part of them, or gone as soon as the space is needed.
        free += os.stat(transaction.partial)[6]
    if free * 100 < total * _LOW_SPACE_PERCENT:
        log("warning: only %d%% of the file system is free" % (free * 100 // total))
    if size > free:
        raise OTAError(
            OTAErrorCode.APPLY, "the new files have %d bytes, %d are free" % (size, free)
        )
    if not free:
        raise OTAError(OTAErrorCode.APPLY, "the file system is full")
