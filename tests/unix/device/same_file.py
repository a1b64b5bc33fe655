# Runs on MicroPython: same_file.py FILE
#
# Which names are one file, as the native module tells it and as a real FAT file system has it. FILE
# has a JSON value a line, of one of two kinds:
#
# - A list of paths. Prints [the module's pair or None, FAT's verdict, FAT's verdict on the pair].
# - [[text, …], [name, …]]: each two texts are put into each name in place of `*`. Prints the pairs
#   of names that are one on FAT, and the pairs of which the module says something else.

import io
import json
import os
import sys

import flash
from _saguarota import Manifest
from saguarota.const import describe

PATHS = ["lib/x.py", "a", "LIB/X.py"]
TABLES = (4, 13, 256, 4096)
mounted = []


def fresh():
    """An empty FAT at /flash; returns its disk."""
    if mounted:
        flash.unmount()
    mounted.append(True)
    disk = flash.Flash(bytearray(1024 * 512), 512)
    disk.writes = None
    flash.make(disk, "fat")
    flash.mount(disk, "fat")
    return disk


def kind(path):
    """0: nothing is there; otherwise a file or a folder."""
    try:
        return os.stat(path)[0]
    except OSError as e:
        assert e.errno == 2, (path, e)
        return 0


def meet(paths):
    """Whether two of these paths are one on an empty FAT, or one is a folder of another."""
    fresh()
    for path in paths:
        at = path.find("/")
        while at >= 0:
            found = kind(path[:at])
            if found & 0x8000:
                return True
            if not found:
                os.mkdir(path[:at])
            at = path.find("/", at + 1)
        if kind(path):
            return True
        open(path, "w").close()
    return False


def text_of(paths):
    return json.dumps({"files": [{"path": path} for path in paths]})


def validated(file):
    manifest = Manifest(file, bytearray(64), "", "signature")
    manifest.validate()
    return manifest


def ask(paths):
    """The module's pair; it must not depend on the table's size whether there is one."""
    manifest = validated(io.BytesIO(text_of(paths)))
    pairs = [manifest.same_file(bytearray(size)) for size in TABLES]
    assert len({pair is None for pair in pairs}) == 1, pairs
    return pairs[0]


def check_list(paths):
    pair = ask(paths)
    return pair, meet(paths), pair and meet(pair)


def check_texts(texts, names):
    fresh()
    one, wrong = [], []
    for name in names:
        for at, text in enumerate(texts):
            first = name.replace("*", text)
            open(first, "w").close()
            for other in texts[at + 1 :]:
                second = name.replace("*", other)
                same = bool(kind(second))
                if same:
                    one.append((first, second))
                if same != bool(ask([first, second])):
                    wrong.append((first, second))
            os.remove(first)
    return one, wrong


class Failing(io.IOBase):
    """A manifest of which one read fails."""

    def __init__(self):
        self.file = io.BytesIO(text_of(PATHS))
        self.left = -1

    def readinto(self, buffer):
        self.left -= 1
        if self.left == 0:
            raise OSError(5)
        return self.file.readinto(buffer)

    def seek(self, offset):
        self.file.seek(offset)


def raises(error, function, *args):
    try:
        function(*args)
    except error as e:
        return describe(e, False)
    raise AssertionError("no %r" % error)


def check_arguments():
    manifest = Manifest(io.BytesIO(text_of(PATHS)), bytearray(64), "", "signature")
    assert "validated first" in raises(ValueError, manifest.same_file, bytearray(4))
    file = Failing()
    manifest = validated(file)
    for size in range(4):
        assert "under 4 bytes" in raises(ValueError, manifest.same_file, bytearray(size))
    for table in (b"1234", "1234", None, 4):
        raises(TypeError, manifest.same_file, table)
    raises(TypeError, manifest.same_file)
    for reads in range(1, 4):
        file.left = reads
        raises(OSError, manifest.same_file, bytearray(7))
        assert manifest.same_file(memoryview(bytearray(7))) == (PATHS[0], PATHS[2])
    # It is before the first entry, and has still to be sorted.
    assert "sorted first" in raises(ValueError, manifest.next, None, True, True)
    manifest.sort(bytearray(12))
    assert manifest.same_file(bytearray(400)) == (PATHS[0], PATHS[2])
    assert [manifest.next(None, True, True).path for _ in PATHS] == sorted(PATHS)
    return "done"


def check_short_names():
    disk = fresh()
    for number in range(40):
        open("long name %d.py" % number, "w").close()
        open(".config%d" % number, "w").close()
    made, accepted = [], []
    for at in range(0, len(disk.data), 32):
        entry = bytes(disk.data[at : at + 32])
        if entry[11] == 0x20 and b"~" in entry[:8]:
            name = (entry[:8].rstrip() + b"." + entry[8:11].rstrip()).decode().rstrip(".")
            assert kind(name), name
            made.append(name)
            try:
                validated(io.BytesIO(text_of([name])))
                accepted.append(name)
            except ValueError as e:
                assert "short name" in describe(e, False), e
    return made, accepted


def answer(value):
    if value == "short names":
        return check_short_names()
    if value == "arguments":
        return check_arguments()
    if value and isinstance(value[0], list):
        return check_texts(*value)
    return check_list(value)


with open(sys.argv[1]) as lines:
    for line in lines:
        print(json.dumps(answer(json.loads(line))))
