"""Finds out which updater has started the update that is on flash."""

from . import fs, journal_reader
from .const import OTAState


def reopen(transaction):
    """The transaction that has started the update, by the options that it had: if that has replaced
    boot.py, the new one may have others. Raises OSError."""
    transaction.close()
    found = []
    if fs.kind(transaction.journal):
        found.append(journal_reader.header(transaction.journal))
    elif transaction.state() != OTAState.IDLE:
        for entry in fs.ilistdir(fs.absolute("")):
            name = entry[0]
            # As ota12345.prg.
            if name.startswith("ota") and name.endswith(".prg") and len(name) == 12:
                other = journal_reader.header(name[:-3] + "jrn")
                if other[4:5] == [transaction.ota_state_file]:
                    found.append(other)
    # Of several, none: it might be the wrong one.
    if len(found) != 1 or not found[0]:
        return transaction
    names = found[0][2:]
    if names == [
        transaction.dest_dir,
        transaction.backup_dir,
        transaction.ota_state_file,
        transaction.local_manifest_file,
    ]:
        # Another one would take 2 KiB of heap.
        return transaction
    return type(transaction)(*names, (), (), transaction.resume_downloads)
