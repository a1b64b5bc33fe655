"""Answers that are no HTTP, lie about their length, or never end; to the manifest and to a file."""

import json

import pytest
from hostile.attack import APPLY, DOWNLOAD, FETCH, MD5, NEW, OLD, manifest
from hostile.server import chunked, reply

FILE = "lib/util.py"
BODY = NEW[FILE]
TE = "Transfer-Encoding: chunked"


def parted(*parts, end="close"):
    """An answer in pieces that arrive one by one, then the end of the connection."""

    def answer(peer):
        for part in parts:
            peer.send(part)
            peer.pause(0.02)
        getattr(peer, end)()

    return answer


def flooding(start, more):
    """An answer that starts like this and never ends."""

    def answer(peer):
        peer.send(start)
        peer.flood(more * (8192 // len(more)))

    return answer


def te(body):
    """A chunked response with this body."""
    return reply(body, "200 OK", TE, length=None)


HEAD = b"HTTP/1.1 200 OK\r\n"
LENGTH = f"Content-Length: {len(BODY)}".encode()

# What arrives, and what the message says of it. The payload is right in all of them, so that
# nothing but the form can be the reason.
BROKEN = {
    "closed at once": (parted(), "connection closed before the end of the response head"),
    "closed in the status": (parted(b"HTTP/1.1 2"), "connection closed before the end"),
    "closed in the head": (parted(HEAD + b"Content-Le"), "connection closed before the end"),
    "closed after the head": (parted(HEAD + LENGTH + b"\r\n\r\n"), f"after 0 of {len(BODY)} bytes"),
    "closed in the body": (
        parted(reply(BODY[:700], length=len(BODY))),
        f"after 700 of {len(BODY)} bytes",
    ),
    "one byte short": (parted(reply(BODY[:-1], length=len(BODY))), f"of {len(BODY)} bytes"),
    "closed in a chunk": (parted(te(b"1000\r\n" + BODY[:100])), "body ended early"),
    "closed after a chunk": (parted(chunked(BODY, end=b"")), "body ended early"),
    "closed before the last LF": (parted(chunked(BODY, end=b"0\r\n\r")), "body ended early"),
    "reset in the body": (parted(reply(BODY[:700], length=len(BODY)), end="reset"), "OSError"),
    "reset in the head": (parted(HEAD, end="reset"), "OSError"),
    "reset in a body until close": (parted(reply(BODY, length=None), end="reset"), "OSError"),
    "HTTP/0.9": (parted(BODY), "not an HTTP response"),
    "HTML at once": (parted(b"<html>busy</html>\r\n\r\n"), "not an HTTP response"),
    "SSH": (parted(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "not an HTTP response"),
    "TLS alert": (parted(b"\x15\x03\x01\x00\x02\x02\x46\n"), "control character"),
    "HTTP/2": (parted(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0d"), "control character"),
    "HTTP/2.0": (parted(reply(BODY, version="HTTP/2.0")), "not an HTTP response"),
    "ICY": (parted(reply(BODY, version="ICY")), "not an HTTP response"),
    "no status": (parted(b"HTTP/1.1 OK\r\n\r\n"), "not an HTTP response"),
    "status of 2 digits": (parted(reply(BODY, "20 OK")), "not an HTTP response"),
    "status of 4 digits": (parted(reply(BODY, "2000 OK")), "not an HTTP response"),
    "status 099": (parted(reply(BODY, "099 OK")), "not an HTTP response"),
    "switch of protocols": (parted(reply(b"", "101 Switching", length=None) + BODY), "switch of"),
    "length and chunks": (
        parted(reply(b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY), "200 OK", TE)),
        "both Transfer-Encoding and Content-Length",
    ),
    "lengths that differ": (
        parted(reply(BODY, "200 OK", "Content-Length: 5")),
        "content lengths differ",
    ),
    "list of lengths": (parted(reply(BODY, length=f"{len(BODY)}, 7")), "content lengths differ"),
    "chunks over HTTP/1.0": (
        parted(chunked(BODY).replace(b"HTTP/1.1", b"HTTP/1.0")),
        "transfer coding in an HTTP/1.0",
    ),
    "gzip, chunked": (
        parted(chunked(BODY).replace(b": chunked", b": gzip, chunked")),
        "transfer coding not understood",
    ),
    "chunked twice": (
        parted(chunked(BODY).replace(b": chunked", b": chunked\r\nTransfer-Encoding: chunked")),
        "transfer coding not understood",
    ),
    "xchunked": (
        parted(chunked(BODY).replace(b": chunked", b": xchunked")),
        "transfer coding not understood",
    ),
    "gzip": (parted(reply(BODY, "200 OK", "Content-Encoding: gzip")), "content coding"),
    "br": (parted(reply(BODY, "200 OK", "content-encoding: br")), "content coding"),
    "space before the colon": (parted(reply(BODY, "200 OK", "Content-Length : 1")), "header line"),
    "folded line": (parted(reply(BODY, "200 OK", "X: 1", " folded")), "malformed header line"),
    "no colon": (parted(reply(BODY, "200 OK", "Server")), "malformed header line"),
    "no name": (parted(reply(BODY, "200 OK", ": x")), "malformed header line"),
    "NUL in the head": (parted(reply(BODY, "200 OK", "X: \0")), "control character"),
    "CR alone": (parted(reply(BODY, "200 OK", "X: 1\rContent-Length: 2")), "control character"),
    "endless headers": (flooding(HEAD, b"X: y\r\n"), "response head over 16 KiB"),
    "endless header line": (flooding(HEAD + b"X: ", b"y"), "response head over 16 KiB"),
    "endless header name": (flooding(HEAD, b"y"), "response head over 16 KiB"),
    "endless reason": (flooding(b"HTTP/1.1 200 ", b"y"), "response head over 16 KiB"),
    "endless garbage": (flooding(b"", b"y"), "response head over 16 KiB"),
    "flood of 1xx": (flooding(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), "head over 16 KiB"),
    "large header line": (
        parted(reply(BODY, "200 OK", "Content-Length: " + "0" * 600)),
        "header line too long",
    ),
    "endless chunk size": (flooding(te(b""), b"0"), "chunk"),
    "endless blanks": (flooding(te(b"5"), b" "), "chunk extensions or trailers too long"),
    "endless extension": (flooding(te(b"5;"), b"a"), "chunk extensions or trailers too long"),
    "endless trailers": (flooding(te(b"0\r\n"), b"X: y\r\n"), "chunk extensions or trailers too"),
    "endless trailer": (flooding(te(b"0\r\n"), b"y"), "chunk extensions or trailers too long"),
    "NUL in a trailer": (parted(chunked(BODY, end=b"0\r\nX: \0\r\n\r\n")), "malformed trailer"),
}
for size in ("", "-5", "+5", "0x5", "g", "5 5", " 5", "\r", "ffffffffff", "\u00e9", '"5"', "1_0"):
    BROKEN[f"chunk size {size!r}"] = (parted(te(f"{size}\r\n".encode() + BODY)), "malformed chunk")
for length in ("", "-1", "+5", "5.0", "0x5", "five", "5 5", "5;", "4294967296", "9" * 30):
    BROKEN[f"length {length!r}"] = (
        parted(reply(BODY, length=length)),
        "Content-Length is not a number",
    )
BROKEN["chunk too long"] = (
    parted(te(b"5\r\n" + BODY)),
    "chunk does not end at its size",
)


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_response_to_the_manifest_leaves_the_device_unchanged(attack, case):
    answer, where = BROKEN[case]
    attack.server.on("/v.json", answer)
    attack.fails(FETCH, "GET ", attack.server.url + "v.json", where)
    # Each attempt by a new connection, as nothing is known of the rest of the old one.
    assert attack.server.requests == ["/v.json"] * 2
    assert attack.server.connections == 2
    attack.recovers()


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_response_to_a_file_rolls_the_update_back(attack, case):
    answer, where = BROKEN[case]
    attack.server.on("/f/" + FILE, answer)
    boot = attack.fails(DOWNLOAD, f"{FILE}: GET {attack.server.url}f/{FILE}: ", where, begun=True)
    assert boot.updated == ["lib/added.py"]
    assert [details["attempt"] for details in boot.named("download_attempt")] == [1, 1, 2]
    attack.recovers()


ACCEPTED = {
    "LF alone": reply(BODY).replace(b"\r\n", b"\n"),
    "no reason": reply(BODY, "200"),
    "early hints": reply(b"", "103 Early Hints", "Link: x", length=None) + reply(BODY),
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + reply(BODY),
    "length twice": reply(BODY, "200 OK", f"content-length: {len(BODY)}"),
    "length in a list": reply(BODY, length=f"{len(BODY)}, {len(BODY)}"),
    "zeros before the length": reply(BODY, length=f"000{len(BODY)}"),
    "identity": reply(BODY, "200 OK", "Content-Encoding: identity"),
    "blanks": reply(BODY, "200 OK", "Connection: \t keep-alive \t").replace(b"h: ", b"h: \t "),
    "many headers": reply(BODY, "200 OK", *["X-Header: " + "y" * 100] * 100),
    "long header": reply(BODY, "200 OK", "X-Header: " + "y" * 10000),
    "Latin-1": reply(BODY, "200 OK", "X-Name: \xe9\xff"),
    "chunks of one byte": chunked(*[BODY[at : at + 1] for at in range(len(BODY))]),
    "chunk sizes": te(b'00%X ; a="b"\r\n%s\r\n000\r\nX: y\r\n\r\n' % (len(BODY), BODY)),
}


@pytest.mark.parametrize("case", ACCEPTED)
@pytest.mark.parametrize("io_chunk_size", [7, 512])
def test_an_unusual_but_valid_response_is_accepted(attack, case, io_chunk_size):
    """The limits are not where real servers are."""
    attack.server.on("/f/" + FILE, ACCEPTED[case])
    attack.succeeds(io_chunk_size=io_chunk_size)
    assert attack.server.connections == 1


def whole(attack, boot):
    """The device has one release or the other, whatever came of the update."""
    tree = attack.device.tree()
    expected = OLD if boot.code else NEW
    assert {path: tree[path] for path in expected} == expected


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("io_chunk_size", [512, 65536])
def test_bytes_beyond_the_content_length_never_reach_a_file(attack, together, io_chunk_size):
    """Bytes that come too late to be seen with the body spoil the connection, which is replaced."""
    answer = reply(BODY) + b"junk" if together else parted(reply(BODY), b"junk", end="go_on")
    attack.server.on("/f/" + FILE, answer)
    boot = attack.boot(io_chunk_size=io_chunk_size)
    whole(attack, boot)
    if boot.code:
        assert boot.code == DOWNLOAD and "trailing data after the body" in boot.message
    else:
        assert attack.server.connections == 2


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("io_chunk_size", [512, 65536])
def test_a_second_response_to_one_request_is_never_installed(attack, together, io_chunk_size):
    """The second one is never taken for the next file."""
    poison = reply(b"print('evil')\n")
    answer = reply(BODY) + poison if together else parted(reply(BODY), poison, end="go_on")
    attack.server.on("/f/" + FILE, answer)
    boot = attack.boot(io_chunk_size=io_chunk_size)
    assert boot.code in (None, DOWNLOAD, MD5), (boot.code, boot.message)
    whole(attack, boot)


@pytest.mark.parametrize("status", ["404 Not Found", "302 Found"])
@pytest.mark.parametrize(
    "broken",
    [
        lambda status: parted(reply(b"half a page", status, length=1000)),
        lambda status: parted(reply(b"a page and more", status, length=6)),
        lambda status: parted(reply(b"zz\r\n", status, TE, length=None)),
        lambda status: parted(reply(b"half", status, length=99), end="reset"),
        lambda status: parted(reply(b"page", status, "Content-Encoding: gzip")),
    ],
    ids=["short", "long", "bad chunks", "reset", "gzip"],
)
def test_the_status_is_reported_even_if_its_page_is_broken(attack, status, broken):
    """The status is what the user must know; what is wrong with its page is not."""
    attack.server.on("/f/" + FILE, broken(status))
    attack.fails(DOWNLOAD, FILE, f"status {status[:3]}", begun=True)


def test_an_endless_error_page_is_abandoned_and_its_status_reported(attack):
    attack.server.on("/f/" + FILE, flooding(reply(b"", "404 Not Found", length=None), b"page"))
    attack.fails(DOWNLOAD, FILE, "status 404", begun=True)
    assert attack.server.sent < 16 << 20


@pytest.mark.parametrize(
    "status",
    [
        *("201 Created", "204 No Content", "206 Partial Content", "226 IM Used", "300 Many"),
        *("304 Not Modified", "401 Unauthorized", "403 Forbidden", "410 Gone", "999 Odd"),
    ],
)
def test_a_file_response_with_a_status_other_than_200_is_refused(attack, status):
    body = b"" if status[:3] in ("204", "304") else BODY
    attack.server.on("/f/" + FILE, reply(body, status))
    attack.fails(DOWNLOAD, FILE, f"status {status[:3]}", begun=True)


def small_flash(attack, size):
    """No file of the device can grow beyond `size` bytes from now on: a flash that is full."""
    wrapper = attack.device.folder.parent / "limited"
    wrapper.write_text(
        f"#!/bin/sh\ntrap '' XFSZ\nulimit -f {size // 512}\nexec {attack.interpreter} \"$@\"\n"
    )
    wrapper.chmod(0o755)
    attack.device.interpreter = wrapper


def test_an_endless_file_that_fills_the_flash_is_rolled_back(attack):
    """Without a length in the manifest the flash is what ends it."""
    attack.server.on("/f/" + FILE, flooding(reply(length=None), b"spam"))
    small_flash(attack, 1 << 19)
    attack.fails(APPLY, f"writing {FILE}", "OSError", begun=True)
    assert len(attack.server.requests) == 3


def test_no_space_for_the_manifest_leaves_the_device_unchanged(attack):
    attack.offer(json.dumps(manifest()) + " " * 5000)
    small_flash(attack, 4096)
    attack.fails(FETCH, "writing otac14f2.new", "OSError")


def test_no_space_to_copy_the_old_manifest_leaves_the_device_unchanged(attack):
    local = attack.device.folder / "versions.json"
    local.write_bytes(local.read_bytes() + b" " * 5000)
    small_flash(attack, 4096)
    attack.fails(APPLY, "copying versions.json", "OSError")


def test_no_space_for_a_backup_rolls_the_update_back(attack):
    attack.device.put({FILE: b"old" * 3000})
    small_flash(attack, 4096)
    attack.fails(APPLY, f"installing {FILE}", "OSError", begun=True)
