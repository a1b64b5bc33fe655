# Runs on MicroPython: resizing.py CHECK
#
# Streams and arguments that resize what the native module is at work on.

import gc
import io
import sys

from _saguarota import Manifest, digest, extra
from meddling import (
    ENTRIES,
    FILE,
    KEY,
    OWN,
    PATHS,
    Meddling,
    is_expected,
    opened,
    outcome,
    paths_of,
    raises,
)

# Bytes that a table grows by: enough to move it; few enough that a small board's heap, in pieces
# after the other checks, has them in one piece.
GROWTH = 1000


def resizers(table):
    """Ways to resize a bytearray, and fill what it leaves with other objects."""

    def shrink():
        table[len(table) // 2 :] = b""

    def clear():
        table[:] = b""

    def grow():
        table.extend(b"\xff" * GROWTH)

    def odd():
        table.append(1)

    def move():
        size = len(table)
        table.extend(b"\xff" * GROWTH)
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
                assert is_expected(manifest.validate())
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
                    file,
                    hook,
                    lambda buffer=buffer, resize=resize: len(buffer) < 2 * GROWTH and resize(),
                )
                found = outcome(manifest.validate)
                if isinstance(found, tuple):
                    assert found[0] is ValueError, found
                else:
                    assert is_expected(found)
                buffer[:] = bytes(64)
                file.meddle(None)
                assert is_expected(manifest.validate())


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
            buffer.extend(bytes(GROWTH))
            fill.append(bytearray(b"\xa5" * size))
            buffer[size:] = b""
            if len(fill) > 50:
                del fill[:]
                gc.collect()

        return resize

    files[0].meddle(meddle(buffers[1]))
    files[1].meddle(meddle(buffers[0]))
    for path in sorted(PATHS):
        assert both[0].next(both[1], False, True).path == path
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


globals()["check_" + sys.argv[1]]()
print("done")
