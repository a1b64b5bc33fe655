"""HTTP-FS mode against the listings of real servers: what is served is what is installed."""

import os

import pytest
from network.crawler import NEW, OLD
from servers import PythonServer

# None begins with a dot, which nginx does not list.
NAMES = [
    "with blank.py",
    " blank first",
    "two  blanks/and  more.py",
    "amp&ersand.py",
    "&amp;.py",
    "&lt;&#39;&quot;.py",
    "apostrophe's.py",
    'quo"te".py',
    'a href="x.py">.py',
    "<angle>.py",
    "percent%.py",
    "percent%41.py",
    "%2e%2e%2fescaped.py",
    "plus+plus.py",
    "hash#tag.py",
    "#",
    "question?.py",
    "question?a=b&c=d.py",
    "semi;colon.py",
    "at@comma,dollar$star*equals=.py",
    "(round)[square]{curly}.py",
    "back`tick^hat|pipe~tilde!.py",
    "x/colon:first.py",
    "x/javascript:alert(1).py",
    "x/http:/inner.py",
    "caf\u00e9.py",
    "e\u0301 decomposed.py",
    "\u0434\u0435\u0440\u0435\u0432\u043e/\u6728.py",
    "\U0001f335.py",
    "UPPER/CamelCase.PY",
    "folder with blank & co/per%cent/que?stion/ha#sh/file.py",
    "no extension",
    "-dash/-.py",
    "a..b/c..d",
    "a_very_long_name_that_a_listing_shortens_for_the_eye" + "_" * 80 + ".py",
]


# -- what is installed --


def test_the_whole_listed_tree_is_installed(crawler, serve, kind):
    crawler.offer({**NEW, "big.bin": os.urandom(200000), "a/b/c/d/e/f/g.py": b"deep"})
    (crawler.served / "empty").mkdir()
    (crawler.served / "lib" / "empty").mkdir()
    server = serve(kind, crawler.served)
    crawler.follow(server.url)
    crawler.succeeds()
    assert crawler.files() == {**OLD, **crawler.offered()}
    assert {one.method for one in server.log} == {"GET"}
    assert {one.status for one in server.log} == {200}
    crawler.confirms()
    crawler.has_nothing_to_do()
    assert crawler.files() == {**OLD, **crawler.offered()}


def test_files_with_unusual_names_are_installed(crawler, serve, kind):
    content = {name: b"# %d" % number for number, name in enumerate(NAMES)}
    crawler.offer(content)
    crawler.follow(serve(kind, crawler.served).url)
    boot = crawler.succeeds()
    assert crawler.files() == {**OLD, **content}
    assert sorted(boot.updated) == sorted(NAMES)
    crawler.confirms()
    crawler.has_nothing_to_do()


def test_300_files_of_one_folder_are_installed(crawler, serve, kind):
    """More than Apache answers on one connection."""
    content = {f"many/file {number:03}.py": b"#%d" % number for number in range(300)}
    crawler.offer(content)
    crawler.follow(serve(kind, crawler.served).url)
    boot = crawler.succeeds()
    assert crawler.files() == {**OLD, **content}
    assert sorted(boot.updated) == sorted(content)


@pytest.mark.parametrize("end", ["", "/"])
def test_only_files_below_the_base_url_are_installed(crawler, serve, kind, end):
    """The links to the parent folder lead nowhere."""
    crawler.offer({"secret.py": b"not for you", "releases/2/secret.py": b"nor this"})
    crawler.offer({"releases/new one/" + path: content for path, content in NEW.items()})
    server = serve(kind, crawler.served)
    crawler.follow(server.url + "releases/new%20one" + end)
    crawler.succeeds()
    assert crawler.files() == {**OLD, **NEW}
    assert all(one.path.startswith("/releases/new%20one/") for one in server.log)


def test_reserved_names_in_a_listing_are_neither_fetched_nor_installed(crawler, serve, kind):
    crawler.offer(NEW)
    own = ("versions.json", "ota_state.txt", "saguarota_backup/main.py", "otac14f2.prt")
    crawler.offer(dict.fromkeys(own, b"idle"))
    server = serve(kind, crawler.served)
    crawler.follow(server.url)
    boot = crawler.succeeds()
    assert sorted(boot.updated) == sorted(NEW)
    assert crawler.tree().get("versions.json") != b"idle"
    assert not {"/" + path for path in own} & {one.path for one in server.log}
    assert crawler.call("revert_update").reset
    assert crawler.files() == OLD


