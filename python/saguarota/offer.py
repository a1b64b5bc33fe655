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
        found, valid = _check(manifests.remote, key)
    except ValueError as e:
        raise OTAError(OTAErrorCode.MANIFEST_FETCH, "manifest: %s" % describe(e, False))
    manifests.version, manifests.total = found.version, found.total
    # A signature vouches for the digests only where it is extended.
    if updater.require_sha256 and not (found.sha256 and (found.extended or key is None)):
        raise OTAError(OTAErrorCode.MANIFEST_SIGNATURE, "manifest: a sha256 is missing")
    if key is not None and not valid:
        raise OTAError(
            OTAErrorCode.MANIFEST_SIGNATURE,
            "manifest: signature '%s' %s"
            % (
                updater.manifest_signature_field,
                "does not match" if found.signed else "is missing from it",
            ),
        )
    # Files that a rollback could not bring back.
    due = fs.size(manifests.due)
    if path == local and not (manifests.force_update or due):
        return False
    local_version = 0
    if manifests.local:
        try:
            local_version = _check(manifests.local, None)[0].version
        except ValueError as e:
            log("warning: %s is ignored: %s" % (local, describe(e, False)))
            manifests.local = None
    version = manifests.version
    return manifests.force_update or version > local_version or (due and version == local_version)


def _check(manifest, key):
    """Reads a manifest whole and brings its entries in path order. Returns what ``validate`` found,
    and whether there is a key and the signature is the key's. Raises ValueError with entry and
    byte."""
    found = manifest.validate()
    if key is not None and not found.signed:
        return found, False
    if not found.sorted:
        try:
            index = bytearray(4 * found.total)
        except MemoryError:
            raise ValueError("%d entries out of path order do not fit the heap" % found.total)
        manifest.sort(index)
    return found, key is not None and manifest.verify(key)
