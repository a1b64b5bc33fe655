"""Deletes the files on the device that the manifest does not name.

They are found before anything is changed, so that the journal is complete, and deleted when all
that is new is installed.
"""

import os
import sys
from errno import EACCES

import _saguarota

from . import fs, journal, retained
from .const import OTADeletePolicy, OTAErrorCode, call, load, log


def plan(updater, manifests, table, ignores_case):
    """Adds the extras to the journal. Raises OSError.

    ``table``: 8 bytes for each file of the manifest. ``ignores_case``: whether the file system
    ignores the case of letters.
    """
    transaction = updater._transaction
    extensions = updater.delete_files_not_in_manifest_extensions
    policy = updater.delete_files_not_in_manifest_policy
    if policy == OTADeletePolicy.ALL:
        # All names end with nothing.
        extensions = ("",)
    elif policy == OTADeletePolicy.MANIFEST_EXTENSIONS:
        extensions = match(manifests.remote, extensions)
    # FAT has no ".".
    root = fs.absolute(transaction.dest_dir)
    if not extensions or fs.kind(root) != fs.FOLDER:
        return
    manifests.remote.members(table, ignores_case)
    # What keeps the device updatable: the updater's code, and what starts it.
    native = getattr(_saguarota, "__file__", "_saguarota")
    package = sys.modules["saguarota"].__dict__.get("__file__", "saguarota/")
    package = package[: package.rfind("/")]
    reserved = call("reserved", "reserved", transaction, ("boot.py", native, package))

    def add(folder, prefix):
        # Names that are not UTF-8 are left out; no manifest can have one.
        for entry in fs.ilistdir(folder):
            path = prefix + entry[0]
            # No manifest installs a name with a line feed, and the journal cannot hold it.
            if "\n" in path or not _saguarota.extra(table, ignores_case, reserved, path):
                continue
            if entry[1] == 0x4000:
                inner = fs.join(folder, entry[0])
                if inner not in mounts:
                    add(inner, path + "/")
            elif entry[1] == 0x8000 and any([path.lower().endswith(end) for end in extensions]):
                source = fs.join(transaction.backup_dir, path)
                if not retained.is_retained(transaction, source):
                    source = fs.join(root, path)
                file.write(journal.line("X", fs.size(source), path))

    transaction.step = OTAErrorCode.DELETE_EXTRAS, "looking for extra files"
    # At the root, other file systems show up, in entries of three members. What they are mounted
    # over is a folder like any other.
    mounts = ["/" + entry[0] for entry in fs.ilistdir("/") if len(entry) < 4]
    with open(transaction.journal, "a") as file:
        add(root, "")


def delete(updater, buffer):
    """Backs up and deletes the extras, and the folders that they leave empty.

    Raises OSError.
    """
    installation = load("installation")
    transaction = updater._transaction
    policy = updater.delete_files_not_in_manifest_policy
    for line in transaction.work:
        # If nothing was due, there are other lines, too.
        if line[0] != "X":
            continue
        mark, size, path = journal.parse(line)
        if retained.is_retained(transaction, fs.join(transaction.backup_dir, path)):
            mark = "K"
        transaction.step = OTAErrorCode.DELETE_EXTRAS, "backing up " + path
        installation.back_up(transaction, path, size, mark, buffer)
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


def match(manifest, extensions):
    """Those of the extensions that paths of the manifest end with."""
    used = []
    manifest.rewind()
    while len(used) < len(extensions):
        entry = manifest.next(None, True, True)
        if entry is None:
            break
        for extension in extensions:
            if extension not in used and entry.path.lower().endswith(extension):
                used.append(extension)
    return used
