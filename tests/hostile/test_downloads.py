"""Files that are missing, wrong or unreachable; retries, connections that close, redirects."""

import hashlib
import json
import socket

import pytest
from hostile.attack import DOWNLOAD, FETCH, MD5, NEW, manifest
from hostile.server import HostileServer, chunked, reply
from support import entry

PATHS = sorted(NEW)
JITTER_MS = 128


def waits(boot, base):
    """Checks the wait after each failed attempt at a file, and gives their number."""
    retries = boot.named("download_retry")
    for details in retries:
        least = base * 2 ** (details["attempt"] - 1)
        assert least <= details["wait_ms"] < least + JITTER_MS, details
    return len(retries)


@pytest.mark.parametrize("number", range(len(PATHS)), ids=PATHS)
@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error", "503 Busy"])
def test_an_error_status_for_one_file_rolls_the_update_back(attack, number, status):
    path = PATHS[number]
    url = f"{attack.server.url}f/{path}"
    attack.server.on("/f/" + path, reply("a page that is no file", status))
    boot = attack.fails(DOWNLOAD, f"{path}: GET {url}: ", f"status {status[:3]}", begun=True)
    assert boot.updated == PATHS[:number]
    assert waits(boot, 1) == 1
    # The page of the error is read to its end: no need for another connection.
    assert attack.server.connections == 1
    attack.recovers()


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error", "503 Busy"])
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_an_error_status_for_the_manifest_is_retried_as_configured(attack, status, retries):
    attack.server.on("/v.json", reply("none", status))
    boot = attack.fails(
        FETCH,
        f"GET {attack.server.url}v.json: ",
        f"status {status[:3]}",
        download_retries=retries,
    )
    assert len(attack.server.requests) == 1 + retries
    assert boot.events == []


@pytest.mark.parametrize("number", range(len(PATHS)), ids=PATHS)
@pytest.mark.parametrize("kind", ["other", "short", "long", "empty", "last bit"])
def test_a_file_with_the_wrong_md5_rolls_the_update_back(attack, number, kind):
    path = PATHS[number]
    content = NEW[path]
    wrong = {
        "other": b"evil" * 100,
        "short": content[:-1],
        "long": content + b"\n",
        "empty": b"",
        "last bit": content[:-1] + bytes([content[-1] ^ 1]),
    }[kind]
    attack.server.on("/f/" + path, reply(wrong))
    right, found = (
        hashlib.md5(data, usedforsecurity=False).hexdigest() for data in (content, wrong)
    )
    boot = attack.fails(MD5, path, f"{attack.server.url}f/{path}", right, found, begun=True)
    assert boot.updated == PATHS[:number]
    assert waits(boot, 1) == 1


@pytest.mark.parametrize("base", [1, 5, 40])
def test_each_retry_waits_twice_as_long_until_an_attempt_succeeds(attack, base):
    for path in PATHS:
        busy = reply("busy", "503 Service Unavailable")
        attack.server.on("/f/" + path, busy, reply(b"wrong"), reply(NEW[path]))
    attack.server.on(
        "/v.json", reply("", "500 Oops"), reply("", "502 Oops"), reply(json.dumps(manifest()))
    )
    boot = attack.succeeds(download_retries=2, retry_base_delay_ms=base)
    assert waits(boot, base) == 2 * len(PATHS)
    assert [details["attempt"] for details in boot.named("download_attempt")] == [1, 2, 3] * 4
    assert {details["attempts"] for details in boot.named("download_attempt")} == {3}
    urls = [details["url"] for details in boot.named("download_retry")]
    assert urls == [f"{attack.server.url}f/{path}" for path in PATHS for _ in range(2)]


def test_the_error_of_the_last_attempt_is_reported(attack):
    attack.server.on("/f/main.py", reply(b"wrong"), reply(b"", "500 Oops"))
    attack.fails(DOWNLOAD, "main.py", "status 500", begun=True)
    attack.device.waits()
    attack.server.on("/f/main.py", reply(b"", "500 Oops"), reply(b"wrong"))
    attack.fails(MD5, "main.py", begun=True)


def test_a_longer_wrong_download_leaves_no_bytes_in_the_retried_file(attack):
    """A longer answer that was wrong leaves nothing behind the right one."""
    content = NEW["main.py"]
    attack.server.on("/f/main.py", reply(content * 100), reply(content))
    attack.succeeds()


def test_a_file_without_md5_is_still_checked_by_its_content_length(attack):
    """Without one the length still counts."""
    entries = [{"path": path, "version": 2} for path in PATHS]
    attack.offer(manifest(entries))

    def short(peer):
        peer.send(reply(NEW["main.py"][:-1], length=len(NEW["main.py"])))
        peer.close()

    attack.server.on("/f/main.py", short)
    attack.fails(DOWNLOAD, "main.py", "body ended early", begun=True)
    boot = attack.recovers()
    assert "no md5" not in boot.log
    attack.device.call("revert_update")
    attack.offer(manifest(entries))
    attack.device.waits()
    assert "warning: main.py has no md5" in attack.succeeds().log


