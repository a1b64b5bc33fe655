"""An update from the first install to its confirmation, each boot a new process."""

import json

import pytest
from support import application

OLD = {"main.py": b"print('old')\n", "lib/app.py": b"VERSION = 1\n", "lib/same.py": b"SAME = 1\n"}
NEW = {"main.py": b"print('new')\n", "lib/app.py": b"VERSION = 2\n", "lib/deep/er/more.py": b"\n"}


@pytest.fixture(params=["micropython", "other_micropython"])
def any_device(request, device):
    """A device on each of two builds of MicroPython."""
    device.interpreter = request.getfixturevalue(request.param)
    return device


def install(device, release, files=OLD, version=1000):
    """Brings the device to a confirmed release."""
    release.put_all(files, version)
    assert device.boot().reset
    assert device.call("confirm_update", True).value is True
    release.requests.clear()


def test_a_first_install_brings_the_whole_release_to_an_empty_device(any_device, release):
    release.put_all(OLD, 1000)
    boot = any_device.boot()
    assert (boot.reset, boot.code, boot.message, boot.status) == (True, None, None, 0)
    assert any_device.app() == release.tree()
    assert any_device.state() == "confirm_pending"
    assert any_device.manifest() == json.loads(release.generate_manifest())
    assert boot.updated == sorted(OLD)


def test_a_confirmed_update_is_whole_and_leaves_no_other_files_behind(any_device, release):
    install(any_device, release)
    release.put_all(NEW, 2000)
    boot = any_device.boot()
    assert boot.reset and boot.code is None
    assert any_device.app() == release.tree()
    boot = any_device.call("confirm_update", True)
    assert (boot.value, boot.reset) == (True, False)
    assert any_device.state() == "idle"
    assert set(any_device.tree()) == set(release.tree()) | {"ota_state.txt", "versions.json"}
    boot = any_device.boot()
    assert (boot.reset, boot.code, boot.events) == (False, None, [])


# As users of SaguarOTA have them, but for the URLs.
BOOT = """
from saguarota import OTAUpdater

ota = OTAUpdater(
    manifest_url="{url}versions.json",
    base_file_url="{url}",
    http_timeout_s=5,
    download_retries=2,
    retry_base_delay_ms=250,
    resume_downloads=True,
    io_chunk_size=512,
    md5_chunk_size=512,
)

# Check/apply updates early in boot.
ota.check_and_perform_ota()
"""
MAIN = """
from saguarota import OTAUpdater

ota = OTAUpdater(
    manifest_url="{url}versions.json",
    base_file_url="{url}",
)

import app
say(version=app.VERSION)
ota.confirm_update(cleanup=True)
"""


def test_typical_boot_py_and_main_py_install_and_confirm_each_release(any_device, release):
    any_device.sys_path = ["", *any_device.sys_path]
    boot, main = (source.format(url=release.url) for source in (BOOT, MAIN))
    for version in (1, 2):
        release.put_all({"app.py": b"VERSION = %d" % version}, 1000 * version)
        assert any_device.execute(boot).status == 0
        assert any_device.state() == "confirm_pending"
        # After the restart: nothing to do for the one, all of it for the other.
        before = any_device.tree()
        assert any_device.execute(boot).status == 0
        assert any_device.tree() == before
        assert any_device.execute(main).said == [{"version": version}]
        assert any_device.tree().keys() == {"app.py", "ota_state.txt", "versions.json"}
        assert any_device.state() == "idle"


def test_an_interrupted_update_goes_back_on_any_build(any_device, release):
    install(any_device, release)
    before = any_device.tree()
    release.put_all(NEW, 2000)
    assert any_device.boot(kill_at=6).killed
    assert any_device.boot().reset
    assert any_device.tree() == before
    assert any_device.boot().reset
    assert any_device.app() == release.tree()


def test_only_due_files_are_fetched_on_one_connection(device, release):
    install(device, release)
    release.put_all(NEW, 2000)
    boot = device.boot()
    assert release.fetched == boot.updated == sorted(NEW)
    assert len(release.requests) == 1 + len(NEW)
    assert release.connections == 1
    assert [skip["path"] for skip in boot.named("file_update_skip")] == ["lib/same.py"]


def test_a_forced_update_fetches_all(device, release):
    install(device, release)
    device.put({"main.py": b"broken by hand"})
    boot = device.boot(force_update=True)
    assert (boot.reset, boot.code) == (True, None)
    assert release.fetched == sorted(OLD)
    assert device.app() == release.tree()
    assert [start["from"] for start in boot.named("file_update_start")] == [1000] * 3


def test_a_forced_update_installs_an_older_release(device, release):
    install(device, release)
    release.put_all({**OLD, "main.py": b"older"}, 500)
    assert device.boot(force_update=True).reset
    assert device.app()["main.py"] == b"older"
    assert device.manifest()["version"] == 500


