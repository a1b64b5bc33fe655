"""A release that a manifest describes: fetched, compared with the local one, installed."""

import gc

from _saguarota import Manifest
from micropython import const

from . import flash
from .const import OTADeletePolicy, OTAError, OTAErrorCode, discard, log, on_flash

# Bytes of a manifest read at once; there are two such buffers during an update.
_BUFFER = const(256)


def update(updater, downloads):
    """Installs what the manifest offers and the device lacks; true if something was installed.

    Raises OTAError, and anything that the flash, the heap or a defect raise.
    """
    transaction = updater._transaction
    release = Release(
        transaction.own_files(),
        updater.manifest_signature_field,
        updater.force_update,
        transaction.due,
    )
    try:
        remote = _fetch_manifest(updater, downloads)
        discard("staging")
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
        on_flash("reading back the manifest", _identify, transaction, remote, downloads.buffer)
        discard("identity")
        updater._event("update_start", {"mode": "manifest"})
        on_flash("preparing the update", _prepare, updater, release, downloads.piece)
        installed = _install(updater, release, downloads)
        if updater.delete_files_not_in_manifest_policy != OTADeletePolicy.NEVER:
            from .prune import delete

            delete(updater, downloads.piece)
        release.close()
        on_flash("finishing the update", _commit, transaction)
        log("updated to version %d: %d files are new; restarting" % (release.version, installed))
        updater._event("update_applied", {"mode": "manifest"})
        return True
    finally:
        release.close()


def _fetch_manifest(updater, downloads):
    from .staging import fetch_manifest

    return fetch_manifest(updater, downloads)


def _identify(transaction, path, buffer):
    from .identity import identify

    identify(transaction, path, buffer)


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
    fold = _check_names(transaction, release.remote)
    discard("names")
    _plan(transaction, release)
    discard("journal")
    if table is not None:
        from .prune import plan

        plan(updater, release, table, fold)
        del table
        gc.collect()
    _start(transaction, release.size, buffer)
    discard("start")


# A module leaves the heap when nothing refers to it, a local name neither: so each call of one that
# is dropped after it is a function of its own.


def _check_names(transaction, manifest):
    from .names import check

    return check(transaction, manifest)


def _plan(transaction, release):
    from .journal import plan

    plan(transaction, (change[0] for change in release.changes(False)))


def _start(transaction, size, buffer):
    from .start import begin

    begin(transaction, size, buffer)


def _install(updater, release, downloads):
    """Installs what is due; returns how many files that were."""
    from .installation import install

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
        on_flash("installing " + path, install, updater._transaction, path, downloads.piece)
        installed += 1
        updater._event("file_update_done", place)
    return installed


def _commit(transaction):
    from .installation import commit

    commit(transaction)


class Release:
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
        again = flash.size(self.due)
        if path == local_path and not (self._force or again):
            return False
        local_version = 0
        if flash.kind(local_path) == flash.FILE:
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
        if flash.size(self.due):
            from . import again

            source = again.Manifest(source, self.due)
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
