# Runs on MicroPython: members.py
#
# What pruning asks of the native module, answered by a manifest of three files.

import io

from _saguarota import Manifest, extra
from saguarota.const import describe

OWN = "ota_state.txt\nsaguarota_backup\ncfg/State.txt"
SHA256 = "0123456789abcdefABCDEF9876543210" * 2
FILE = (
    '{"version":3,"files":[{"path":"main.py"},{"path":"lib/caf\\u00e9.mpy","size":"70000000000",'
    '"sha256":"%s"},{"path":"www/a.html","size":9223372036854775807}]}' % SHA256
)


def raises(error, function, *args):
    try:
        function(*args)
    except error as e:
        return describe(e, False)
    raise AssertionError("no %r" % error)


def validated(file):
    manifest = Manifest(file, bytearray(32), OWN, "signature")
    return manifest, manifest.validate()


def check_extra(manifest):
    for fold in (False, True):
        table = bytearray(24)
        assert manifest.members(table, fold) is None
        for path, named in (
            ("main.py", True),
            ("lib/café.mpy", True),
            (b"www/a.html", True),
            ("www/A.html", fold),
            ("LIB/CAFÉ.mpy", fold),
            ("lib/caf\u20ac\u20ac.mpy", fold),
            ("lib/cafe.mpy", False),
            ("lib/café", False),
            ("lib", False),
            ("main.pyc", False),
            ("", False),
        ):
            assert extra(table, fold, "", path) is (not named), path
            assert extra(table, fold, OWN, path) is (not named), path
        for path, own in (
            ("ota_state.txt", True),
            ("OTA_State.txt", True),
            ("saguarota_backup/x/y", True),
            ("cfg", False),
            ("cfg/State.txt", True),
            ("cfg/State", False),
            ("lib/ota_state.txt", False),
        ):
            assert extra(table, fold, OWN, path) is (not own), path
            assert extra(table, fold, "", path) is True, path
    assert extra(bytearray(0), False, "", "main.py") is True


def check_tables(manifest):
    for size in (0, 8, 16, 23, 25, 32, 4000):
        assert "table is " in raises(ValueError, manifest.members, bytearray(size), False)
    assert "8 bytes" in raises(ValueError, extra, bytearray(9), False, "", "a")
    for table in (b"12345678" * 3, "12345678" * 3, None, 24):
        raises(TypeError, manifest.members, table, False)
    raises(TypeError, extra, bytearray(8), False, "", None)
    raises(TypeError, extra, bytearray(8), False, None, "a")
    raises(TypeError, extra, bytearray(8), False, "a")
    for size in (11, 13, 14, 15):
        assert "4 bytes" in raises(ValueError, manifest.sort, bytearray(size))
    # Nothing of that did it any harm.
    manifest.sort(bytearray(12))
    manifest.members(bytearray(24), False)


def check_next(manifest):
    manifest.rewind()
    entries = [manifest.next(None, False, True) for _ in range(3)]
    rows = [(entry.size, entry.sha256) for entry in entries]
    assert rows == [(70000000000, SHA256.lower()), (None, None), ((1 << 63) - 1, None)], rows


def check_order():
    manifest = Manifest(io.BytesIO(FILE), bytearray(8), OWN, "signature")
    assert "validated first" in raises(ValueError, manifest.members, bytearray(24), False)
    manifest, _ = validated(io.BytesIO('{"files":[]}'))
    manifest.sort(bytearray(0))
    manifest.members(bytearray(0), False)
    assert manifest.next(None, False, True) is None


class Failing(io.IOBase):
    """A file of which one read fails."""

    def __init__(self):
        self.file = io.BytesIO(FILE)
        self.left = -1

    def readinto(self, buffer):
        self.left -= 1
        if self.left == 0:
            raise OSError(5)
        return self.file.readinto(buffer)

    def seek(self, offset):
        self.file.seek(offset)


def check_errors():
    file = Failing()
    manifest, _ = validated(file)
    whole, table = bytearray(24), bytearray(24)
    manifest.members(whole, True)
    for reads in range(1, 8):
        file.left = reads
        raises(OSError, manifest.members, table, True)
        manifest.members(table, True)
        assert table == whole


with io.BytesIO(FILE) as file:
    manifest, found = validated(file)
    assert (found.version, found.total) == (3, 3)
    assert not (found.sorted or found.signed or found.extended or found.sha256)
    check_extra(manifest)
    check_tables(manifest)
    check_next(manifest)
check_order()
check_errors()
print("done")