def marks(folder):
    """What changes with any write, creation or removal."""
    stats = {path: path.stat() for path in [folder, *folder.rglob("*")]}
    return {path: (stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in stats.items()}


def test_nothing_is_written_where_nothing_is_due(device, release):
    install(device, release)
    before = marks(device.folder)
    boot = device.boot()
    assert (boot.reset, boot.code, boot.events) == (False, None, [])
    assert marks(device.folder) == before
    assert [path for path, _, _ in release.requests] == ["/ota/versions.json"]


def test_another_text_of_the_same_version_changes_nothing(device, release):
    install(device, release)
    before = device.tree()
    release.manifest = json.dumps(json.loads(release.builder.generate_manifest()))
    boot = device.boot()
    assert (boot.reset, boot.code) == (False, None)
    assert device.tree() == before


def test_a_downgrade_is_not_installed(device, release):
    install(device, release)
    before = device.tree()
    release.put_all({**OLD, "main.py": b"older"}, 500)
    boot = device.boot()
    assert (boot.reset, boot.code, boot.events) == (False, None, [])
    assert device.tree() == before
    assert release.fetched == []


def test_a_file_older_than_the_device_has_stays_in_a_newer_release(device, release):
    install(device, release)
    release.put("main.py", b"older", 500).put("lib/app.py", b"newer", 2000)
    assert device.boot().updated == ["lib/app.py"]
    assert device.app()["main.py"] == OLD["main.py"]


def test_an_empty_release_installs_nothing(device, release):
    boot = device.boot()
    assert (boot.reset, boot.code) == (False, None)
    assert device.tree() == {}


def test_a_file_that_left_the_release_stays_on_the_device(device, release):
    install(device, release)
    release.remove("lib/same.py")
    release.put("main.py", b"new", 2000)
    assert device.boot().updated == ["main.py"]
    assert device.app()["lib/same.py"] == OLD["lib/same.py"]


def test_files_that_came_by_cable_are_replaced_by_the_first_release(device, release):
    device.put({"main.py": b"factory", "settings.json": b"{}"})
    release.put_all(NEW, 2000)
    assert device.boot().reset
    assert device.app() == {**release.tree(), "settings.json": b"{}"}


def test_an_unconfirmed_update_blocks_the_next(device, release):
    release.put_all(OLD, 1000)
    assert device.boot().reset
    before = device.tree()
    release.put_all(NEW, 2000)
    release.requests.clear()
    boot = device.boot()
    assert (boot.reset, boot.code, boot.events) == (False, None, [])
    assert (device.tree(), release.requests) == (before, [])
    assert device.call("confirm_update").value is True
    assert device.boot().reset
    assert application(device.tree()) == release.tree()


def test_events_of_an_update_come_in_order_with_their_details(device, release):
    install(device, release)
    release.put("main.py", b"new", 2000)
    url = release.url + "main.py"
    place = {"path": "main.py", "index": 3, "total": 3}
    assert device.boot().events == [
        ("update_start", {"mode": "manifest"}),
        ("file_update_skip", {"path": "lib/app.py", "index": 1, "total": 3}),
        ("file_update_skip", {"path": "lib/same.py", "index": 2, "total": 3}),
        ("file_update_start", {**place, "from": 1000, "to": 2000}),
        ("download_attempt", {"url": url, "path": "main.py", "attempt": 1, "attempts": 2}),
        ("file_update_done", place),
        ("update_applied", {"mode": "manifest"}),
    ]


def test_a_retry_reports_its_wait_and_the_next_attempt(device, release):
    release.offer("none.py", 5)
    retry, last = device.boot().events[-2:]
    place = {"url": release.url + "none.py", "path": "none.py", "attempt": 1}
    wait_ms = retry[1].pop("wait_ms")
    assert retry == ("download_retry", place) and 0 <= wait_ms < 128
    assert last == ("download_attempt", {**place, "attempt": 2, "attempts": 2})


@pytest.mark.parametrize("path", ["a b.py", "100%25.py", "#h?.py", "ümlaut/straße.py", "🌵.py"])
def test_names_that_a_url_must_escape_are_fetched_and_installed(device, release, path):
    release.put(path, path.encode(), 1000)
    boot = device.boot()
    assert (boot.code, boot.updated) == (None, [path])
    assert device.app()[path] == path.encode()


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 100_000])
def test_files_of_sizes_around_the_chunk_size_arrive_whole(device, release, size):
    release.put("data.py", bytes(i * 7 & 255 for i in range(size)), 1000)
    assert device.boot().code is None
    assert device.app() == release.tree()


def test_two_hundred_files_are_fetched_over_one_connection(device, release):
    release.put_all({f"pkg{i % 7}/m{i}.py": b"%d" % i for i in range(200)}, 1000)
    boot = device.boot()
    assert (boot.code, len(boot.updated), release.connections) == (None, 200, 1)
    assert device.app() == release.tree()
