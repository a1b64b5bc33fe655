"""HTTP-FS mode, statement by statement, against Python's own web server."""

import pytest
from network.crawler import NEW, OLD
from support import OFFLINE

# update_start, three for each file, update_applied.
EVENTS = 2 + 3 * len(NEW)


def here(path):
    return {"path": path, "mode": "http_fs"}


# -- events --


@pytest.mark.parametrize("strict", [True, False])
def test_events_come_in_the_documented_order_with_their_details(crawler, strict):
    """Those of the reference with their keys, in its order; files and folders as they are listed,
    which Python does by name."""
    url = crawler.options["base_file_url"]

    def of(path):
        attempt = {"url": url + path, "path": path, "attempt": 1, "attempts": 3}
        yield from (("file_update_start", here(path)), ("download_attempt", attempt))
        yield ("file_update_done", here(path))

    paths = ["data.bin", "main.py", "lib/a.py", "lib/deep/b.py"]
    assert crawler.boot(strict_http_fs=strict, download_retries=2).events == [
        ("update_start", {"mode": "http_fs"}),
        *(event for path in paths for event in of(path)),
        ("update_applied", {"mode": "http_fs"}),
    ]


def failing_events(crawler, **options):
    crawler.list_missing()
    boot = crawler.boot(retry_base_delay_ms=3, **options)
    url = crawler.options["base_file_url"] + "gone.py"
    events = [(name, details) for name, details in boot.events if details.get("path") == "gone.py"]
    (wait,) = [details.pop("wait_ms") for name, details in events if name == "download_retry"]
    assert 3 <= wait < 3 + 128
    place = {"url": url, "path": "gone.py"}
    error = f"gone.py: GET {url}: ValueError: status 404"
    assert events == [
        ("file_update_start", here("gone.py")),
        ("download_attempt", {**place, "attempt": 1, "attempts": 2}),
        ("download_retry", {**place, "attempt": 1}),
        ("download_attempt", {**place, "attempt": 2, "attempts": 2}),
        ("file_update_failed", {**here("gone.py"), "error": error}),
    ]
    return boot, error


def test_a_file_that_fails_is_reported_and_ends_a_strict_update(crawler):
    boot, error = failing_events(crawler)
    assert boot.events[-1][0] == "file_update_failed"
    assert (boot.code, boot.message, boot.reset) == ("http_fs_failed", error, True)


def test_a_file_that_fails_is_reported_and_a_lenient_update_goes_on(crawler):
    boot, _ = failing_events(crawler, strict_http_fs=False)
    assert boot.events[-1] == ("update_applied", {"mode": "http_fs"})
    assert (boot.code, boot.message, boot.reset) == (None, None, True)
    assert crawler.files() == {**OLD, **NEW}


def test_a_forbidden_name_is_reported_before_a_lenient_update_starts(crawler):
    """Told when the listing is read, which is before the update is begun."""
    crawler.offer({"bad.": b""})
    boot = crawler.boot(strict_http_fs=False)
    error = "segment ends in a dot or a space"
    assert boot.events[0] == ("file_update_failed", {**here("bad."), "error": error})
    assert boot.events[1] == ("update_start", {"mode": "http_fs"})
    assert crawler.files() == {**OLD, **NEW}


def test_an_unchanged_file_is_fetched_and_reported_like_any_other(crawler):
    """Fetched, and told as any other."""
    crawler.put({"main.py": NEW["main.py"]})
    assert sorted(crawler.succeeds().updated) == sorted(NEW)


RAISING = """
def callback(name, details):
    on_event(name, details)
    raise {error}("from the callback")
call(make(progress_callback=callback), "check_and_perform_ota")
"""


@pytest.mark.parametrize("strict", [True, False])
def test_a_raising_callback_is_printed_and_the_update_goes_on(crawler, strict):
    crawler.options["strict_http_fs"] = strict
    if not strict:
        crawler.list_missing()
    boot = crawler.execute(RAISING.format(error="ValueError"))
    assert (boot.code, boot.reset) == (None, True), boot.message
    assert crawler.files() == {**OLD, **NEW}
    assert boot.log.count("from the callback") == len(boot.events) >= EVENTS


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "SystemExit"])
def test_an_update_interrupted_by_its_callback_is_undone_at_the_next_check(crawler, error):
    """The next check undoes what was begun."""
    before = crawler.tree()
    source = RAISING.format(error=error).replace("raise", "if name == 'file_update_done': raise")
    boot = crawler.execute(source)
    assert crawler.state() == "installing" and len(boot.events) == 4
    assert crawler.boot(**OFFLINE).reset
    assert crawler.tree() == before


