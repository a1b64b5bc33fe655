"""Finds out whether two names of a release are one file on the device."""

from micropython import const

from . import fs
from .const import OTAError, OTAErrorCode

# Bytes of heap to look for two names of one file in.
_TABLE = const(512)


def same_file(transaction, manifest):
    """Whether the file system of dest_dir ignores the case of letters, as FAT does. Raises OTAError
    where two names of the manifest are one file on it."""
    folder = fs.absolute(transaction.dest_dir)
    while fs.kind(folder) != fs.FOLDER:
        # It will be created, and the journal has to say so.
        folder = folder[: folder.rfind("/")] or "/"
    # Tried with a file of the updater.
    name = transaction.part[transaction.part.rfind("/") + 1 :]
    fs.write(fs.join(folder, name), "")
    ignores_case = fs.kind(fs.join(folder, name.upper())) != 0
    fs.remove(fs.join(folder, name))
    if ignores_case:
        names = manifest.same_file(bytearray(_TABLE))
        if names:
            raise OTAError(OTAErrorCode.APPLY, "%s and %s are one name here" % names)
    return ignores_case