def test_a_file_with_neither_md5_nor_length_is_refused(attack):
    """Nothing would tell whether it is whole."""
    attack.offer(manifest([{"path": path, "version": 2} for path in PATHS]))

    def until_close(peer):
        peer.send(reply(NEW["main.py"], length=None))
        peer.close()

    attack.server.on("/f/main.py", until_close)
    attack.fails(DOWNLOAD, "main.py", "response without a length", begun=True)


@pytest.mark.parametrize("times", [1, 3])
def test_a_connection_closed_between_files_costs_no_attempt(attack, times):
    """Servers do that to idle connections: it does not count as an attempt."""

    def closing(content):
        def answer(peer):
            peer.send(reply(content))
            peer.close()

        return answer

    for path in PATHS[:times]:
        attack.server.on("/f/" + path, closing(NEW[path]))
    boot = attack.succeeds(download_retries=0)
    assert len(boot.named("download_attempt")) == len(PATHS)
    assert attack.server.connections == 1 + times


@pytest.mark.parametrize("way", ["close", "reset"])
def test_a_connection_lost_at_a_request_is_replaced_within_the_attempt(attack, way):
    """The request has gone out, and nothing comes back."""
    seen = []

    def answer(peer):
        seen.append(peer)
        if len(seen) == 1:
            getattr(peer, way)()
        peer.send(reply(NEW["main.py"]))

    attack.server.on("/f/main.py", answer)
    boot = attack.succeeds(download_retries=0)
    assert len(boot.named("download_attempt")) == len(PATHS)
    assert attack.server.connections == 2


def test_connections_that_always_close_cost_at_most_two_requests_an_attempt(attack):
    """It ends, and each attempt costs at most two requests."""
    attack.server.on("/f/main.py", lambda peer: peer.reset())
    attack.fails(DOWNLOAD, "main.py", "GET ", begun=True, download_retries=2)
    assert attack.server.requests.count("/f/main.py") <= 6


def test_a_refused_connection_is_reported_with_its_url(attack):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v.json"
    boot = attack.fails(FETCH, f"GET {url}: OSError", "ECONNREFUSED", manifest_url=url)
    assert boot.events == []
    url = f"http://127.0.0.1:{port}/f"
    attack.fails(DOWNLOAD, PATHS[0], url, "ECONNREFUSED", begun=True, base_file_url=url)
    assert attack.server.requests == ["/v.json"]


@pytest.mark.parametrize("name", ["no-such-host.invalid", "x" * 300, "..", "-", "256.1.1.1"])
def test_a_host_without_an_address_is_reported_by_name(attack, name):
    url = f"http://{name}:8000/v.json"
    no_host = f"no address for host {name}"
    attack.fails(FETCH, f"GET {url}: ", no_host, manifest_url=url)
    attack.fails(DOWNLOAD, PATHS[0], no_host, begun=True, base_file_url=url)


# -- redirects --


def moved(location, status="302 Found", body=b"moved"):
    return reply(body, status, f"Location: {location}")


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_redirect_loop_ends_after_five_redirects(attack, length):
    for number in range(length):
        following = "/v.json" if number == length - 1 else f"/{number + 1}"
        attack.server.on(f"/{number}" if number else "/v.json", moved(following))
    before = attack.device.tree()
    boot = attack.boot(download_retries=0)
    assert (boot.code, boot.reset) == (FETCH, False)
    assert attack.server.url + "v.json" in boot.message and "over 5 redirects" in boot.message
    assert attack.device.tree() == before
    assert len(attack.server.requests) == 6
    assert attack.server.connections == 1


def test_a_redirect_loop_of_a_file_rolls_the_update_back(attack):
    attack.server.on("/f/main.py", moved("/f/main.py?" + "x" * 400))
    attack.server.on("/f/main.py?" + "x" * 400, moved("/f/main.py"))
    attack.fails(DOWNLOAD, "main.py", "over 5 redirects", begun=True)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temp", "308 Perm"])
def test_five_redirects_are_followed_on_one_connection(attack, status):
    for number in range(4):
        attack.server.on(f"/{number}", moved(f"/{number + 1}", status))
    attack.server.on("/f/main.py", moved("/0", status))
    attack.server.on("/4", reply(NEW["main.py"]))
    attack.succeeds()
    assert attack.server.connections == 1


