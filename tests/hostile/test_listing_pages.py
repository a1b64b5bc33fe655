"""Listings that are too much: in bytes, links, folders, depth or time; and the heap they take."""

import pytest
from hostile.attack import NEW
from hostile.listings import HTTP_FS, PAGES, page
from hostile.server import chunked, reply
from support import OFFLINE

MIB = 1 << 20
PAGE_MAX = 4 * MIB
LINKS_MAX = 32768
FOLDERS_MAX = 256
# Of a page without end: what is read of it, and what the system takes for a reader that has gone.
SENT_MAX = PAGE_MAX + 12 * MIB
SLOW = {"http_timeout_s": 0.3, "download_retries": 0}
LIMIT_S = 20
HONEST = page(PAGES[""])


# -- bytes --


@pytest.mark.parametrize("size", [3 * MIB, PAGE_MAX])
@pytest.mark.parametrize("filler", ["text", "attribute", "comment", "blanks in a tag"])
def test_links_after_megabytes_without_one_are_still_found(listed, size, filler):
    """Before the links: whatever it is, the rest of the page counts."""
    room = size - len(HONEST)
    start, end = {
        "text": ("<pre>", "</pre>"),
        "attribute": ('<p title="', '">'),
        "comment": ("<!-- <a href=evil.py>", "-->"),
        "blanks in a tag": ("<p ", ">"),
    }[filler]
    before = start + " " * (room - len(start) - len(end)) + end
    listed.server.on("/f/", reply(before + HONEST))
    listed.installs()


@pytest.mark.parametrize("where", ["", "pkg/sub/"])
def test_a_listing_one_byte_over_4_mib_is_refused_without_a_retry(listed, strict, where):
    body = page(PAGES[where])
    listed.server.on("/f/" + where, reply(body + " " * (PAGE_MAX + 1 - len(body))))
    listed.refuses(f"{listed.server.url}f/{where}: over {PAGE_MAX} bytes")
    # Another attempt would bring the same.
    assert listed.server.requests.count("/f/" + where) == 1
    listed.goes_on()


FLOODS = {
    "no link": b"<p>" + b"x" * 65000,
    "the same link": b'<a href="evil.py">evil</a>\n' * 2000,
    "links elsewhere": b'<a href="?C=N">name</a><a href="../">up</a>\n' * 2000,
    "half a tag": b" x=y" * 16000,
    "half a link": b"e" * 65000,
    "NUL": b"\0" * 65000,
}


@pytest.mark.parametrize("form", ["length", "chunks"])
@pytest.mark.parametrize("flood", FLOODS)
def test_a_page_that_never_ends_is_refused_after_4_mib(listed, strict, flood, form):
    start = {"half a tag": b"<a ", "half a link": b'<a href="'}.get(flood, b"")

    def answer(peer):
        if form == "length":
            peer.send(reply(length=4_000_000_000) + start)
            peer.flood(FLOODS[flood])
        else:
            peer.send(chunked(start or b"x", end=b""))
            peer.flood(b"%x\r\n%s\r\n" % (len(FLOODS[flood]), FLOODS[flood]))

    listed.server.on("/f/lib/", answer)
    listed.refuses(f"f/lib/: over {PAGE_MAX} bytes")
    assert listed.seconds < LIMIT_S
    assert listed.server.sent < SENT_MAX
    listed.goes_on()


def test_an_endless_page_of_tiny_chunks_is_refused_after_4_mib(listed):
    """As many bytes of framing as of the page."""
    body = b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in b"<p>text</p>\n") * 400
    start = reply("", "200 OK", "Transfer-Encoding: chunked", length=None)

    def answer(peer):
        peer.send(start)
        peer.flood(body)

    listed.server.on("/f/", answer)
    listed.refuses(f"over {PAGE_MAX} bytes", http_timeout_s=30)


def test_an_endless_response_head_leaves_the_device_unchanged(listed, strict):
    def answer(peer):
        peer.send(b"HTTP/1.1 200 OK\r\n")
        peer.flood(b"X-More: <a href=evil.py>\r\n" * 100)

    listed.server.on("/f/lib/", answer)
    listed.refuses("GET ", "f/lib/: ", download_retries=0)
    listed.goes_on()


# -- time --


