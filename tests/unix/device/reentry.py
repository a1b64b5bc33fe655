# Runs on MicroPython: reentry.py CHECK
#
# Streams and arguments that use what the native module is at work on, or resize it.

import gc
import io
import sys

from _saguarota import Listing, Manifest, Response, digest, extra

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
        return type(error), str(error)


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
    assert manifest.validate() == (3, ENTRIES, False, False, False, False)
    return file, manifest


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
        found.append(entry[0])


def check_manifest():
    file, manifest = opened()
    manifest.sort(bytearray(4 * ENTRIES))
    for outer in methods(manifest):
        expected = outcome(*outer)
        for hook in ("on_read", "on_seek"):
            if outer[0] == manifest.rewind and hook == "on_read":
                continue
            if outer[0] == manifest.next and hook == "on_read":
                manifest.rewind()
                expected = outcome(*outer)
                manifest.rewind()
            tried = []

            def enter(tried=tried):
                for inner in methods(manifest):
                    is_busy(*inner)
                tried.append(1)

            file.meddle(None)
            if outer[0] == manifest.next:
                manifest.rewind()
            setattr(file, hook, enter)
            assert outcome(*outer) == expected, (outer, hook)
            assert tried, (outer, hook)
            file.meddle(None)
    manifest.validate()
    manifest.sort(bytearray(4 * ENTRIES))
    assert paths_of(manifest) == sorted(PATHS)


def check_pair():
    file, manifest = opened()
    other_file, other = opened()
    for one in (manifest, other):
        one.sort(bytearray(4 * ENTRIES))
        one.rewind()
    tried = []

    def enter():
        for one in (manifest, other):
            for inner in methods(one):
                is_busy(*inner)
        is_busy(manifest.next, other, False, True)
        is_busy(other.next, manifest, False, True)
        tried.append(1)

    for stream in (file, other_file):
        stream.meddle(enter, enter)
    for path in sorted(PATHS):
        assert manifest.next(other, False, True)[0] == path
    assert tried
    for stream in (file, other_file):
        stream.meddle(None)
    raises(ValueError, "itself", manifest.next, manifest, False, True)

    # Where the local one is in use, the remote one is not for longer than that.
    def enter_other():
        is_busy(manifest.next, other, False, True)
        assert manifest.next(None, False, True)[0] == sorted(PATHS)[0]

    manifest.rewind()
    other_file.meddle(None, enter_other)
    for _ in range(2):
        manifest.rewind()
        other.rewind()


def check_response():
    stream = Meddling(HEAD + b"b" * 100)
    response = Response(bytearray(16))
    response.open(stream)
    tried = []

    def enter():
        for inner in (response.head, response.read, response.reusable):
            is_busy(inner)
        is_busy(response.open, stream)
        tried.append(1)

    stream.meddle(enter)
    while response.head() is None:
        pass
    assert len(tried) == stream.reads > 1
    got = 0
    while True:
        piece = response.read()
        if piece is None:
            break
        got += piece
    assert got == 100 and len(tried) == stream.reads
    assert response.reusable() is True
    # After an exception too.
    for failing in range(1, 10):
        stream = Meddling(HEAD + b"b" * 100)
        response.open(stream)

        def fail(stream=stream, failing=failing):
            if stream.reads == failing:
                raise KeyError(failing)

        stream.meddle(fail)
        found = None
        while found is None:
            found = outcome(response.head)
        while stream.reads < failing:
            found = outcome(response.read)
        assert found == (KeyError, str(failing)), found
        assert response.reusable() is False


def check_listing():
    # No Python code runs in a call of it; but an exception leaves it as free as a result.
    listing = Listing("", OWN)
    raises(TypeError, "buffer", listing.next, None)
    assert listing.next(b'<a href="x.py">') == ("x.py", None)


