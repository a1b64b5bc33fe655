"""HTTP-FS mode against real servers that refuse, fail, loop or are cut off: all of a tree or
nothing, but for strict_http_fs=False."""

import os

import pytest
from cutter import Cutter
from network.crawler import NEW, OLD
from servers import Apache, Nginx, PythonServer

# Apache has the same links in either form of its listing.
LISTERS = [Nginx, Apache, PythonServer]
# Each has "refuse" in it, for a message to name.
REFUSED = {
    "backslash": b"refused\\x.py",
    "dot at the end": b"refused.",
    "blank at the end": b"refused ",
    "control character": b"refused\x01.py",
    "tab": b"refused\t.py",
    "new line": b"refused\n.py",
    "delete": b"refused\x7f.py",
    "C1 control character": b"refused\xc2\x85.py",
    "short name of FAT": b"REFUSE~1.PY",
    "drive": b"refused:x.py",
    "not UTF-8": b"refused\xff.py",
    "folder": b"refused./x.py",
}

FORBIDDEN = {
    Nginx: "location /lib/ { autoindex off; }",
    Apache: '<Location "/lib/">\nOptions -Indexes\n</Location>',
}
MOVED = {
    Nginx: "rewrite ^/old/(.*)$ /new/$1 permanent;",
    Apache: "Redirect permanent /old/ /new/",
}


# -- what fails --


def test_a_missing_base_folder_is_reported_and_changes_nothing(crawler, serve, kind):
    crawler.follow(serve(kind, crawler.served).url + "nowhere")
    crawler.fails("404", "nowhere")


def test_an_unreachable_server_is_reported_and_changes_nothing(crawler):
    crawler.follow("http://127.0.0.1:1/", download_retries=0)
    crawler.fails("127.0.0.1")


@pytest.mark.parametrize("kind", [Nginx, Apache], ids=lambda kind: kind.__name__)
def test_a_disabled_listing_is_reported_and_changes_nothing(crawler, serve, kind):
    crawler.offer(NEW)
    crawler.follow(serve(kind, crawler.served, listing=False).url)
    crawler.fails("403")


@pytest.mark.parametrize("kind", FORBIDDEN, ids=lambda kind: kind.__name__)
def test_a_disabled_listing_of_one_folder_fails_the_whole_update(crawler, serve, kind):
    crawler.offer(NEW)
    crawler.follow(serve(kind, crawler.served, extra=FORBIDDEN[kind]).url)
    crawler.fails("403", "lib")


@pytest.mark.parametrize("kind", MOVED, ids=lambda kind: kind.__name__)
def test_a_base_folder_that_has_moved_is_followed(crawler, serve, kind):
    crawler.offer({"new/" + path: content for path, content in NEW.items()})
    crawler.follow(serve(kind, crawler.served, extra=MOVED[kind]).url + "old/")
    crawler.succeeds()
    assert crawler.files() == {**OLD, **NEW}


def forbid(crawler, kind, path):
    """Have a file listed that the server then fails to send."""
    if issubclass(kind, Apache):
        # It does not list what it can't find, and is never root.
        crawler.offer({path: b"unreadable"})
        (crawler.served / path).chmod(0)
    else:
        crawler.list_missing(path)


def test_a_failed_file_rolls_a_strict_update_back(crawler, serve, kind):
    crawler.offer(NEW)
    forbid(crawler, kind, "lib/broken.py")
    crawler.follow(serve(kind, crawler.served).url)
    crawler.fails("lib/broken.py", "40", reset=True)


def test_a_failed_file_is_left_out_of_a_lenient_update(crawler, serve, kind):
    crawler.offer(NEW)
    forbid(crawler, kind, "lib/broken.py")
    crawler.follow(serve(kind, crawler.served).url, strict_http_fs=False)
    failed = crawler.succeeds_in_part()
    assert failed["path"] == "lib/broken.py" and "40" in str(failed["error"])
    assert crawler.files() == {**OLD, **NEW}