@pytest.mark.parametrize(
    "location, where",
    [
        ("ftp://127.0.0.1/x", "not an http or https URL: ftp://127.0.0.1/x"),
        ("file:///etc/passwd", "not an http or https URL: file:///etc/passwd"),
        ("http://", "URL without a usable host"),
        ("http:///x", "URL without a usable host"),
        ("http://user:pw@127.0.0.1/x", "URL without a usable host"),
        ("http://127.0.0.1:eighty/x", "URL without a usable host"),
        ("http://127.0.0.1:-1/x", "URL without a usable host"),
        ("http://127.0.0.1:65536/x", "URL without a usable host"),
        ("http://127.0.0.1:" + "9" * 40 + "/x", "URL without a usable host"),
        ("//user@127.0.0.1/x", "URL without a usable host"),
        ("/with a blank", "must be escaped"),
        ("/tab\there", "must be escaped"),
        ("/\xc3\xa9", "must be escaped"),
        ("/" + "x" * 600, "location of the redirect cannot be used"),
        ("/\xff", "location of the redirect cannot be used"),
        ("/x\rX-Evil: 1", "control character"),
        ("/x\0", "control character"),
        ("/a\r\nLocation: /b", "location of the redirect cannot be used"),
        ("", "status 302"),
        ("\r\nX: y", "status 302"),
        ("http://127.0.0.1:1/x", "ECONNREFUSED"),
        ("http://no-such-host.invalid/x", "no address for host"),
    ],
    ids=lambda text: repr(text)[1:32],
)
def test_a_redirect_to_an_unusable_location_fails_and_is_reported(attack, location, where):
    attack.server.on("/v.json", moved(location))
    attack.fails(FETCH, "GET ", "/v.json", where)
    attack.offer(manifest())
    attack.server.on("/f/main.py", moved(location))
    attack.server.requests.clear()
    boot = attack.boot()
    assert (boot.code, boot.reset) == (DOWNLOAD, True), (boot.code, boot.message)
    assert "main.py" in boot.message and where in boot.message, boot.message
    # A head that cannot be read on an old connection may be the fault of what came before.
    assert attack.server.requests.count("/f/main.py") in (2, 3)


@pytest.mark.parametrize("trick", ["%0d%0aX-Evil:%201", "%00", "?a=%0d%0a", "#\x7e", "#/a"])
def test_a_redirect_location_cannot_inject_header_fields(attack, trick):
    target = "/moved" + trick.split("#")[0]
    attack.server.on("/f/main.py", moved("/moved" + trick))
    attack.server.on(target, reply(NEW["main.py"]))
    attack.succeeds()
    assert target in attack.server.requests
    assert not any("X-Evil:" in head.split("\r\n", 1)[1] for head in attack.server.heads)


def test_a_redirect_to_another_server_applies_to_one_file_only(attack):
    with HostileServer() as other:
        other.on("/there/main.py", chunked(NEW["main.py"]))
        attack.server.on("/f/main.py", moved(f"{other.url}there/main.py"))
        attack.succeeds()
        assert other.connections == 1
        assert f"Host: 127.0.0.1:{other.port}" in other.heads[0]
        # Back to the first server for what is left.
        assert attack.server.requests[-1] == "/f/pkg/sub/mod.py"


def test_a_wrong_file_or_manifest_behind_a_redirect_is_refused(attack):
    with HostileServer() as other:
        other.on("/x", reply(b"print('evil')\n"))
        attack.server.on("/f/main.py", moved(f"{other.url}x"))
        attack.fails(MD5, "main.py", begun=True)
        other.on("/v.json", reply("[]"))
        attack.server.on("/v.json", moved(f"{other.url}v.json"))
        attack.server.requests.clear()
        attack.fails(FETCH, "manifest is not a JSON object")


def test_an_error_behind_a_redirect_is_reported_with_its_final_url(attack):
    """The message names the place where it happened."""
    with HostileServer() as other:
        attack.server.on("/f/main.py", moved(f"{other.url}gone"))
        attack.fails(DOWNLOAD, "main.py", "status 404", f"{other.url}gone", begun=True)


def test_a_url_in_the_query_of_a_redirect_does_not_change_the_host(attack):
    """A reference is absolute by its start only (RFC 3986, section 4.2)."""
    target = "/login?next=http://127.0.0.1/x"
    attack.server.on("/f/main.py", moved(target))
    attack.server.on(target, reply(NEW["main.py"]))
    attack.succeeds()


def test_an_endless_page_of_a_redirect_is_dropped_with_its_connection(attack):
    """Nobody reads it; a new connection is cheaper."""

    def answer(peer):
        peer.send(moved("/there", body=b"").replace(b"Length: 0", b"Length: 4000000000"))
        peer.flood(b"page" * 1000)

    attack.server.on("/f/main.py", answer)
    attack.server.on("/there", reply(NEW["main.py"]))
    attack.succeeds(download_retries=0)
    assert attack.server.connections == 2


def test_paths_that_differ_only_in_url_escapes_are_different_files(attack):
    """Two names that a URL could confuse are two files."""
    files = {"a%2fb": b"1", "a/b": b"2", "a+b": b"3", "a b": b"4", "a%20b": b"5"}
    entries = [entry(path, content) for path, content in files.items()]
    attack.offer(manifest(entries))
    for target, content in (
        ("a%252fb", b"1"),
        ("a/b", b"2"),
        ("a+b", b"3"),
        ("a%20b", b"4"),
        ("a%2520b", b"5"),
    ):
        attack.server.on("/f/" + target, reply(content))
    boot = attack.boot()
    assert (boot.code, boot.reset) == (None, True), boot.message
    tree = attack.device.tree()
    assert {path: tree[path] for path in files} == files
