"""The remote manifest beside the local one: is anything due, and what?"""

from _saguarota import Manifest
from micropython import const

from . import flash
from .const import OTAError, OTAErrorCode, log

# A manifest of 32768 entries, as many as the native reader takes, with some air.
_SIZE_MAX = const(4 << 20)
# Bytes of a manifest read at once; there are two such buffers during an update.
_BUFFER = const(256)


class Staging:
    """Takes a manifest's body. As long as it is the local manifest over again, nothing is written
    to flash; at the first difference it goes to ``path`` whole."""

    def __init__(self, local_path, path, buffer):
        self.path = path
        self.view = memoryview(buffer)
        self.local_path = local_path
        self._local = self._file = None
        self._size = 0

    def begin(self):
        """Starts afresh, for each attempt."""
        self.close()
        self._size = 0
        if flash.kind(self.local_path) == flash.FILE:
            self._local = open(self.local_path, "rb")
        else:
            flash.make_parents(self.path)
            self._file = open(self.path, "wb")

    def write(self, piece):
        """Takes the next bytes, at most as many as the buffer holds."""
        if self._size + len(piece) > _SIZE_MAX:
            raise ValueError("manifest over %d bytes" % _SIZE_MAX)
        if self._local:
            same = self.view[: len(piece)]
            if self._local.readinto(same) != len(piece) or same != piece:
                self._differ()
        if self._file:
            self._file.write(piece)
        self._size += len(piece)

    def finish(self):
        """The path of the file that now holds the manifest."""
        if self._local and self._local.read(1):
            self._differ()
        written = self._file is not None
        self.close()
        return self.path if written else self.local_path

    def close(self):
        for file in (self._local, self._file):
            if file:
                file.close()
        self._local = self._file = None

    def _differ(self):
        self._local.close()
        self._local = None
        left = self._size
        self._file = open(self.path, "wb")
        with open(self.local_path, "rb") as local:
            while left:
                got = local.readinto(self.view[: min(left, len(self.view))])
                self._file.write(self.view[:got])
                left -= got


class ManifestFile:
    """A manifest on flash, read by the native module."""

    def __init__(self, path, own, field):
        self._file = open(path, "rb")
        self.native = Manifest(self._file, bytearray(_BUFFER), own, field)
        self.version = self.entries = 0
        self.signed = False

    def survey(self, key):
        """Reads it whole, brings its entries in path order; tells whether ``key`` has signed it.

        Raises ValueError with entry and byte.
        """
        self.version, self.entries, ordered, self.signed, valid = self.native.survey(key)
        if not ordered:
            self.native.sort(bytearray(4 * self.entries))
        if valid is None and self.signed and key is not None:
            valid = self.native.verify(key)
        self.native.rewind()
        return valid

    def close(self):
        self._file.close()


class Release:
    """What the server offers, compared with what the device has."""

    def __init__(self, remote_path, local_path, own, field, force):
        self._parts = (remote_path, local_path, own, field)
        self.force = force
        self._remote = self._local = None

    def is_due(self, key):
        """Checks the remote manifest and tells whether its version asks for an update.

        Raises OTAError (MANIFEST_FETCH, MANIFEST_SIGNATURE).
        """
        remote_path, local_path, own, field = self._parts
        self._remote = ManifestFile(remote_path, own, field)
        try:
            valid = self._remote.survey(key)
        except ValueError as e:
            raise OTAError(OTAErrorCode.MANIFEST_FETCH, "manifest: %s" % e)
        if key is not None and not valid:
            what = "does not match" if self._remote.signed else "is missing"
            raise OTAError(
                OTAErrorCode.MANIFEST_SIGNATURE, "manifest: signature '%s' %s" % (field, what)
            )
        if self.force:
            self._open_local(local_path, own, field)
            return True
        if remote_path == local_path:
            return False
        self._open_local(local_path, own, field)
        return self._remote.version > (self._local.version if self._local else 0)

    def _open_local(self, path, own, field):
        if flash.kind(path) != flash.FILE:
            return
        self._local = ManifestFile(path, own, field)
        try:
            self._local.survey(None)
        except ValueError as e:
            log("warning: %s is ignored: %s" % (path, e))
            self._local.close()
            self._local = None

    @property
    def total(self):
        """Entries of the remote manifest."""
        return self._remote.entries

    def changes(self, everything):
        """Yields ``(path, from, to, md5, due, index)`` for each due entry, or for every one, in
        path order."""
        local = self._local.native if self._local else None
        self._remote.native.rewind()
        if local:
            local.rewind()
        while True:
            change = self._remote.native.next(local, self.force, everything)
            if change is None:
                return
            yield change

    def close(self):
        for manifest in (self._remote, self._local):
            if manifest:
                manifest.close()
        self._remote = self._local = None
