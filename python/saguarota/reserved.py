"""The names that no release may have, and no policy deletes. Unloaded when the list is
made."""

import gc

from . import fs


def reserved(paths, more=()):
    """The updater's own files below ``dest_dir``, and those of ``more``, relative to it, one a
    line, as the native module takes them. ``paths``: a ``Paths``."""
    names = {paths.backup_dir, paths.ota_state_file, paths.local_manifest_file}
    names.update(more)
    for path in (paths.new_state, paths.new_manifest, paths.journal, paths.part):
        # All that begin so.
        names.add(fs.absolute(path)[:-3])
    # In lower case: FAT has no other, and the options may spell one folder in two ways.
    base = fs.absolute(paths.dest_dir).rstrip("/").lower() + "/"
    text = ""
    for name in names:
        name = fs.absolute(name).lower()
        if name.startswith(base):
            text += name[len(base) :] + "\n"
    # A copy, for this one lies behind much garbage, where it would keep the heap in pieces.
    del names
    gc.collect()
    return text[:-1]
