# Runs on MicroPython, for reentry.py and resizing.py: a manifest, and a stream that does what it
# should not.

import io

from _saguarota import Manifest
from saguarota.const import load

# Loaded once: each error of the native module is looked up by it.
message = load("message")
KEY = "key"
OWN = "ota_state.txt"
ENTRIES = 40
# In no order, so that sorting takes many reads.
PATHS = ["d%d/f%d.py" % (number * 7 % 5, number * 17 % ENTRIES) for number in range(ENTRIES)]
FILE = ('{"version":3,"files":[%s]}' % ",".join('{"path":"%s"}' % path for path in PATHS)).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


def outcome(function, *args):
    """The result of a call, or the class and text of what it raises."""
    try:
        return function(*args)
    except Exception as error:
        return type(error), message.format(error)


def raises(error, text, function, *args):
    found = outcome(function, *args)
    assert isinstance(found, tuple) and found[0] is error and text in found[1], found


def is_busy(function, *args):
    raises(RuntimeError, "object is in use", function, *args)


class Meddling(io.IOBase):
    """A stream that calls `meddle` at each read, and at each seek."""

    def __init__(self, content):
        self.file = io.BytesIO(content)
        self.on_read = self.on_seek = None
        self.reads = 0

    def readinto(self, buffer):
        self.reads += 1
        got = self.file.readinto(buffer)
        if self.on_read:
            self.on_read()
        return got

    def seek(self, offset):
        self.file.seek(offset)
        if self.on_seek:
            self.on_seek()

    def meddle(self, on_read, on_seek=None):
        self.reads, self.on_read, self.on_seek = 0, on_read, on_seek


def opened(size=32, own=OWN, field="signature"):
    file = Meddling(FILE)
    manifest = Manifest(file, bytearray(size), own, field)
    found = manifest.validate()
    assert is_expected(found)
    assert not (found.sorted or found.signed or found.extended or found.sha256)
    return file, manifest


def is_expected(found):
    return (found.version, found.total) == (3, ENTRIES)


def methods(manifest):
    """Each method, with arguments that it accepts."""
    return (
        (manifest.validate,),
        (manifest.sort, bytearray(4 * ENTRIES)),
        (manifest.verify, KEY),
        (manifest.members, bytearray(8 * ENTRIES), False),
        (manifest.same_file, bytearray(64)),
        (manifest.rewind,),
        (manifest.next, None, False, True),
    )


def paths_of(manifest):
    manifest.rewind()
    found = []
    while True:
        entry = manifest.next(None, False, True)
        if entry is None:
            return found
        found.append(entry.path)
