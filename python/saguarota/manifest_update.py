"""A release that a manifest describes: fetched, compared with the local one, installed."""

import gc

from _saguarota import Manifest
from micropython import const

from . import fs
from .const import OTADeletePolicy, OTAError, OTAErrorCode, call, log
from .transaction import PREPARING

# Bytes of a manifest read at once; there are two such buffers during an update.
_BUFFER = const(256)


def update(updater, downloads):
    """Installs what the manifest offers and the device lacks; true if something was installed.

    Raises OTAError, and anything that the flash, the heap or a defect raise.
    """
    transaction = updater._transaction
    release = Manifests(
        call("reserved", "reserved", transaction),
        updater.manifest_signature_field,
        updater.force_update,
        transaction.due,
    )
    try:
        remote = call("staging", "fetch_manifest", updater, downloads)
        transaction.step = OTAErrorCode.APPLY, ""
        # What is made next stays until the end. Behind garbage, it would keep the heap in pieces.
        gc.collect()
        if not release.is_due(
            remote,
            transaction.local_manifest_file,
            updater.manifest_auth_key,
            updater.require_sha256,
        ):
            release.close()
            transaction.forget_partial()
            transaction.clean()
            return False
        transaction.step = OTAErrorCode.APPLY, "reading back the manifest"
        call("backoff", "identify", transaction, remote, downloads.buffer)
        updater._event("update_start", {"mode": "manifest"})
        transaction.step = PREPARING
        _prepare(updater, release, downloads.piece)
        installed = _install(updater, release, downloads)
        if updater.delete_files_not_in_manifest_policy != OTADeletePolicy.NEVER:
            from .prune import delete

            delete(updater, downloads.piece)
        from .installation import commit

        release.close()
        transaction.step = OTAErrorCode.APPLY, "finishing the update"
        commit(transaction)
        log("updated to version %d: %d files are new; restarting" % (release.version, installed))
        updater._event("update_applied", {"mode": "manifest"})
        return True
    finally:
        release.close()


def _prepare(updater, release, buffer):
    transaction = updater._transaction
    table = None
    if updater.delete_files_not_in_manifest_policy != OTADeletePolicy.NEVER:
        # First of all, for it has to be in one piece.
        gc.collect()
        try:
            table = bytearray(8 * release.total)
        except MemoryError:
            raise OTAError(
                OTAErrorCode.DELETE_EXTRAS,
                "a table of %d files does not fit the heap" % release.total,
            )
    transaction.discard_backup()
    paths = (change[0] for change in release.changes(False))
    fold = call("plan", "plan", transaction, paths, release.remote)
    if table is not None:
        from .prune import plan

        plan(updater, release, table, fold)
        del table
        gc.collect()
    call("start", "begin", transaction, release.size, buffer)


def _install(updater, release, downloads):
    """Installs what is due; returns how many files that were."""
    from .installation import install

    transaction = updater._transaction
    total = release.total
    installed = 0
    everything = updater.progress_callback is not None
    for path, old, new, md5, due, index, _, sha256 in release.changes(everything):
        place = {"path": path, "index": index, "total": total}
        if not due:
            updater._event("file_update_skip", place)
            continue
        updater._event(
            "file_update_start",
            {"path": path, "index": index, "total": total, "from": old, "to": new},
        )
        if not (md5 or sha256):
            log("warning: %s has no md5 and is not checked" % path)
        downloads.fetch(path, md5, sha256)
        transaction.step = OTAErrorCode.APPLY, "installing " + path
        install(transaction, path, downloads.piece)
        installed += 1
        updater._event("file_update_done", place)
    return installed


class Manifests:
    """What the server offers, compared with what the device has.

    ``own``: lines of the updater's own files; ``field``: name of the signature member; both as the
    native ``Manifest`` takes them. ``due``: the file of paths that are due whatever their version.
    """

    def __init__(self, own, field, force, due):
        self._own = own
        self._field = field
        self._force = force
        self.due = due
        self._files = []
        self.remote = self._local = None
        self.version = self.total = self.size = 0

    def is_due(self, path, local_path, key, require_sha256):
        """Checks the remote manifest and tells whether its version asks for an update.

        Raises OTAError (MANIFEST_FETCH, MANIFEST_SIGNATURE).
        """
        self.remote = self._open(path)
        try:
            self.version, self.total, signed, valid, extended = self._survey(self.remote, key)
        except ValueError as e:
            raise OTAError(OTAErrorCode.MANIFEST_FETCH, "manifest: %s" % e)
        if require_sha256 and not extended:
            raise OTAError(OTAErrorCode.MANIFEST_SIGNATURE, "manifest: a sha256 is missing")
        if key is not None and not valid:
            raise OTAError(
                OTAErrorCode.MANIFEST_SIGNATURE,
                "manifest: signature '%s' %s"
                % (self._field, "does not match" if signed else "is missing from it"),
            )
        # A rollback has left files that it could not bring back.
        again = fs.size(self.due)
        if path == local_path and not (self._force or again):
            return False
        local_version = 0
        if fs.kind(local_path) == fs.FILE:
            self._local = self._open(local_path)
            try:
                local_version = self._survey(self._local, None)[0]
            except ValueError as e:
                log("warning: %s is ignored: %s" % (local_path, e))
                self._local = None
        version = self.version
        return self._force or version > local_version or (again and version == local_version)

    def _open(self, path):
        self._files.append(open(path, "rb"))
        return Manifest(self._files[-1], bytearray(_BUFFER), self._own, self._field)

    def _survey(self, manifest, key):
        """Reads a manifest whole and brings its entries in path order: ``(version, entries, signed,
        valid, extended)``. Raises ValueError with entry and byte."""
        version, entries, ordered, signed, extended, hashed = manifest.survey()
        if key is not None and not signed:
            return version, entries, signed, False, hashed and extended
        if not ordered:
            try:
                index = bytearray(4 * entries)
            except MemoryError:
                raise ValueError("%d entries out of path order do not fit the heap" % entries)
            manifest.sort(index)
        if key is None:
            return version, entries, signed, False, hashed
        return version, entries, signed, manifest.verify(key), hashed and extended

    def changes(self, everything):
        """Yields ``(path, from, to, md5, due, index, size, sha256)`` for each due entry, or for
        every one, in path order. ``size`` of this object becomes the sum of what they give."""
        self.size = 0
        source = self.remote
        source.rewind()
        if self._local:
            self._local.rewind()
        if fs.size(self.due):
            from . import stale

            source = stale.Manifest(source, self.due)
        while True:
            change = source.next(self._local, self._force, everything)
            if change is None:
                return
            self.size += change[6] or 0
            yield change

    def close(self):
        """Closes the manifests, of which nothing can be read any more."""
        for file in self._files:
            file.close()
        self._files = []
        self.remote = self._local = None
