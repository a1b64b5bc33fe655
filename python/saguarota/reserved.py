"""The names that no release may have, and no policy deletes. Unloaded when the list is
made."""

import gc

from . import fs


def reserved(transaction, extra=()):
    """The updater's files below ``dest_dir``, and those of ``extra``, relative to it, one a
    line, as the native module takes them."""
    names = {transaction.backup_dir, transaction.ota_state_file, transaction.local_manifest_file}
    names.update(extra)
    for path in (
        transaction.new_state,
        transaction.new_manifest,
        transaction.journal,
        transaction.part,
    ):
        # All that begin so.
        names.add(fs.absolute(path)[:-3])
    # In lower case: FAT has no other, and the options may spell one folder in two ways.
    base = fs.absolute(transaction.dest_dir).rstrip("/").lower() + "/"
    text = ""
    for name in names:
        name = fs.absolute(name).lower()
        if name.startswith(base):
            text += name[len(base) :] + "\n"
    # A copy, for this one lies behind much garbage, where it would keep the heap in pieces.
    del names
    gc.collect()
    return text[:-1]
