"""Deletes the files on the device that the manifest does not name.

They are found before anything is changed, so that the journal is complete, and deleted when all
that is new is installed.
"""

import os
import sys
from errno import EACCES

import _saguarota

from . import fs
from .const import OTADeletePolicy, OTAErrorCode, call, log
from .journal import parse
from .stale import is_kept


def plan(updater, release, table, fold):
    """Adds the extras to the journal; ``table``: 8 bytes for each file of the manifest; ``fold``:
    whether the file system knows no case of letters. Raises OSError."""
    transaction = updater._transaction
    suffixes = updater.delete_files_not_in_manifest_extensions
    policy = updater.delete_files_not_in_manifest_policy
    if policy == OTADeletePolicy.ALL:
        # All names end with nothing.
        suffixes = ("",)
    elif policy == OTADeletePolicy.MANIFEST_EXTENSIONS:
        suffixes = _used(release.remote, suffixes)
    # FAT has no ".".
    root = fs.absolute(transaction.dest_dir)
    if not suffixes or fs.kind(root) != fs.FOLDER:
        return
    release.remote.members(table, fold)
    own = call("reserved", "reserved", transaction, _protected())

    def add(journal, folder, prefix, mounts):
        # No manifest has a name that is no UTF-8.
        for entry in fs.entries(folder):
            path = prefix + entry[0]
            # No manifest installs a name with a line feed, and the journal cannot hold it.
            if "\n" in path or not _saguarota.extra(table, fold, own, path):
                continue
            if entry[1] == 0x4000:
                inner = fs.join(folder, entry[0])
                if inner not in mounts:
                    add(journal, inner, path + "/", mounts)
            elif entry[1] == 0x8000 and _ends(path, suffixes):
                kept = fs.join(transaction.backup_dir, path)
                file = kept if is_kept(transaction, kept) else fs.join(root, path)
                journal.write("X %d %s\n" % (fs.size(file), path))

    transaction.step = OTAErrorCode.DELETE_EXTRAS, "looking for extra files"
    # At the root, other file systems show up, in entries of three members. What they are mounted
    # over is a folder like any other.
    mounts = ["/" + entry[0] for entry in fs.entries("/") if len(entry) < 4]
    with open(transaction.journal, "a") as journal:
        add(journal, root, "", mounts)


def delete(updater, buffer):
    """Backs up and deletes the extras, and the folders that they leave empty.

    Raises OSError.
    """
    from .installation import back_up

    transaction = updater._transaction
    policy = updater.delete_files_not_in_manifest_policy
    for line in transaction.work:
        # If nothing was due, there are other lines, too.
        if line[0] != "X":
            continue
        mark, size, path = parse(line)
        if is_kept(transaction, fs.join(transaction.backup_dir, path)):
            mark = "K"
        transaction.step = OTAErrorCode.DELETE_EXTRAS, "backing up " + path
        back_up(transaction, path, size, mark, buffer)
        transaction.step = OTAErrorCode.DELETE_EXTRAS, "deleting " + path
        if _remove(transaction.dest_dir, path):
            updater._event("file_delete_extra", {"path": path, "policy": policy})
        else:
            log("warning: %s is read-only: not deleted" % path)


def _remove(dest_dir, path):
    """Removes a file and the folders that it leaves empty; false if the file is read-only, as FAT
    knows it: that keeps no release out."""
    try:
        os.remove(fs.join(dest_dir, path))
    except OSError as e:
        if e.errno != EACCES:
            raise
        return False
    slash = path.rfind("/")
    while slash > 0:
        try:
            os.rmdir(fs.join(dest_dir, path[:slash]))
        except OSError:
            # It still holds something.
            break
        slash = path.rfind("/", 0, slash)
    return True


def _used(manifest, suffixes):
    """Those of the suffixes that paths of the manifest end with."""
    used = []
    manifest.rewind()
    while len(used) < len(suffixes):
        entry = manifest.next(None, True, True)
        if entry is None:
            break
        for suffix in suffixes:
            if suffix not in used and _ends(entry[0], (suffix,)):
                used.append(suffix)
    return used


def _ends(name, suffixes):
    name = name.lower()
    for suffix in suffixes:
        if name.endswith(suffix):
            return True
    return False


def _protected():
    """What keeps the device updatable: the updater's code, and what starts it."""
    native = getattr(_saguarota, "__file__", "_saguarota")
    package = getattr(sys.modules["saguarota"], "__file__", "saguarota/")
    return "boot.py", native, package[: package.rfind("/")]
