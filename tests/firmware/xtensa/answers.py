# Runs on MicroPython: prints what the native module answers, manifests aside, of which
# read_manifests.py knows more. Every machine must print the same.

import io

import _saguarota
from _saguarota import Listing, Manifest, Response, digest, extra, quote

OWN = "ota_state.txt\nversions.json\nsaguarota_backup"


def attempt(function, *args):
    """What a call gives, or raises."""
    try:
        print(function.__name__ if hasattr(function, "__name__") else "call", repr(function(*args)))
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        print(type(error).__name__, error)


def message(length):
    return bytes((7 * i + (i >> 8)) & 255 for i in range(length))


def digests():
    for length in list(range(140)) + [1000, 4096, 5003]:  # noqa: RUF005
        size = (1, 3, 64, 100, 1024)[length % 5]
        for name in ("md5", "sha256"):
            print("digest", length, digest(name, io.BytesIO(message(length)), bytearray(size)))


def texts():
    for path in ("", "a b/é.py", "%41", "\U0001f335", "x" * 255, "é" * 200):
        attempt(quote, path)
    table = bytearray(16)
    for path in ("a", "ota_state.txt", "ota_state.txt/x"):
        attempt(extra, table, False, OWN, path)
    attempt(extra, bytearray(15), False, OWN, "a")


def listings():
    page = b'<a href="../">up</a><A HREF="a%20b.py">x</A><a href=sub/ ><a href="../../x">'
    page += b'<a href="&#x61;">'
    for size in (1, 7, 200):
        listing = Listing("lib", OWN)
        for start in range(0, len(page), size):
            piece = page[start : start + size]
            while True:
                found = listing.next(piece)
                if found is None:
                    break
                print("link", found)


def responses():
    head = b'HTTP/1.1 %s\r\nContent-Length: 5\r\nETag: "x"\r\n\r\nhello'
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    odd = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"
    for data in (head % b"200 OK", head % b"404 No", chunked, chunked[:-9], odd, b"SMTP\r\n\r\n"):
        for size in (1, 16, 512):
            response = Response(bytearray(size))
            try:
                response.open(io.BytesIO(data))
                found = None
                while found is None:
                    found = response.head()
                print("head", found)
                body = 0
                while True:
                    got = response.read()
                    if got is None:
                        break
                    body += got
                print("body", body, response.reusable())
            except (ValueError, OSError) as error:
                print(type(error).__name__, error)


def types():
    attempt(digest, "sha1", io.BytesIO(b""), bytearray(1))
    attempt(digest, "md5", 1, bytearray(1))
    attempt(digest, "md5", io.BytesIO(b""), bytearray(0))
    attempt(digest, "md5", io.BytesIO(b""), b"x")
    attempt(Manifest, io.BytesIO(b""), bytearray(1), OWN)
    attempt(Manifest, io.BytesIO(b""), bytearray(1), 1, "signature")
    attempt(Manifest.survey, Listing("", OWN), None)
    manifest = Manifest(io.BytesIO(b'{"files":[]}'), bytearray(9), OWN, "signature")
    attempt(manifest.verify, "key")
    attempt(manifest.next, manifest, False, False)


print("version", _saguarota.__version__)
digests()
texts()
listings()
responses()
types()
