"""Finds out which updater has begun the update that is on flash."""

from . import fs
from .const import OTAState
from .journal_reader import header
from .transaction import Transaction


def reopen(transaction):
    """The transaction that has begun the update, by the options that it had: if that has replaced
    boot.py, the new one may have others. Raises OSError."""
    transaction.close()
    found = []
    if fs.kind(transaction.journal):
        found.append(header(transaction.journal))
    elif transaction.state() != OTAState.IDLE:
        for entry in fs.entries(fs.absolute("")):
            name = entry[0]
            # As ota12345.prg.
            if name.startswith("ota") and name.endswith(".prg") and len(name) == 12:
                other = header(name[:-3] + "jrn")
                if other[4:5] == [transaction.ota_state_file]:
                    found.append(other)
    # Of several, none: it might be the wrong one.
    if len(found) != 1 or not found[0]:
        return transaction
    _, _, dest_dir, backup_dir, state_file, manifest_file = found[0]
    return Transaction(
        dest_dir, backup_dir, state_file, manifest_file, (), (), transaction.resume_downloads
    )