def check_raising():
    file, manifest = opened()
    index = bytearray(4 * ENTRIES)
    manifest.sort(index)
    for call in methods(manifest):
        for failing in range(1, 12):
            for error in (
                OSError(5),
                KeyError("k"),
                MemoryError(),
                SystemExit(),
                KeyboardInterrupt(),
            ):

                def fail(failing=failing, error=error):
                    if file.reads >= failing:
                        raise error

                manifest.rewind()
                file.meddle(fail, fail)
                try:
                    call[0](*call[1:])
                    assert call[0] in (manifest.rewind, manifest.next), call
                except BaseException as raised:
                    assert raised is error
                file.meddle(None)
                manifest.rewind()
        manifest.validate()
        manifest.sort(index)
    assert paths_of(manifest) == sorted(PATHS)
    # What is raised in the midst of a call of the call.
    file.meddle(lambda: manifest.rewind())
    is_busy(manifest.validate)
    file.meddle(None)
    manifest.validate()


def resizers(table):
    """Ways to resize a bytearray, and fill what it leaves with other objects."""

    def shrink():
        table[len(table) // 2 :] = b""

    def clear():
        table[:] = b""

    def grow():
        table.extend(b"\xff" * 4000)

    def odd():
        table.append(1)

    def move():
        size = len(table)
        table.extend(b"\xff" * 4000)
        table[size:] = b""

    return (shrink, clear, grow, odd, move)


def once_at(stream, read, function):
    def meddle():
        if stream.reads == read:
            function()
            gc.collect()
            fill.append([bytearray(b"\xa5" * size) for size in (16, 64, 160, 320)])

    return meddle


fill = []


def check_tables():
    file, manifest = opened()
    whole, index = bytearray(8 * ENTRIES), bytearray(4 * ENTRIES)
    manifest.members(whole, False)
    manifest.sort(index)
    pair = manifest.same_file(bytearray(64))
    assert pair is None
    for make, call, right, text in (
        (lambda: bytearray(8 * ENTRIES), manifest.members, whole, "8 bytes an entry"),
        (lambda: bytearray(4 * ENTRIES), manifest.sort, index, "4 bytes an entry"),
        (lambda: bytearray(64), manifest.same_file, None, "table under"),
    ):
        for way in range(len(resizers(bytearray()))):
            for read in (1, 2, 3, 5, 9, 20, 40):
                del fill[:]
                table = make()
                resize = resizers(table)[way]
                file.meddle(once_at(file, read, resize))
                args = (table, False) if call == manifest.members else (table,)
                found = outcome(call, *args)
                done = file.reads < read
                file.meddle(None)
                name = resize.__name__
                if isinstance(found, tuple):
                    assert found[0] is ValueError and text in found[1], (name, read, found)
                    assert name != "move" and not done, (name, read)
                else:
                    assert found is None
                    if right is not None:
                        assert done or name in ("move", "odd"), (name, read)
                        assert table[: len(right)] == right, (name, read)
                # An index that was resized is refused until there is another.
                manifest.sort(bytearray(4 * ENTRIES))
    assert paths_of(manifest) == sorted(PATHS)


def check_arguments():
    """`own`, `field` and `key` in bytearrays that a stream resizes; and the buffer itself."""
    for way in range(len(resizers(bytearray()))):
        for read in (1, 2, 9):
            del fill[:]
            own, field = bytearray(OWN.encode()), bytearray(b"signature")
            file, manifest = opened(own=own, field=field)
            for held in (own, field):
                file.meddle(once_at(file, read, resizers(held)[way]))
                assert manifest.validate()[:2] == (3, ENTRIES)
            manifest.sort(bytearray(4 * ENTRIES))
            key = bytearray(KEY.encode())
            file.meddle(once_at(file, read, resizers(key)[way]))
            assert manifest.verify(key) is False
            file.meddle(None)
            buffer = bytearray(64)
            file = Meddling(FILE)
            for hook in ("on_read", "on_seek"):
                manifest = Manifest(file, buffer, OWN, "signature")
                file.meddle(None)
                resize = resizers(buffer)[way]
                setattr(
                    file, hook, lambda buffer=buffer, resize=resize: len(buffer) < 9000 and resize()
                )
                found = outcome(manifest.validate)
                assert found[0] == 3 or found[0] is ValueError, found
                buffer[:] = bytes(64)
                file.meddle(None)
                assert manifest.validate()[:2] == (3, ENTRIES)


def check_pair_resized():
    """Each of two streams resizes the buffer of the other manifest."""
    buffers = [bytearray(16), bytearray(16)]
    files = [Meddling(FILE), Meddling(FILE)]
    both = [Manifest(*pair, OWN, "signature") for pair in zip(files, buffers)]
    for one in both:
        one.validate()
        one.sort(bytearray(4 * ENTRIES))
        one.rewind()

    def meddle(buffer):
        def resize():
            # Moved, with the same content as before: what was read is all there.
            size = len(buffer)
            buffer.extend(bytes(2000))
            fill.append(bytearray(b"\xa5" * size))
            buffer[size:] = b""
            if len(fill) > 50:
                del fill[:]
                gc.collect()

        return resize

    files[0].meddle(meddle(buffers[1]))
    files[1].meddle(meddle(buffers[0]))
    for path in sorted(PATHS):
        assert both[0].next(both[1], False, True)[0] == path
    assert both[0].next(both[1], False, True) is None


class Truth:
    def __init__(self, function):
        self.function = function

    def __bool__(self):
        self.function()
        return False


def check_truth():
    _, manifest = opened()
    whole, index = bytearray(8 * ENTRIES), bytearray(4 * ENTRIES)
    manifest.members(whole, False)
    for way in range(len(resizers(bytearray()))):
        del fill[:]
        table = bytearray(8 * ENTRIES)
        resize = resizers(table)[way]
        found = outcome(manifest.members, table, Truth(resize))
        if resize.__name__ == "move":
            assert found is None and table == whole
        else:
            assert found[0] is ValueError, found
        table = bytearray(whole)
        resize = resizers(table)[way]
        found = outcome(extra, table, Truth(resize), OWN, PATHS[-1])
        assert found is (resize.__name__ in ("shrink", "clear")) or found[0] is ValueError, found
    # It comes before the object is in use, so it may use it.
    manifest.sort(index)
    assert manifest.next(None, Truth(manifest.rewind), True) is not None
    raises(KeyError, "k", manifest.next, None, Truth(lambda: {}["k"]), True)
    assert paths_of(manifest) == sorted(PATHS)


def check_digest():
    for way in range(len(resizers(bytearray()))):
        name, buffer, file = bytearray(b"sha256"), bytearray(16), Meddling(FILE)
        file.meddle(once_at(file, 2, resizers(name)[way]))
        right = digest("sha256", io.BytesIO(FILE), bytearray(64))
        assert digest(name, file, buffer) == right


def check_finaliser():
    """An object that the collector finalises amid a call cannot enter it."""
    listing, found = Listing("", OWN), []

    class Last:
        def __del__(self):
            found.append(outcome(listing.next, b""))

    piece = b"".join(b'<a href="x%d.py">' % number for number in range(200))
    for _ in range(20):
        Last()
        while listing.next(piece):
            pass
    gc.collect()
    assert all(each in (None, (RuntimeError, "object is in use")) for each in found), found


def check_thread():
    import _thread
    import time

    file, manifest = opened()
    found = []

    def enter():
        if found:
            return
        found.append(None)
        _thread.start_new_thread(lambda: found.append(outcome(manifest.rewind)), ())
        while len(found) < 2:
            time.sleep_ms(1)

    file.meddle(enter)
    manifest.validate()
    assert found[1] == (RuntimeError, "object is in use"), found
    manifest.rewind()


globals()["check_" + sys.argv[1]]()
print("done")