def test_a_file_left_out_of_an_update_is_installed_by_a_later_one(crawler, serve, kind):
    crawler.offer(NEW)
    forbid(crawler, kind, "lib/broken.py")
    crawler.follow(serve(kind, crawler.served).url, strict_http_fs=False)
    crawler.succeeds_in_part()
    crawler.confirms()
    (crawler.served / "lib/broken.py").unlink()
    crawler.offer({"lib/broken.py": b"mended"})
    boot = crawler.succeeds()
    assert "lib/broken.py" in boot.updated
    assert crawler.app()["lib/broken.py"] == b"mended"


def offer_refused(crawler, name):
    crawler.offer(NEW)
    path = os.fsencode(crawler.served) + b"/" + name
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"refused")


@pytest.mark.parametrize("kind", LISTERS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED)
def test_a_refused_name_fails_a_strict_update(crawler, serve, kind, name):
    """What a manifest may not name, a listing may not either."""
    offer_refused(crawler, name)
    crawler.follow(serve(kind, crawler.served).url)
    crawler.fails("refuse")


@pytest.mark.parametrize("kind", LISTERS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED)
def test_a_refused_name_is_left_out_of_a_lenient_update(crawler, serve, kind, name):
    offer_refused(crawler, name)
    crawler.follow(serve(kind, crawler.served).url, strict_http_fs=False)
    failed = crawler.succeeds_in_part()
    assert "refuse" in failed["path"].lower()
    assert crawler.files() == {**OLD, **NEW}


@pytest.mark.parametrize("loops", [["loop"], ["a", "lib/loop"]], ids=len)
def test_a_folder_that_lists_itself_fails_within_100_requests(crawler, serve, kind, loops):
    crawler.offer(NEW)
    for loop in loops:
        (crawler.served / loop).symlink_to("/".join([".", *[".."] * loop.count("/")]))
    server = serve(kind, crawler.served)
    crawler.follow(server.url)
    crawler.fails(loops[0])
    # It went down once, not all of the ways.
    assert len(server.log) < 100
    for loop in loops:
        (crawler.served / loop).unlink()
    crawler.succeeds()
    assert crawler.files() == {**OLD, **NEW}


# -- connections that are lost --


def test_a_truncated_file_is_retried_and_then_rolled_back(crawler, serve, kind):
    """Only the length tells, as there is no MD5."""
    crawler.offer({**NEW, "big.py": b"#" * 20000})
    with Cutter(serve(kind, crawler.served).url, after=5000, path="/big.py") as cutter:
        crawler.follow(cutter.url)
        boot = crawler.fails("big.py", reset=True)
        assert len(boot.named("download_retry")) == 1
        assert cutter.cuts == 2
        cutter.after = None
        crawler.waits()
        crawler.succeeds()
    assert crawler.files() == {**OLD, **NEW, "big.py": b"#" * 20000}


def test_a_file_truncated_once_is_installed_at_the_retry(crawler, serve, kind):
    crawler.offer({**NEW, "big.py": b"#" * 20000})
    with Cutter(serve(kind, crawler.served).url, after=5000, path="/big.py", times=1) as cutter:
        crawler.follow(cutter.url)
        boot = crawler.succeeds()
        (retry,) = boot.named("download_retry")
        assert retry.keys() == {"url", "path", "attempt", "wait_ms"}
        assert (retry["path"], retry["attempt"]) == ("big.py", 1)
    assert crawler.files() == {**OLD, **NEW, "big.py": b"#" * 20000}


def test_a_truncated_listing_installs_nothing_until_a_retry_succeeds(crawler, serve, kind):
    """Half of a listing would be half of a release."""
    crawler.offer({**NEW, **{f"lib/{number}.py": b"" for number in range(100)}})
    with Cutter(serve(kind, crawler.served).url, after=2000, path="/lib/") as cutter:
        crawler.follow(cutter.url)
        crawler.fails("lib")
        # One more cut, and the retry of the listing works.
        cutter.times = 1
        crawler.succeeds()
    assert len(crawler.files()) == 100 + len({**OLD, **NEW})
