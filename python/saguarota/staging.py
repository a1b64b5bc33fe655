"""The remote manifest on its way to flash. Unloaded when it is there."""

from micropython import const

from . import fs
from .const import NetworkError, OTAError, OTAErrorCode

# A manifest of 32768 entries, as many as the native reader takes, with some air.
_SIZE_MAX = const(4 << 20)


def fetch(updater, downloads):
    """Returns the path of the file that holds the remote manifest. Raises OTAError, OSError."""
    transaction = updater._transaction
    staging = _Staging(
        transaction.local_manifest_file, transaction.new_manifest, updater.io_chunk_size
    )
    code = OTAErrorCode.MANIFEST_FETCH
    transaction.step = code, "writing " + transaction.new_manifest

    def attempt():
        staging.start()
        downloads.client.get(updater.manifest_url, staging.write)
        return staging.end()

    try:
        return downloads.retry(attempt, None, None)
    except NetworkError as e:
        raise OTAError(code, "GET %s: %s" % (updater.manifest_url, e))
    except OSError:
        # The flash may be full.
        transaction.remove_partial()
        raise
    finally:
        staging.close()


class _Staging:
    """Takes a manifest's body. As long as it is the local manifest over again, nothing is written
    to flash; at the first difference it goes to ``path`` whole."""

    def __init__(self, local, path, size):
        self.path = path
        self.buffer = memoryview(bytearray(size))
        self.local = local
        self.input = self.file = None
        self.size = 0

    def start(self):
        """Starts afresh, for each attempt."""
        self.close()
        self.size = 0
        if fs.kind(self.local) == fs.FILE:
            self.input = open(self.local, "rb")
        else:
            fs.make_parents(self.path)
            self.open()

    def write(self, piece):
        """Takes the next bytes, at most ``size``."""
        if self.size + len(piece) > _SIZE_MAX:
            raise NetworkError("ValueError: manifest over %d bytes" % _SIZE_MAX)
        if self.input:
            same = self.buffer[: len(piece)]
            if self.input.readinto(same) != len(piece) or same != piece:
                self.copy()
        if self.file:
            self.writer(piece)
        self.size += len(piece)

    def end(self):
        """The path of the file that now holds the manifest."""
        if self.input and self.input.read(1):
            self.copy()
        written = self.file is not None
        self.close()
        return self.path if written else self.local

    def close(self):
        for file in (self.input, self.file):
            if file:
                file.close()
        self.input = self.file = None

    def copy(self):
        self.input.close()
        self.input = None
        left = self.size
        self.open()
        with open(self.local, "rb") as file:
            while left:
                got = file.readinto(self.buffer[: min(left, len(self.buffer))])
                self.writer(self.buffer[:got])
                left -= got

    def open(self):
        self.file = open(self.path, "wb")
        self.writer = fs.writer(self.file)