@pytest.mark.parametrize("start", [HONEST, "", '<a href="'], ids=["links", "nothing", "a link"])
def test_a_page_that_drips_byte_by_byte_ends_in_a_timeout(listed, strict, start):
    """Every byte is in time, and the last one in minutes."""

    def answer(peer):
        peer.send(reply(start, length=100_000))
        peer.drip(b" " * 9000, pause=0.02)

    listed.server.on("/f/lib/", answer)
    listed.refuses("GET ", "f/lib/: ", "ETIMEDOUT", **SLOW)
    assert listed.seconds < LIMIT_S


@pytest.mark.parametrize("place", ["head", "body", "chunk"])
def test_a_page_that_stalls_ends_in_a_timeout(listed, strict, place):
    def answer(peer):
        start = {"head": b"HTTP/1.1 200", "body": reply(HONEST, length=9999)}
        peer.send(start.get(place) or chunked(HONEST.encode(), end=b"5\r\n<p"))
        peer.stall()

    listed.server.on("/f/lib/", answer)
    listed.refuses("GET ", "f/lib/: ", "ETIMEDOUT", **SLOW)
    listed.goes_on()


def test_a_page_that_is_slow_but_alive_is_accepted(listed):
    listed.server.on("/f/", lambda peer: peer.drip(reply(HONEST), 0.005))
    listed.installs(http_timeout_s=2, download_retries=0)


# -- links --


def test_a_listing_of_100000_links_is_refused(listed, strict):
    listed.server.on("/f/lib/", reply(page(f"{number:x}.py" for number in range(100_000))))
    listed.refuses(f"f/lib/: over {LINKS_MAX} links")
    assert listed.seconds < LIMIT_S
    listed.goes_on()


def test_the_limit_of_links_holds_for_all_folders_together(listed):
    """The limit is for all listings together."""
    listed.list("", [f"d{number}/" for number in range(50)])
    listed.server.otherwise = reply(page(f"{number:x}.py" for number in range(2000)))
    listed.refuses(f"over {LINKS_MAX} links")
    assert len(listed.server.requests) == 1 + LINKS_MAX // 2000 + 1


def test_100000_links_that_lead_elsewhere_do_not_count(listed):
    hrefs = [f"?{number:x}" for number in range(50_000)]
    listed.server.on("/f/lib/", reply(page(hrefs) + page(PAGES["lib/"]) + page(hrefs)))
    boot = listed.installs()
    assert not boot.named("file_update_failed")


def test_100000_refused_links_are_all_logged_by_a_lenient_update(listed):
    hrefs = [f"%2e%2e%2f{number:x}" for number in range(100_000)]
    listed.server.on("/f/lib/", reply(page(hrefs) + page(PAGES["lib/"])))
    listed.refuses("f/lib/: %2e%2e%2f0: encoded slash")
    boot = listed.installs(strict_http_fs=False, progress_callback=None)
    assert boot.log.count("encoded slash") == 100_000


def test_32768_links_are_accepted_and_one_more_is_refused(listed):
    """All of them are walked before the first file is asked for, which fails here."""
    honest = sum(len(links) for links in PAGES.values())
    hrefs = [f"{number:x}.py" for number in range(LINKS_MAX - honest)]
    listed.server.on("/f/pkg/sub/", reply(page([*PAGES["pkg/sub/"], *hrefs])))
    listed.server.on("/f/main.py", reply("no", "404 Not Found"))
    listed.refuses("main.py", "404", begun=True, download_retries=0)
    listed.server.on("/f/pkg/sub/", reply(page([*PAGES["pkg/sub/"], *hrefs, "x"])))
    listed.refuses(f"over {LINKS_MAX} links")


# -- folders --


@pytest.mark.parametrize("hrefs", [["./"], ["."], [""], ["../f/"], ["/f/"], ["./", "x.py", "./"]])
def test_a_folder_that_links_to_itself_is_listed_once(listed, strict, hrefs):
    listed.list("", [*hrefs, *PAGES[""]])
    listed.server.on("/f/x.py", reply(b"x"))
    listed.installs({**NEW, "x.py": b"x"} if "x.py" in hrefs else NEW)
    assert listed.server.requests.count("/f/") == 1


def test_a_page_that_repeats_at_every_path_ends_at_16_segments(listed):
    """Strict, it ends at the greatest depth; otherwise there is a file in each of the folders."""
    listed.list("", ["x.py", "sub/"])
    body = reply(page(["x.py", "sub/"]))
    listed.server.otherwise = body
    listed.refuses("path over 16 segments")
    folders = ["/f/" + "sub/" * depth for depth in range(17)]
    assert listed.server.requests == folders
    boot = listed.boot(strict_http_fs=False)
    assert (boot.code, boot.reset) == (None, True), boot.message
    assert [len(path.split("/")) for path in boot.updated] == list(range(1, 17))
    assert len(listed.server.requests) == len(folders) + len(boot.updated)
    assert listed.device.call("revert_update").reset
    listed.goes_on()


