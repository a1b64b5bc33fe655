"""When the device itself fails: a state that cannot be read, a heap that is too small."""

import pytest
from support import application

OLD = {"main.py": b"old main", "lib/a.py": b"old a"}
NEW = {"main.py": b"new main", "lib/a.py": b"new a", "lib/b.py": b"new b"}


@pytest.fixture
def old(device, release):
    """The tree of a device on an old release; the new one waits on the server."""
    tree = device.adopt(release, OLD)
    release.put_all(NEW)
    return tree


def test_a_state_that_cannot_be_read_is_not_idle(device, release, old):
    """Taken for idle, the backups of the interrupted update would be thrown away."""
    assert device.boot(kill_at=8).killed
    state = device.folder / "ota_state.txt"
    assert state.read_text() == "installing"
    state.unlink()
    state.mkdir()
    boot = device.boot()
    assert (boot.reset, boot.code) == (True, "apply_failed")
    assert device.tree() == {**old, "ota_state.txt.old/": None}


@pytest.mark.dist
def test_a_heap_that_is_too_small_never_leaves_half_an_update(device, release, old):
    """Whatever runs out when: the old tree or the new one, or a restart with all of the heap."""
    seen = set()
    image = device.tree()
    for size in range(36, 76):
        device.flags = ["-X", f"heapsize={size}k"]
        boot = device.boot()
        device.flags = []
        if boot.status != 0:
            # Too small for the test's own script.
            assert device.tree() == image
            continue
        if device.state() == "installing":
            assert boot.reset, f"{size} KiB: {boot.log}"
            assert device.boot().reset
        if device.state() == "confirm_pending":
            assert boot.reset and device.app() == release.tree()
            assert device.call("revert_update").reset
            seen.add("new")
        else:
            seen.add("old")
        assert application(device.tree()) == application(old), f"{size} KiB: {boot.log}"
    assert seen == {"old", "new"}


# A device whose backup of lib/a.py cannot be read at its first boots.
FAILS = """
import saguarota.fs

copy = saguarota.fs.copy

def failing(path, target, buffer):
    if path == "saguarota_backup/lib/a.py":
        raise {error}
    copy(path, target, buffer)

saguarota.fs.copy = failing
call(make(), {method!r})
"""
# The same, and it cannot be moved either.
STUCK = """
import saguarota.fs

rename = saguarota.fs.rename

def stuck(path, target):
    if path == "saguarota_backup/lib/a.py":
        raise OSError(5)
    rename(path, target)

saguarota.fs.rename = stuck
"""


@pytest.mark.usefixtures("insides")
@pytest.mark.parametrize("error", ["OSError(5)", "OSError(28)", "MemoryError('no heap')"])
@pytest.mark.parametrize("boots", [1, 3])
def test_a_path_that_fails_is_tried_again_at_three_boots(device, release, old, error, boots):
    assert device.boot().reset
    for number in range(boots):
        method = "check_and_perform_ota" if number else "revert_update"
        boot = device.execute(FAILS.format(error=error, method=method))
        assert (boot.reset, device.state()) == (True, "installing"), boot.log
        assert device.app()["main.py"] == OLD["main.py"]
        assert boot.message.endswith("rollback: to be tried again")
    boot = device.boot(manifest_url="http://127.0.0.1:9/")
    assert boot.reset and boot.code is None
    assert device.tree() == old


@pytest.mark.usefixtures("insides")
def test_the_last_attempt_moves_a_backup_that_cannot_be_copied(device, release, old):
    assert device.boot().reset
    for number in range(4):
        method = "check_and_perform_ota" if number else "revert_update"
        boot = device.execute(FAILS.format(error="OSError(28)", method=method))
        assert boot.reset and (device.state() == "idle") == (number == 3)
    assert boot.code is None
    assert device.tree() == old


@pytest.mark.usefixtures("insides")
def test_a_path_that_always_fails_is_given_up_and_its_backup_kept(device, release, old):
    assert device.boot().reset
    for number in range(4):
        method = "check_and_perform_ota" if number else "revert_update"
        boot = device.execute(STUCK + FAILS.format(error="OSError(5)", method=method))
        assert boot.reset and (device.state() == "idle") == (number == 3)
    assert boot.message == "not restored: lib/a.py: OSError: [Errno 5] EIO"
    tree = device.tree()
    assert {path: tree[path] for path in old if path != "lib/a.py"} == {
        path: content for path, content in old.items() if path != "lib/a.py"
    }
    assert tree["saguarota_backup/lib/a.py"] == OLD["lib/a.py"]
    assert tree["otac14f2.due"] == b"lib/a.py\n.\n"
    # It outlives the next update, and that one's rollback brings it back.
    release.put_all({"lib/a.py": b"newer a", "main.py": b"newer main"}, 3000)
    assert device.boot().reset
    assert device.tree()["saguarota_backup/lib/a.py"] == OLD["lib/a.py"]
    assert device.call("revert_update").reset
    assert device.app() == application(old)
    # A confirmation is the end of it.
    assert device.boot().reset
    assert device.call("confirm_update", True).value is True
    assert device.app() == release.tree()
    assert device.tree().keys() == {*device.app(), "ota_state.txt", "versions.json"}