def test_http_fs_mode_ignores_the_options_of_manifests_and_signatures(crawler, serve):
    """Nothing is signed and nothing has an MD5: a manifest in the folder is a file like others."""
    crawler.offer({**NEW, "lib/versions.json": b'{"version": 1, "files": [], "signature": "no"}'})
    server = serve(PythonServer, crawler.served)
    crawler.follow(server.url, manifest_auth_key="a key", require_sha256=True, manifest_url=None)
    crawler.succeeds()
    assert crawler.files() == {**OLD, **crawler.offered()}


def test_files_are_installed_below_dest_dir(crawler, serve, kind):
    crawler.offer(NEW)
    crawler.follow(serve(kind, crawler.served).url, dest_dir="app")
    crawler.succeeds()
    new = {"app/" + path: content for path, content in NEW.items()}
    found = crawler.tree()
    assert {path: found.get(path) for path in {**OLD, **new}} == {**OLD, **new}


# -- events, confirmation and the way back --


def test_an_update_reports_each_event_in_order(crawler, serve, kind):
    crawler.offer(NEW)
    server = serve(kind, crawler.served)
    crawler.follow(server.url)
    events = [
        (name, details)
        for name, details in crawler.succeeds().events
        if name != "download_progress"
    ]
    assert events[0] == ("update_start", {"mode": "http_fs"})
    assert events[-1] == ("update_applied", {"mode": "http_fs"})
    for path in NEW:
        of_file = [(name, details) for name, details in events if details.get("path") == path]
        attempt = {"url": server.url + path, "path": path, "attempt": 1, "attempts": 2}
        here = {"path": path, "mode": "http_fs"}
        assert of_file == [
            ("file_update_start", here),
            ("download_attempt", attempt),
            ("file_update_done", here),
        ]
    assert len(events) == 2 + 3 * len(NEW)


def test_nothing_happens_before_the_confirmation(crawler, serve, kind):
    crawler.offer(NEW)
    server = serve(kind, crawler.served)
    crawler.follow(server.url)
    crawler.succeeds()
    crawler.offer({"main.py": b"newer main"})
    asked = len(server.log)
    boot = crawler.boot()
    assert (boot.code, boot.reset, boot.events) == (None, False, [])
    assert crawler.state() == "confirm_pending"
    assert crawler.app()["main.py"] == b"new main"
    assert len(server.log) == asked


def test_changed_files_are_installed_and_a_rollback_restores_the_old_ones(crawler, serve, kind):
    crawler.offer(NEW)
    crawler.follow(serve(kind, crawler.served).url, backup_skip_extensions=())
    crawler.succeeds()
    crawler.confirms()
    before = crawler.app()
    # One of the same length, one shorter, one longer, one more.
    changed = {"main.py": b"NEW MAIN", "lib/a.py": b"n", "data.bin": b"1", "lib/new/c.py": b"c"}
    crawler.offer(changed)
    crawler.succeeds()
    assert crawler.files() == {**OLD, **NEW, **changed}
    assert crawler.call("revert_update").reset
    assert crawler.state() == "idle"
    assert crawler.app() == before


def test_a_file_that_is_no_longer_served_stays(crawler, serve, kind):
    crawler.offer(NEW)
    crawler.follow(serve(kind, crawler.served).url)
    crawler.succeeds()
    crawler.confirms()
    (crawler.served / "main.py").unlink()
    crawler.has_nothing_to_do()
    assert crawler.app()["main.py"] == b"new main"


def test_nothing_is_left_of_a_check_without_news(crawler, serve):
    """Neither the last file that was fetched, nor the list of what is there."""
    server = serve(PythonServer, crawler.served)
    crawler.follow(server.url)
    crawler.put({"z.bin": b"z" * 2000})
    crawler.offer({**OLD, "z.bin": b"z" * 2000})
    before = crawler.tree()
    crawler.has_nothing_to_do()
    assert crawler.tree() == {**before, "ota_state.txt": b"idle"}
    for path in crawler.offered():
        (crawler.served / path).unlink()
    crawler.has_nothing_to_do()
    assert crawler.tree() == {**before, "ota_state.txt": b"idle"}