# -- what stays --


@pytest.mark.parametrize("event", range(EVENTS))
def test_a_power_loss_at_any_event_leaves_the_old_tree_or_the_new_one(crawler, event):
    """Before the network is back, the tree is that of before; after it, the new one."""
    before = crawler.tree()
    assert crawler.boot(kill_at=event).killed
    boot = crawler.boot(**OFFLINE)
    if event < EVENTS - 1:
        # The first event is sent before anything is begun.
        assert boot.reset is (event > 0)
        assert crawler.boot(**OFFLINE).code == "http_fs_failed"
        assert crawler.tree() == before
        crawler.succeeds()
    else:
        assert (boot.code, boot.reset) == (None, False)
    assert crawler.state() == "confirm_pending"
    assert crawler.files() == {**OLD, **NEW}
    crawler.confirms()


def test_backups_are_retained_until_the_clean_up_after_the_confirmation(crawler):
    before = crawler.tree()
    crawler.succeeds()
    tree = crawler.tree()
    backup = {path for path in tree if path.startswith("saguarota_backup/") and tree[path]}
    assert {path: tree[path] for path in backup} == {
        "saguarota_backup/main.py": OLD["main.py"],
        "saguarota_backup/lib/a.py": OLD["lib/a.py"],
    }
    assert tree["versions.json"] == before["versions.json"]
    assert crawler.call("cleanup_files").value is False
    assert crawler.call("confirm_update").value is True
    assert crawler.call("confirm_update").value is False
    assert crawler.call("cleanup_files").value is True
    own = {"ota_state.txt", "versions.json"}
    assert {path for path in crawler.tree() if not path.endswith("/")} == {*OLD, *NEW, *own}


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_revert_restores_the_old_tree_without_network(crawler, confirmed):
    before = crawler.tree()
    crawler.succeeds()
    assert not confirmed or crawler.call("confirm_update").value is True
    assert crawler.call("revert_update", **OFFLINE).reset
    assert crawler.tree() == before
    crawler.succeeds()


def test_a_file_that_may_fail_is_not_touched_by_the_rollback(crawler):
    crawler.list_missing("lib/z.py")
    crawler.put({"lib/z.py": b"own"})
    before = crawler.tree()
    crawler.options["strict_http_fs"] = False
    assert crawler.boot().reset
    assert crawler.files() == {**OLD, **NEW, "lib/z.py": b"own"}
    crawler.call("revert_update")
    assert crawler.tree() == before


def marks(folder):
    """What a write, a rename or a copy changes, of each file."""
    stats = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {path: (stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in stats.items()}


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 5000])
def test_what_is_the_same_is_not_written(crawler, size):
    """No reset, no event that says so, no file of the application that was touched."""
    crawler.offer({"sized.py": bytes(index * 7 & 255 for index in range(size))})
    crawler.put(crawler.offered())
    before, app = crawler.tree(), marks(crawler.folder)
    state = crawler.folder / "ota_state.txt"
    boot = crawler.boot()
    assert (boot.code, boot.reset) == (None, False)
    assert not boot.named("update_applied")
    assert crawler.tree() == before
    after = marks(crawler.folder)
    del app[state], after[state]
    assert after == app


def test_only_what_differs_is_written(crawler):
    """By one byte, at either end."""
    crawler.put(NEW)
    crawler.put({"main.py": b"New main", "lib/a.py": b"new A"})
    app = marks(crawler.folder)
    crawler.succeeds()
    after = marks(crawler.folder)
    changed = {path.name for path in app if app[path] != after[path] and path.name != "b.py"}
    assert {"main.py", "a.py"} <= changed and "data.bin" not in changed
    assert app[crawler.folder / "lib/deep/b.py"] == after[crawler.folder / "lib/deep/b.py"]
    assert crawler.files() == {**OLD, **NEW}


def test_force_update_installs_what_is_the_same(crawler):
    crawler.put(NEW)
    inodes = {path: (crawler.folder / path).stat().st_ino for path in NEW}
    before = crawler.app()
    crawler.options["force_update"] = True
    crawler.succeeds()
    assert all((crawler.folder / path).stat().st_ino != inode for path, inode in inodes.items())
    assert crawler.tree()["saguarota_backup/main.py"] == NEW["main.py"]
    crawler.confirms()
    crawler.succeeds()
    assert crawler.app() == before


