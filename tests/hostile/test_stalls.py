"""Servers that say nothing, or too little: everything ends, and soon after the timeout."""

import socket

import pytest
from hostile.attack import DOWNLOAD, FETCH, NEW
from hostile.server import chunked, reply

TIMEOUT = {"http_timeout_s": 0.3, "download_retries": 0}
# The timeout, with air for a machine under load.
LIMIT_S = 5


def stalling(start):
    def answer(peer):
        peer.send(start)
        peer.stall()

    return answer


def places(content):
    """Answers that stop at each place of a response."""
    whole = reply(content)
    head = len(whole) - len(content)
    return {
        "before the head": stalling(b""),
        "in the status": stalling(whole[:10]),
        "in a header": stalling(whole[: head - 6]),
        "before the last LF of the head": stalling(whole[: head - 1]),
        "before the body": stalling(whole[:head]),
        "in the body": stalling(whole[: head + 7]),
        "before the last byte": stalling(whole[:-1]),
        "in a chunk size": stalling(chunked(content)[:-5] + b"1"),
        "in a chunk": stalling(chunked(content)[:-30]),
        "in the trailers": stalling(chunked(content)[:-2]),
        "before the connection is closed": stalling(reply(content, length=None)),
        "after 100 Continue": stalling(b"HTTP/1.1 100 Continue\r\n\r\n"),
    }


PLACES = list(places(b""))


@pytest.mark.parametrize("place", PLACES)
def test_a_stalled_manifest_response_ends_soon_after_the_timeout(attack, place):
    attack.server.on("/v.json", places(b'{"version": 2, "files": []          }')[place])
    attack.fails(FETCH, "GET ", attack.server.url + "v.json", "ETIMEDOUT", **TIMEOUT)
    assert attack.seconds < LIMIT_S
    assert len(attack.server.requests) == 1


@pytest.mark.parametrize("place", PLACES)
def test_a_stalled_file_response_ends_soon_after_the_timeout(attack, place):
    """The connection is an old one here: it is not asked again, which would double the time."""
    path = "lib/util.py"
    attack.server.on("/f/" + path, places(NEW[path])[place])
    attack.fails(DOWNLOAD, path, "ETIMEDOUT", begun=True, **TIMEOUT)
    assert attack.seconds < LIMIT_S
    assert attack.server.requests.count("/f/" + path) == 1


def test_a_file_that_stalls_once_is_installed_at_the_retry(attack):
    path = "lib/util.py"
    attack.server.on("/f/" + path, stalling(reply(NEW[path])[:100]), reply(NEW[path]))
    boot = attack.succeeds(http_timeout_s=0.3)
    assert len(boot.named("download_retry")) == 1


@pytest.mark.parametrize("status", ["404 Not Found", "503 Busy"])
def test_an_error_page_that_stalls_still_reports_its_status(attack, status):
    """The status is what counts."""
    path = "lib/util.py"
    attack.server.on("/f/" + path, stalling(reply(b"half a page", status, length=100)))
    attack.fails(DOWNLOAD, path, f"status {status[:3]}", begun=True, **TIMEOUT)
    assert attack.seconds < LIMIT_S


def test_a_redirect_whose_page_stalls_is_still_followed(attack):
    """The place is known: the page is not needed."""
    path = "lib/util.py"
    page = reply(b"half a page", "302 Found", "Location: /there", length=100)
    attack.server.on("/f/" + path, stalling(page))
    attack.server.on("/there", reply(NEW[path]))
    attack.succeeds(http_timeout_s=0.3)
    assert attack.seconds < LIMIT_S


@pytest.mark.parametrize("way", ["accepts", "does not accept"])
def test_a_hanging_server_ends_the_check_soon_after_the_timeout(attack, way):
    """One that takes connections and reads nothing, and one with a full backlog."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        fillers = []
        if way == "does not accept":
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
                fillers.append(filler)
        url = f"http://127.0.0.1:{port}/v.json"
        attack.fails(FETCH, f"GET {url}: OSError", manifest_url=url, **TIMEOUT)
        for filler in fillers:
            filler.close()
    assert attack.seconds < LIMIT_S


def test_a_file_that_always_stalls_is_given_up_after_its_retries(attack):
    attack.server.on("/f/main.py", lambda peer: peer.stall())
    boot = attack.fails(
        DOWNLOAD, "main.py", "ETIMEDOUT", begun=True, http_timeout_s=0.1, download_retries=3
    )
    assert len(boot.named("download_retry")) == 3
    assert attack.server.requests.count("/f/main.py") == 4
    assert attack.seconds < LIMIT_S


def test_a_slow_file_whose_bytes_are_in_time_is_installed(attack):
    """Each byte comes in time: slow is not stalled."""
    content = NEW["main.py"]

    def answer(peer):
        peer.drip(reply(content), 0.01)

    attack.server.on("/f/main.py", answer)
    attack.succeeds(http_timeout_s=2, download_retries=0)


def test_a_timeout_of_none_waits_beyond_the_default_of_5_seconds(attack):
    """None waits as long as it takes: longer than the default of 5 s."""
    content = NEW["main.py"]

    def answer(peer):
        peer.pause(5.2)
        peer.send(reply(content))

    attack.server.on("/f/main.py", answer)
    attack.succeeds(http_timeout_s=None, download_retries=0)
    assert attack.seconds > 5


def dripping(content, start=b""):
    """An answer of which every byte is in time, and the last one in minutes."""

    def answer(peer):
        peer.send(start)
        peer.drip(content, pause=0.02)

    return answer


@pytest.mark.parametrize("where", ["head", "body", "chunk extension"])
def test_a_manifest_that_drips_byte_by_byte_ends_in_a_timeout(attack, where):
    """What never waits long may still not take for ever: 1000 bytes a timeout are asked for."""
    extension = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    attack.server.on(
        "/v.json",
        {
            "head": dripping(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 9000),
            "body": dripping(b" " * 9000, reply(b"", length=9000)),
            "chunk extension": dripping(b"1;" + b"x" * 200 + b"\r\n", extension),
        }[where],
    )
    attack.fails(FETCH, "GET ", attack.server.url + "v.json", "ETIMEDOUT", **TIMEOUT)
    assert attack.seconds < LIMIT_S
