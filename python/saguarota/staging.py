"""The remote manifest on its way to flash. Unloaded when it is there."""

from micropython import const

from . import fs
from .const import NetworkError, OTAError, OTAErrorCode

# A manifest of 32768 entries, as many as the native reader takes, with some air.
_SIZE_MAX = const(4 << 20)


def fetch_manifest(updater, downloads):
    """Returns the path of the file that holds the remote manifest. Raises OTAError, OSError."""
    transaction = updater._transaction
    staging = _Staging(
        transaction.local_manifest_file, transaction.new_manifest, updater.io_chunk_size
    )
    code = OTAErrorCode.MANIFEST_FETCH
    transaction.step = code, "writing " + transaction.new_manifest

    def fetch():
        staging.begin()
        downloads.client.get(updater.manifest_url, staging.write)
        return staging.finish()

    try:
        return downloads.retry(fetch, None, None)
    except NetworkError as e:
        raise OTAError(code, "GET %s: %s" % (updater.manifest_url, e))
    except OSError:
        # The flash may be full.
        transaction.forget_partial()
        raise
    finally:
        staging.close()


class _Staging:
    """Takes a manifest's body. As long as it is the local manifest over again, nothing is written
    to flash; at the first difference it goes to ``path`` whole."""

    def __init__(self, local_path, path, size):
        self.path = path
        self.view = memoryview(bytearray(size))
        self.local_path = local_path
        self._local = self._file = None
        self._size = 0

    def begin(self):
        """Starts afresh, for each attempt."""
        self.close()
        self._size = 0
        if fs.kind(self.local_path) == fs.FILE:
            self._local = open(self.local_path, "rb")
        else:
            fs.make_parents(self.path)
            self._open()

    def write(self, piece):
        """Takes the next bytes, at most ``size``."""
        if self._size + len(piece) > _SIZE_MAX:
            raise NetworkError("ValueError: manifest over %d bytes" % _SIZE_MAX)
        if self._local:
            same = self.view[: len(piece)]
            if self._local.readinto(same) != len(piece) or same != piece:
                self._differ()
        if self._file:
            self._write(piece)
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
        self._open()
        with open(self.local_path, "rb") as local:
            while left:
                got = local.readinto(self.view[: min(left, len(self.view))])
                self._write(self.view[:got])
                left -= got

    def _open(self):
        self._file = open(self.path, "wb")
        self._write = fs.writer(self._file)
