"""Listings and files that come with the wrong status, in the wrong form, or from elsewhere."""

import gzip
import json

import pytest
from hostile.attack import NEW
from hostile.listings import PAGES, page
from hostile.server import HostileServer, chunked, reply

EVIL = b"print('evil')\n"
LIB = page(PAGES["lib/"]).encode()
UTIL = NEW["lib/util.py"]


def cut(answer, at):
    """An answer that breaks off."""

    def send(peer):
        peer.send(answer[:at])
        peer.close()

    return send


def until_close(body):
    return cut(reply(body, length=None), None)


# -- no listing at all --

NO_LISTINGS = {
    "empty": b"",
    "text": b"main.py\nlib/\n",
    "JSON": json.dumps([{"name": "main.py", "href": "main.py", "type": "file"}]).encode(),
    "JSON with markup": json.dumps({"x": '<a href="evil.py">'}).encode(),
    "XML": b'<?xml version="1.0"?><list><file>main.py</file><directory>lib</directory></list>',
    "binary": bytes(range(256)) * 100,
    "UTF-16": page(["evil.py"]).encode("utf-16"),
    "half a link": b'<a href="evil.py"',
    "escaped": b"&lt;a href=evil.py&gt;",
    "bomb": b"<" * 100_000,
    "quotes": b"<a href='\"" * 10_000,
}


@pytest.mark.parametrize("body", NO_LISTINGS.values(), ids=NO_LISTINGS)
def test_a_page_without_links_counts_as_an_empty_folder(listed, strict, body):
    """A page without links is a folder without files; in it, no file is anything new."""
    listed.server.on("/f/lib/", reply(body))
    files = {path: content for path, content in NEW.items() if not path.startswith("lib/")}
    boot = listed.installs(files)
    assert not boot.named("file_update_failed")
    assert "/f/lib/evil.py" not in listed.server.requests


@pytest.mark.parametrize("body", [b"", *NO_LISTINGS.values()], ids=["none", *NO_LISTINGS])
def test_a_base_page_without_links_leaves_the_device_unchanged(listed, body):
    """Nothing to do: nothing is left on flash, and the device goes on."""
    before = listed.device.tree()
    listed.server.on("/f/", reply(body))
    boot = listed.boot(strict_http_fs=False)
    assert (boot.code, boot.reset) == (None, False)
    assert not boot.named("update_start") and "no files at" in boot.log
    assert listed.device.tree() == before
    listed.goes_on()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x-gzip, gzip"])
def test_a_listing_with_a_content_coding_is_refused(listed, strict, coding):
    body = gzip.compress(LIB)
    listed.server.on("/f/lib/", reply(body, "200 OK", f"Content-Encoding: {coding}"))
    listed.refuses("GET ", "f/lib/: ")
    assert all("Accept-Encoding: identity" in head for head in listed.server.heads)
    # Without the field it is binary: no links.
    listed.server.on("/f/lib/", reply(body))
    listed.installs({path: data for path, data in NEW.items() if not path.startswith("lib/")})


# -- where it ends --