# -- options --


def test_files_in_skip_lists_are_not_backed_up_and_stay_new_after_a_revert(crawler):
    crawler.put({"data.bin": b"old", "assets/x.py": b"old"})
    crawler.offer({"assets/x.py": b"new", "assets/y.py": b"new"})
    crawler.options["backup_skip_extensions"] = None
    boot = crawler.succeeds()
    tree = crawler.tree()
    assert "saguarota_backup/main.py" in tree
    assert not {"saguarota_backup/data.bin", "saguarota_backup/assets/x.py"} & set(tree)
    assert crawler.call("revert_update").reset
    tree = crawler.app()
    # What was not backed up stays new; what was created goes.
    assert (tree["data.bin"], tree["assets/x.py"]) == (b"", b"new")
    assert "assets/y.py" not in tree and tree["main.py"] == OLD["main.py"]
    crawler.options["backup_skip_prefixes"] = ("lib/",)
    crawler.boot()
    assert "saguarota_backup/lib/a.py" not in crawler.tree()
    assert boot.updated


def test_unchanged_files_in_skip_lists_cause_no_reset(crawler):
    """They are no reason for a reset, either."""
    crawler.put(NEW)
    before = crawler.tree()
    crawler.options.update(backup_skip_extensions=[".py"])
    crawler.has_nothing_to_do()
    assert crawler.tree() == before


@pytest.mark.parametrize("destination", ["app", "app/", "./app", "a/p/p", "absolute"])
@pytest.mark.parametrize("exists", [True, False])
def test_an_update_goes_to_dest_dir_and_a_revert_restores_it(crawler, destination, exists):
    where = destination.replace("./", "").strip("/") + "/"
    if destination == "absolute":
        destination = str(crawler.folder / "absolute")
    if exists:
        crawler.put({where + path: content for path, content in OLD.items()})
    before = crawler.tree()
    crawler.options["dest_dir"] = destination
    crawler.succeeds()
    new = {where + path: content for path, content in NEW.items()}
    tree = crawler.tree()
    assert {path: tree[path] for path in {**OLD, **new}} == {**OLD, **new}
    assert crawler.call("revert_update").reset
    tree = crawler.tree()
    assert {path: tree[path] for path in before} == before
    # The destination itself is not one of the folders of the release.
    assert all(where.startswith(path) for path in set(tree) - set(before))


def test_state_and_backup_take_the_names_given_in_the_options(crawler):
    crawler.options.update(
        ota_state_file="x/state", local_manifest_file="y/local.json", application_name="app"
    )
    before = crawler.files()
    assert crawler.boot().reset
    tree = crawler.tree()
    assert tree["x/state"] == b"confirm_pending" and "app_backup/main.py" in tree
    assert crawler.call("revert_update").reset
    assert (crawler.tree()["x/state"], crawler.files()) == (b"idle", {**before, "x/state": b"idle"})


@pytest.mark.parametrize("name", ["io_chunk_size", "md5_chunk_size", "both"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_small_chunks_install_compare_and_restore_the_same_bytes(crawler, name, size):
    """For listings, heads, files, copies and comparisons."""
    names = ("io_chunk_size", "md5_chunk_size") if name == "both" else (name,)
    crawler.options.update(dict.fromkeys(names, size))
    crawler.offer({"more.py": bytes(range(256)) * 3})
    crawler.succeeds()
    assert crawler.files() == {**OLD, **crawler.offered()}
    crawler.confirms()
    crawler.has_nothing_to_do()
    crawler.offer({"more.py": bytes(range(256)) * 2 + bytes(255) + b"!"})
    crawler.succeeds()
    assert crawler.call("revert_update").reset
    assert crawler.files()["more.py"] == bytes(range(256)) * 3


@pytest.mark.parametrize("timeout", [None, 0.5, 3600])
def test_an_update_succeeds_with_any_timeout_or_none(crawler, timeout):
    crawler.options["http_timeout_s"] = timeout
    crawler.succeeds()
    assert crawler.files() == {**OLD, **NEW}


@pytest.mark.parametrize("option", ["manifest_auth_key", "delete_files_not_in_manifest_policy"])
def test_options_for_manifests_have_no_effect_in_http_fs_mode(crawler, option):
    crawler.options[option] = "all"
    crawler.options["resume_downloads"] = True
    crawler.succeeds()
    assert crawler.files() == {**OLD, **NEW}
    assert not [path for path in crawler.tree() if path.endswith((".cut", ".res"))]
