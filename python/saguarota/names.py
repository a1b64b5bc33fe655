"""Two names of a release that are one file on the device. Dropped from the heap when they are
looked for."""

from micropython import const

from . import flash
from .const import OTAError, OTAErrorCode

# Bytes of heap to look for them in.
_TABLE = const(512)


def check(transaction, manifest):
    """Whether the file system of dest_dir knows no case of letters, as FAT. Raises OTAError where
    two names of the manifest are one file on it."""
    folds = _folds_case(transaction)
    if folds:
        names = manifest.same_file(bytearray(_TABLE))
        if names:
            raise OTAError(OTAErrorCode.APPLY, "%s and %s are one name here" % names)
    return folds


def _folds_case(transaction):
    """Tried with a file of the updater's own."""
    folder = flash.absolute(transaction.dest_dir)
    while flash.kind(folder) != flash.FOLDER:
        # It will be created, and the journal has to say so.
        folder = folder[: folder.rfind("/")] or "/"
    name = transaction.part[transaction.part.rfind("/") + 1 :]
    flash.write_text(flash.join(folder, name), "")
    folds = flash.kind(flash.join(folder, name.upper())) != flash.NONE
    flash.remove(flash.join(folder, name))
    return folds