BROKEN = {
    "truncated": cut(reply(LIB), -1),
    "truncated between links": cut(reply(LIB), LIB.index(b"</a>") - len(LIB) + 4),
    "no body": cut(reply(LIB), -len(LIB)),
    "truncated chunk": cut(chunked(LIB), -10),
    "no last chunk": cut(chunked(LIB, end=b""), None),
    "no end of the last chunk": cut(chunked(LIB), -1),
    "bad chunk": cut(chunked(LIB, end=b"zz\r\n"), None),
    "two lengths": reply(LIB, "200 OK", "Content-Length: 5"),
    "length and chunks": reply(LIB, "200 OK", "Transfer-Encoding: chunked"),
    "negative length": reply(LIB, length=-1),
    "no HTTP": b"<html><a href=evil.py>\r\n\r\n",
    "nothing": lambda peer: peer.close(),
    "reset": lambda peer: peer.reset(),
    "until close": until_close(LIB),
    "404": reply(LIB, "404 Not Found"),
    "403": reply(LIB, "403 Forbidden"),
    "500": reply(LIB, "500 Internal Server Error"),
    "204": reply(b"", "204 No Content", length=None),
    "206": reply(LIB, "206 Partial Content", f"Content-Range: bytes 0-9/{len(LIB)}"),
    "304": reply(b"", "304 Not Modified", length=None),
    "no place": reply(LIB, "302 Found"),
    "other scheme": reply(b"", "302 Found", "Location: file:///etc/passwd"),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_listing_that_fails_ends_the_update_strict_or_not(listed, strict, answer):
    """Half a listing would be half a release, strict or not."""
    folder = "lib/" if strict else ""
    listed.server.on("/f/" + folder, answer)
    boot = listed.refuses(f"GET {listed.server.url}f/{folder}: ", download_retries=0)
    assert not boot.events
    assert not [path for path in listed.server.requests if path.endswith(".py")]
    listed.goes_on()


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_listing_that_fails_once_is_installed_at_the_retry(listed, answer):
    """What the first attempt had listed does not count, and it had listed more."""
    listed.server.on("/f/lib/", answer, reply(LIB))
    listed.installs(download_retries=1)


@pytest.mark.parametrize("more", ["evil.py", "evil/", "e" * 200 + ".py"])
def test_links_of_a_failed_attempt_are_not_followed(listed, strict, more):
    links = page([*PAGES["lib/"], more, *(f"{number}{more}" for number in range(50))])
    listed.server.on("/f/lib/", cut(reply(links), -1), reply(LIB))
    listed.installs()
    assert not [path for path in listed.server.requests if "evil" in path or "eee" in path]


def test_a_refused_link_is_reported_at_each_attempt(listed):
    """Before anything is begun: nobody knows yet whether the listing will be had."""
    links = page([*PAGES["lib/"], "bad."])
    listed.server.on("/f/lib/", cut(reply(links), -1), reply(links))
    boot = listed.installs(strict_http_fs=False)
    told = [(name, details.get("path")) for name, details in boot.events[:3]]
    assert told == [("file_update_failed", "bad.")] * 2 + [("update_start", None)]


def test_the_status_of_a_failed_listing_is_reported_with_its_url(listed, strict):
    listed.server.on("/f/pkg/sub/", reply("no", "403 Forbidden"))
    boot = listed.refuses()
    assert boot.message == f"GET {listed.server.url}f/pkg/sub/: ValueError: status 403"


@pytest.mark.parametrize("form", ["length", "chunks", "many chunks"])
def test_a_listing_is_accepted_with_a_length_or_in_chunks(listed, form):
    chunks = [b"%c" % byte for byte in LIB]
    answers = {"length": reply(LIB), "chunks": chunked(LIB), "many chunks": chunked(*chunks)}
    listed.server.on("/f/lib/", answers[form])
    listed.installs()


# -- redirects --


def moved(location, status="302 Found"):
    return reply("moved", status, f"Location: {location}")


@pytest.mark.parametrize("place", ["/there/", "/there", "../../there/", "?", "/there/index.html"])
def test_links_of_a_moved_listing_belong_to_the_requested_folder(listed, place):
    """Its links are those of the folder that was asked for."""
    target = {"../../there/": "/there/", "?": "/f/lib/?"}.get(place, place)
    listed.server.on("/f/lib/", moved(place))
    listed.server.on(target, reply(LIB))
    listed.installs()


def test_files_of_a_listing_on_another_host_come_from_the_first_host(listed, strict):
    """The files are still asked for here."""
    with HostileServer() as other:
        other.on("/x/", reply(page([*PAGES["lib/"], "../evil.py", f"{other.url}evil.py"])))
        listed.server.on("/f/lib/", moved(other.url + "x/"))
        listed.installs()
        assert other.requests == ["/x/"]


def test_an_error_of_a_redirected_listing_is_reported_with_both_urls(listed, strict):
    with HostileServer() as other:
        listed.server.on("/f/lib/", moved(other.url + "x/"))
        listed.refuses(f"f/lib/: ValueError: redirected to {other.url}x/: ", "status 404")


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_redirect_loop_of_a_listing_ends_after_five_redirects(listed, strict, length):
    for number in range(length):
        place = "/f/lib/" if number + 1 == length else f"/{number + 1}"
        listed.server.on(f"/{number}" if number else "/f/lib/", moved(place))
    listed.refuses("over 5 redirects", download_retries=0)
    listed.goes_on()


# -- files --


def short(content):
    return cut(reply(content), -1)


FILES = {
    "short": short(UTIL),
    "no body": cut(reply(UTIL), -len(UTIL)),
    "short chunk": cut(chunked(UTIL), -10),
    "no last chunk": cut(chunked(UTIL, end=b""), None),
    "no length": until_close(UTIL),
    "404": reply(EVIL, "404 Not Found"),
    "500": reply(EVIL, "500 Oops"),
    "206": reply(UTIL[:9], "206 Partial Content", f"Content-Range: bytes 0-8/{len(UTIL)}"),
    "gzip": reply(gzip.compress(UTIL), "200 OK", "Content-Encoding: gzip"),
    "loop": moved("/f/lib/util.py"),
    "reset": lambda peer: peer.reset(),
}


@pytest.mark.parametrize("answer", FILES.values(), ids=FILES)
def test_a_failed_file_fails_a_strict_update_and_is_else_left_out(listed, answer):
    """Only its framing tells that it is whole: there is no MD5. Left out if that may be."""
    listed.server.on("/f/lib/util.py", answer)
    message = f"lib/util.py: GET {listed.server.url}f/lib/util.py: "
    boot = listed.refuses(message, begun=True, download_retries=0)
    (failed,) = boot.named("file_update_failed")
    assert failed == {"path": "lib/util.py", "mode": "http_fs", "error": boot.message}
    listed.device.waits(strict_http_fs=False, download_retries=0)
    boot = listed.boot(strict_http_fs=False, download_retries=0)
    assert (boot.code, boot.reset) == (None, True)
    listed.has({path: content for path, content in NEW.items() if path != "lib/util.py"})
    assert boot.named("file_update_failed") == [failed]
    assert "lib/util.py" not in boot.updated
    assert listed.device.call("revert_update").reset
    listed.goes_on()


@pytest.mark.parametrize("answer", FILES.values(), ids=FILES)
def test_a_file_that_fails_once_is_installed_at_the_retry(listed, strict, answer):
    listed.server.on("/f/lib/util.py", answer, reply(UTIL))
    boot = listed.installs(download_retries=1)
    assert not boot.named("file_update_failed")


def test_an_update_whose_every_file_fails_changes_nothing(listed, strict):
    """Nothing is changed, and the code says why; without strictness each of them was tried."""
    for path in NEW:
        listed.server.on("/f/" + path, short(NEW[path] + b"x"))
    boot = listed.refuses("body ended early", begun=strict, tried=True)
    assert len(boot.named("file_update_failed")) == (1 if strict else len(NEW))
    listed.goes_on()


def test_a_failed_file_fails_a_lenient_update_with_nothing_else_new(listed):
    """Nothing new could be installed: as if every file had failed."""
    listed.installs()
    assert listed.device.call("confirm_update", True).value is True
    listed.server.on("/f/main.py", reply("no", "404 Not Found"))
    listed.refuses("main.py", "status 404", strict_http_fs=False, tried=True)


def test_a_folder_linked_without_its_slash_counts_as_a_failed_file(listed, strict):
    """The server sends the client on to the folder's page, which is no file of the release."""
    listed.list("", [*PAGES[""], "docs"])
    listed.server.on("/f/docs", moved("/f/docs/", "301 Moved Permanently"))
    listed.list("docs/", ["a.txt"])
    listed.server.on("/f/docs/a.txt", reply(b"a"))
    if strict:
        listed.refuses("docs: GET ", "redirected to ", "f/docs/: ", begun=True)
    else:
        boot = listed.installs()
        assert [failed["path"] for failed in boot.named("file_update_failed")] == ["docs"]
