"""What the native module's Response tells the updater about a head."""

import pytest

DATE = "Mon, 19 May 2025 09:12:44 GMT"
HEADS = {
    "a file": ("200 OK", [], (200, True, None, None, None, 3)),
    "a tag": ("200 OK", ['ETag: "a"', f"Last-Modified: {DATE}"], (200, True, None, '"a"', None, 3)),
    "a date": ("200 OK", [f"Last-Modified: {DATE}"], (200, True, None, DATE, None, 3)),
    "a part": (
        *("206 Partial Content", ["Content-Range: bytes 7-9/10", 'ETag: "\N{SNOWMAN}"']),
        (206, True, None, '"\N{SNOWMAN}"', 7, 3),
    ),
    "a redirect": ("302 Found", ["Location: /b", 'ETag: "a"'], (302, True, "/b", None, None, 3)),
    "no range": ("416 No", ["Content-Range: bytes */9"], (416, True, None, None, None, 3)),
    # Beyond a small int of a 32-bit port.
    "large": (
        *("206 OK", ["Content-Range: bytes 4294967292-4294967294/4294967295"]),
        (206, True, None, None, 4294967292, 3),
    ),
}


@pytest.mark.parametrize("case", HEADS)
def test_a_head_yields_status_location_validator_range_and_length(device, case):
    status, fields, expected = HEADS[case]
    raw = "\r\n".join([f"HTTP/1.1 {status}", *fields, "Content-Length: 3", "", "abc"]).encode()
    assert heads(device, raw) == [list(expected)]


def test_a_head_without_a_length_yields_none_for_it(device):
    assert heads(device, b"HTTP/1.1 200 OK\r\n\r\n") == [[200, False, None, None, None, None]]
    chunked = b"HTTP/1.1 206 OK\r\nContent-Range: bytes 1-2/*\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert heads(device, chunked) == [[206, True, None, None, 1, None]]


def heads(device, raw):
    """What `head` returns for these bytes, which come in pieces of 64."""
    boot = device.execute(
        "import io\nfrom _saguarota import Response\n"
        f"r = Response(bytearray(64))\nr.open(io.BytesIO({raw!r}))\nh = None\n"
        "while h is None: h = r.head()\n"
        "say(h=[h.status, h.framed, h.redirect, h.validator, h.start, h.size])"
    )
    assert boot.said, boot.log
    return [line["h"] for line in boot.said]
