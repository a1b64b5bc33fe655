"""A release that a manifest describes: fetched, compared with the local one, installed."""

import gc

from _saguarota import Manifest
from micropython import const

from . import fs
from .const import OTADeletePolicy, OTAError, OTAErrorCode, call, load, log

# Bytes of a manifest read at once; there are two such buffers during an update.
_BUFFER = const(256)


def update(updater, downloads):
    """Installs what the manifest offers and the device lacks; true if something was installed.

    Raises OTAError, and anything that the flash, the heap or a defect raise.
    """
    transaction = updater._transaction
    manifests = Manifests(
        call("reserved", "reserved", transaction),
        updater.manifest_signature_field,
        updater.force_update,
        transaction.due,
    )
    try:
        remote = call("staging", "fetch", updater, downloads)
        transaction.step = OTAErrorCode.APPLY, ""
        # What is made next stays until the end. Behind garbage, it would keep the heap in pieces.
        gc.collect()
        manifests.remote = manifests.open(remote)
        if fs.kind(transaction.local_manifest_file) == fs.FILE:
            manifests.local = manifests.open(transaction.local_manifest_file)
        if not call("offer", "is_due", manifests, updater, remote):
            manifests.close()
            transaction.remove_partial()
            transaction.clean()
            return False
        transaction.step = OTAErrorCode.APPLY, "reading back the manifest"
        call("identify", "identify", transaction, remote, downloads.buffer)
        updater._event("update_start", {"mode": "manifest"})
        transaction.step = transaction.PREPARING
        start(updater, manifests, downloads.piece)
        installed = install(updater, manifests, downloads)
        if updater.delete_files_not_in_manifest_policy != OTADeletePolicy.NEVER:
            prune = load("prune")
            prune.delete(updater, downloads.piece)
        installation = load("installation")
        manifests.close()
        transaction.step = OTAErrorCode.APPLY, "finishing the update"
        installation.commit(transaction)
        log("updated to version %d: %d files are new; restarting" % (manifests.version, installed))
        updater._event("update_applied", {"mode": "manifest"})
        return True
    finally:
        manifests.close()


def start(updater, manifests, buffer):
    transaction = updater._transaction
    table = None
    if updater.delete_files_not_in_manifest_policy != OTADeletePolicy.NEVER:
        # First of all, for it has to be in one piece.
        gc.collect()
        try:
            table = bytearray(8 * manifests.total)
        except MemoryError:
            raise OTAError(
                OTAErrorCode.DELETE_EXTRAS,
                "a table of %d files does not fit the heap" % manifests.total,
            )
    transaction.remove_backup()
    paths = (entry.path for entry in manifests.changes(False))
    ignores_case = call("same_file", "same_file", transaction, manifests.remote)
    call("plan", "plan", transaction, paths)
    if table is not None:
        prune = load("prune")
        prune.plan(updater, manifests, table, ignores_case)
        del table
        gc.collect()
    call("start", "start", transaction, manifests.size, buffer)


def install(updater, manifests, downloads):
    """Installs what is due; returns how many files that were."""
    installation = load("installation")
    transaction = updater._transaction
    total = manifests.total
    installed = 0
    everything = updater.progress_callback is not None
    for entry in manifests.changes(everything):
        path = entry.path
        details = {"path": path, "index": entry.index, "total": total}
        if not entry.due:
            updater._event("file_update_skip", details)
            continue
        updater._event(
            "file_update_start",
            {
                "path": path,
                "index": entry.index,
                "total": total,
                "from": entry.local,
                "to": entry.version,
            },
        )
        if not (entry.md5 or entry.sha256):
            log("warning: %s has no md5 and is not checked" % path)
        downloads.fetch(path, entry.md5, entry.sha256)
        transaction.step = OTAErrorCode.APPLY, "installing " + path
        installation.install(transaction, path, downloads.piece)
        installed += 1
        updater._event("file_update_done", details)
    return installed


class Manifests:
    """What the server offers, compared with what the device has.

    ``reserved``, lines of reserved paths, and ``signature_field``, the name of the signature's
    member: as the native ``Manifest`` takes them. ``due``: the file of paths that are due at any
    version. ``remote``, ``local``: native ``Manifest`` objects over the open ``files``;
    ``local`` is None where there is none that can be used. ``version``, ``total``: of the remote
    manifest and its number of entries.
    """

    def __init__(self, reserved, signature_field, force_update, due):
        self.reserved = reserved
        self.signature_field = signature_field
        self.force_update = force_update
        self.due = due
        self.files = []
        self.remote = self.local = None
        self.version = self.total = self.size = 0

    def open(self, path):
        """The native ``Manifest`` over a file, of which nothing is read yet."""
        self.files.append(open(path, "rb"))
        return Manifest(self.files[-1], bytearray(_BUFFER), self.reserved, self.signature_field)

    def changes(self, everything):
        """Yields each due entry, or every one, in path order: what the native ``Manifest.next``
        returns. ``size`` of this object becomes the sum of what they give."""
        self.size = 0
        source = self.remote
        source.rewind()
        if self.local:
            self.local.rewind()
        if fs.size(self.due):
            stale = load("stale")
            source = stale.Manifest(source, self.due)
        while True:
            entry = source.next(self.local, self.force_update, everything)
            if entry is None:
                return
            self.size += entry.size or 0
            yield entry

    def close(self):
        """Closes the manifests, of which nothing can be read any more."""
        for file in self.files:
            file.close()
        self.files = []
        self.remote = self.local = None
