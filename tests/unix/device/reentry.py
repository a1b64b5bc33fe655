# Runs on MicroPython: reentry.py CHECK
#
# Streams, finalisers and threads that use what the native module is at work on.

import gc
import sys

from _saguarota import Listing, Response
from meddling import (
    ENTRIES,
    HEAD,
    OWN,
    PATHS,
    Meddling,
    is_busy,
    methods,
    opened,
    outcome,
    paths_of,
    raises,
)


def seen(call):
    """The outcome of a call as what can be compared: of a record, its attributes."""
    found = outcome(*call)
    if type(found).__name__ != "object":
        return found
    return [(name, getattr(found, name)) for name in dir(found)]


def check_manifest():
    file, manifest = opened()
    manifest.sort(bytearray(4 * ENTRIES))
    for outer in methods(manifest):
        expected = seen(outer)
        for hook in ("on_read", "on_seek"):
            if outer[0] == manifest.rewind and hook == "on_read":
                continue
            if outer[0] == manifest.next and hook == "on_read":
                manifest.rewind()
                expected = seen(outer)
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
            assert seen(outer) == expected, (outer, hook)
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
        assert manifest.next(other, False, True).path == path
    assert tried
    for stream in (file, other_file):
        stream.meddle(None)
    raises(ValueError, "itself", manifest.next, manifest, False, True)

    # Where the local one is in use, the remote one is not for longer than that.
    def enter_other():
        is_busy(manifest.next, other, False, True)
        assert manifest.next(None, False, True).path == sorted(PATHS)[0]

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
            time.sleep(0.001)

    file.meddle(enter)
    manifest.validate()
    assert found[1] == (RuntimeError, "object is in use"), found
    manifest.rewind()


globals()["check_" + sys.argv[1]]()
print("done")
