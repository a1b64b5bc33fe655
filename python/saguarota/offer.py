"""Checks the manifest that the server offers, and whether it asks for an update."""

from . import fs
from .const import OTAError, OTAErrorCode, describe, log


def is_due(manifests, updater, path):
    """Checks the ``manifests``; true if the remote one, at ``path``, asks for an update.

    Raises OTAError (MANIFEST_FETCH, MANIFEST_SIGNATURE).
    """
    local = updater._transaction.local_manifest_file
    key = updater.manifest_auth_key
    try:
        manifests.version, manifests.total, signed, valid, extended = _check(manifests.remote, key)
    except ValueError as e:
        raise OTAError(OTAErrorCode.MANIFEST_FETCH, "manifest: %s" % describe(e, False))
    if updater.require_sha256 and not extended:
        raise OTAError(OTAErrorCode.MANIFEST_SIGNATURE, "manifest: a sha256 is missing")
    if key is not None and not valid:
        raise OTAError(
            OTAErrorCode.MANIFEST_SIGNATURE,
            "manifest: signature '%s' %s"
            % (
                updater.manifest_signature_field,
                "does not match" if signed else "is missing from it",
            ),
        )
    # Files that a rollback could not bring back.
    due = fs.size(manifests.due)
    if path == local and not (manifests.force_update or due):
        return False
    local_version = 0
    if manifests.local:
        try:
            local_version = _check(manifests.local, None)[0]
        except ValueError as e:
            log("warning: %s is ignored: %s" % (local, describe(e, False)))
            manifests.local = None
    version = manifests.version
    return manifests.force_update or version > local_version or (due and version == local_version)


def _check(manifest, key):
    """Reads a manifest whole and brings its entries in path order: ``(version, entries, signed,
    valid, extended)``. Raises ValueError with entry and byte."""
    version, entries, ordered, signed, extended, hashed = manifest.validate()
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
