"""An interrupted update has replaced boot.py, and the new one has other options: the device must
find the way back all the same."""

import pytest
from images import FILE_SYSTEMS, ImageDevice
from support import OFFLINE

OLD = {"main.py": b"old main" * 50, "app/one.py": b"old one", "boot.py": b"old boot"}
NEW = {"main.py": b"new main" * 60, "app/one.py": b"new one", "boot.py": b"new", "z/y.py": b"y"}
OPTIONS = [
    {"application_name": "other"},
    {"dest_dir": "app"},
    {"local_manifest_file": "other.json"},
    {"application_name": "other", "dest_dir": "/flash/app", "local_manifest_file": "m/m.json"},
]


@pytest.fixture(params=FILE_SYSTEMS)
def flash(request, tmp_path, micropython, dist, release):
    flash = ImageDevice(tmp_path / "image", micropython, dist, request.param)
    flash.follow(release, backup_skip_extensions=(), backup_skip_prefixes=())
    flash.adopt(release, OLD)
    release.put_all(NEW)
    return flash


@pytest.mark.parametrize("options", OPTIONS)
def test_an_interrupted_update_is_undone_under_changed_options(flash, options):
    old = flash.tree()
    events = len(flash.boot().events)
    assert flash.call("revert_update").reset
    assert flash.tree() == old
    for kill_at in (2, events // 2, events - 2):
        assert flash.boot(kill_at=kill_at).killed
        assert flash.boot(**options, **OFFLINE).reset
        assert flash.tree() == old


def test_a_revert_restores_the_old_tree_under_changed_options(flash):
    old = flash.tree()
    for options in OPTIONS:
        assert flash.boot().reset
        assert flash.call("revert_update", **options).reset
        assert flash.tree() == old


def test_a_clean_up_removes_the_backup_under_its_former_name(flash):
    """The backup goes, whatever name the old boot.py gave it."""
    assert flash.boot().reset
    assert flash.call("confirm_update", True, application_name="other").value is True
    assert set(flash.tree()) - set(flash.app()) == {"ota_state.txt", "versions.json"}


def test_another_application_is_left_alone(flash, release):
    """It has a backup, and its state in a file of its own."""
    other = {
        "application_name": "other",
        "ota_state_file": "other.txt",
        "local_manifest_file": "other.json",
        "dest_dir": "other",
    }
    assert flash.boot(**other).reset
    before = flash.tree()
    assert {"other.txt", "other_backup/"} <= before.keys() or "other/main.py" in before
    flash.put({"ota_state.txt": b"installing"})
    assert flash.boot(**OFFLINE).reset
    assert flash.tree() == {**before, "ota_state.txt": b"idle"}


def test_where_either_of_two_updates_may_be_meant_neither_is_undone(flash):
    """Rather than the wrong one, none is undone."""
    assert flash.boot(kill_at=6).killed
    tree = flash.tree()
    for end in ("jrn", "prg"):
        flash.put({f"ota12345.{end}": tree[f"otac14f2.{end}"]})
    boot = flash.boot(application_name="third", **OFFLINE)
    assert boot.reset and flash.state() == "idle"
    after = flash.tree()
    assert all(after[path] == tree[path] for path in NEW if path in tree)