def test_two_folders_in_every_folder_end_within_256_requests(listed, strict):
    """There are 2 to the 16th ways through these."""
    listed.server._answers.clear()
    listed.server.otherwise = reply(page(["a/", "b/"]))
    listed.refuses("path over 16 segments" if strict else f"over {FOLDERS_MAX} folders")
    assert len(listed.server.requests) <= FOLDERS_MAX
    assert listed.seconds < LIMIT_S


def test_nested_folders_with_long_names_end_at_255_bytes_of_path(listed, strict):
    listed.server._answers.clear()
    listed.server.otherwise = reply(page(["a%20long%20name" * 8 + "/"]))
    if strict:
        listed.refuses("path over 255 bytes")
    else:
        boot = listed.boot()
        assert (boot.code, boot.reset) == (None, False) and "no files" in boot.log
    assert len(listed.server.requests) == 3


def test_two_folders_that_list_each_other_end_at_16_segments(listed, strict):
    """By way of their names below each other, as links upwards are not followed."""
    listed.list("", ["a/", "b/", *PAGES[""]])
    for depth in range(1, 20):
        for first in "ab":
            path = "".join(("ab" if first == "a" else "ba")[at % 2] + "/" for at in range(depth))
            other = "b/" if path[-2] == "a" else "a/"
            listed.list(path, [other, f"../{other}"])
    if strict:
        listed.refuses("path over 16 segments")
        assert len(listed.server.requests) == 1 + 16
    else:
        boot = listed.installs()
        assert len(boot.named("file_update_failed")) == 2


@pytest.mark.parametrize("count", [300, FOLDERS_MAX - 4, FOLDERS_MAX - 3])
def test_256_folders_are_accepted_and_one_more_is_refused(listed, strict, count):
    """The base and the three of NEW are folders as well."""
    listed.list("", [*PAGES[""], *(f"d{number}/" for number in range(count))])
    listed.server.otherwise = reply(page([]))
    if 4 + count > FOLDERS_MAX:
        listed.refuses(f"over {FOLDERS_MAX} folders")
        assert len(listed.server.requests) == FOLDERS_MAX
    else:
        listed.installs()


# -- heap --


def least_heap(listed, **options):
    """KiB of the smallest heap that the update arrives in; the device is as it was after it."""
    for size in range(44, 80):
        listed.device.flags = ["-X", f"heapsize={size}k"]
        boot = listed.device.boot(**options)
        listed.device.flags = []
        if boot.status == 0 and boot.code is None and listed.device.state() == "confirm_pending":
            assert listed.device.call("revert_update").reset
            return size
        assert listed.device.state() in (None, "idle", "installing")
        if listed.device.state() == "installing":
            assert listed.device.boot().reset
    raise AssertionError(boot.log)


def test_a_huge_page_takes_no_more_heap_than_a_small_one(listed):
    """3 MiB with 30 000 links, of which five count."""
    listed.list("lib/", [*(f"?{number}" for number in range(100)), *PAGES["lib/"]])
    small = least_heap(listed)
    elsewhere = [f"../{number:05}{'x' * 80}" for number in range(30_000)]
    listed.server.on("/f/lib/", reply(page([*elsewhere, *PAGES["lib/"]]) + " " * 100_000))
    assert 3 * MIB < len(listed.server._answers["/f/lib/"][0]) < PAGE_MAX
    assert least_heap(listed) <= small + 1


def test_10000_files_are_planned_in_a_heap_of_64_kib(listed):
    """They are walked and planned; the first one then fails.

    MicroPython's table of names may double just then, in one piece of 3 KiB here. Where there is no
    such piece, the next boot undoes what was begun.
    """
    hrefs = [f"{number:05}{'x' * 80}.py" for number in range(10_000)]
    listed.server.on("/f/pkg/sub/", reply(page(hrefs)))
    listed.server.on("/f/main.py", reply("no", "404 Not Found"))
    listed.device.flags = ["-X", "heapsize=64k"]
    before = listed.device.tree()
    boot = listed.boot(download_retries=0)
    assert (boot.code, boot.reset) == (HTTP_FS, True), boot.log
    assert "main.py" in boot.message and "404" in boot.message
    if listed.device.state() == "installing":
        assert "to be tried again" in boot.message
        assert listed.boot(**OFFLINE).reset
    listed.is_as_before(before)
