"""A whole update on emulated boards: its flash outlives the resets, its modem leads to the real
server."""

import json

import pytest
from firmware import building
from firmware.boards import BOARDS
from support import OFFLINE, Release, application, entry, noise, sign

KEY = "clé-secrète"
OLD = {
    "main.py": b"RELEASE = 1\n",
    "lib2/a.py": b"A = 1\n" * 100,
    "lib2/same.py": b"same\n",
    "data/table": noise(9000, seed=1),
}
NEW = {
    "main.py": b"RELEASE = 2\n",
    "lib2/a.py": b"A = 2\n" * 200,
    "lib2/deep/er/b.py": b"B = 2\n",
    "data/table": noise(12000, seed=2),
}
BROKEN = {"main.py": b"RELEASE = 3\nraise ImportError('of no use')\n", "lib2/a.py": b"A = 3\n"}
# What an application does that may be new: it confirms once it works, and else goes back.
START = """
updater = make()
try:
    import main
    say(release=main.RELEASE, confirmed=updater.confirm_update())
except ImportError:
    call(updater, "revert_update")
"""


@pytest.fixture
def release(tmp_path):
    with Release(tmp_path / "release", auth_key=KEY) as served:
        yield served


@pytest.fixture(params=building.FORMS)
def form(request):
    return request.param


@pytest.fixture(params=("cortex-m3", "rv32"))
def device(request, form, make_device, release):
    """A board that follows `release`, whose old files it has."""
    device = make_device(BOARDS[request.param], form).follow(release, manifest_auth_key=KEY)
    device.adopt(release, OLD)
    return device


def test_board_installs_an_update_and_rolls_back_a_broken_one(device, release):
    release.requests.clear()
    release.put_all(NEW)
    boot = device.boot()
    assert boot.reset, boot.log
    assert boot.updated == sorted(NEW)
    # What has not changed is not fetched, and one connection does for all.
    assert (release.fetched, release.connections) == (sorted(NEW), 1)
    assert device.state() == "confirm_pending"
    assert device.execute(START).said == [{"release": 2, "confirmed": True}]
    assert device.state() == "idle"
    assert device.app() == release.tree()
    good = device.tree()

    release.put_all(BROKEN, version=3000)
    assert device.boot().reset
    assert device.app() == release.tree()
    boot = device.execute(START)
    assert boot.reset, boot.log
    assert device.app() == application(good)
    assert device.tree()["versions.json"] == good["versions.json"]
    assert device.execute(START).said == [{"release": 2, "confirmed": False}]


def test_tampered_manifest_changes_nothing(device, release):
    before = device.tree()
    release.requests.clear()
    release.put_all(NEW)
    release.manifest = release.builder.generate_manifest().replace('"main.py"', '"mein.py"')
    boot = device.boot()
    assert (boot.reset, boot.code) == (False, "manifest_signature_invalid"), boot
    assert device.tree() == before
    assert release.fetched == []


def test_update_with_a_wrong_file_is_rolled_back(device, release):
    before = device.tree()
    release.put_all(NEW)
    manifest = {"version": 2000, "files": [entry(path, NEW[path], 2000) for path in sorted(NEW)]}
    manifest["files"][-1]["md5"] = "0" * 32
    release.manifest = json.dumps({**manifest, "signature": sign(manifest, KEY)})
    boot = device.boot()
    assert boot.reset, boot.log
    assert boot.updated == sorted(NEW)[:-1]
    assert device.undone() == before


def test_check_without_network_fails_and_changes_nothing(device):
    before = device.tree()
    boot = device.boot(**OFFLINE)
    assert (boot.reset, boot.code) == (False, "manifest_fetch_failed"), boot
    assert device.tree() == before
