# Runs on MicroPython: what the native module's methods return under names. Prints a line of JSON
# for each of them: its class in the stub, and what its attributes are and do.

import gc
import json
from io import BytesIO

from _saguarota import Manifest, Response

SHA256 = "AB" * 32
FULL = '{"version":9,"signature":"k","signature_ext":"k","files":[{"path":"version","version":3,'
FULL += '"md5":"%s","size":70000000000,"sha256":"%s"}]}' % ("cD" * 16, SHA256)
BARE = '{"files":[{"path":"b","version":1},{"path":"a","version":2}]}'
LOCAL = '{"files":[{"path":"version","version":2}]}'
PARTIAL = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 3-7/8\r\nContent-Length: 5\r\n"
PARTIAL += 'ETag: "x"\r\n\r\n'
MOVED = "HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\n\r\n"
OK = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"


def opened(text):
    manifest = Manifest(BytesIO(text), bytearray(64), "", "signature")
    found = manifest.validate()
    manifest.sort(bytearray(4 * found.total))
    return manifest


def head(text):
    response = Response(bytearray(200))
    response.open(BytesIO(text))
    return response.head


def validate(text):
    return Manifest(BytesIO(text), bytearray(64), "", "signature").validate


def entry(text, local=None):
    manifest = opened(text)
    return lambda: manifest.next(local, False, True)


def outcome(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)


def store(record):
    record.version = 1


def make(record):
    record.unheard_of = 1


def delete(record):
    del record.version


def taken(function):
    """The bytes of heap that a call takes for good; and what it returns."""
    gc.collect()
    before = gc.mem_alloc()
    result = function()
    return gc.mem_alloc() - before, result


def size_of_tuple(names):
    """The bytes of a tuple of so many items."""
    first, others = (None,), (None,) * (len(names) - 1)
    return taken(lambda: first + others)[0] - taken(lambda: None)[0]


def report(kind, names, function):
    bytes_taken, record = taken(function)
    # A string that was freed would be overwritten now.
    gc.collect()
    overwriting = [bytes([0xA5]) * 16 for _ in range(3000)]
    assert len(overwriting) == 3000
    values = {name: getattr(record, name) for name in names}
    line = {"kind": kind, "values": values}
    line["types"] = {name: type(values[name]).__name__ for name in names}
    line["all"] = dir(record)
    line["bytes"] = bytes_taken - taken(lambda: None)[0]
    line["tuple"] = size_of_tuple(names)
    line["refused"] = [outcome(store, record), outcome(make, record), outcome(delete, record)]
    line["refused"] += [outcome(getattr, record, name) for name in ("", " ", " ".join(names))]
    line["refused"] += [outcome(getattr, record, name) for name in (names[0] + "x", names[0][:-1])]
    line["untouched"] = values == {name: getattr(record, name) for name in names}
    print(json.dumps(line))


def run(names):
    """``names``: those of each class in the stub."""
    for kind, function in (
        ("Validation", validate(FULL)),
        ("Validation", validate(BARE)),
        ("Entry", entry(FULL, opened(LOCAL))),
        ("Entry", entry(BARE)),
        ("Head", head(PARTIAL)),
        ("Head", head(MOVED)),
        ("Head", head(OK)),
    ):
        report(kind, names[kind], function)
