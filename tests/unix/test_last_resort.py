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
    before = device.tree()
    boot = device.boot()
    assert (boot.reset, boot.code) == (False, "apply_failed")
    assert device.tree() == before
    state.rmdir()
    state.write_text("installing")
    assert device.boot().reset
    assert device.tree() == old


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


def test_a_rollback_that_fails_is_tried_again_by_a_new_boot(device, release, old):
    """Here the backup cannot be read; in the boot after that it can."""
    release.manifest = release.builder.generate_manifest()
    release.put("lib/b.py", b"not what the manifest says", 2000)
    boot = device.execute("""
import os
def hide(name, details):
    if name == "download_retry":
        os.rename("saguarota_backup/lib/a.py", "elsewhere")
call(make(progress_callback=hide), "check_and_perform_ota")
""")
    assert (boot.reset, boot.code) == (True, "md5_mismatch")
    assert "clean-up: " in boot.message and device.state() == "installing"
    # Still not there: the device is left to its application rather than restarted for ever.
    assert (device.boot().reset, device.state()) == (False, "installing")
    (device.folder / "elsewhere").rename(device.folder / "saguarota_backup/lib/a.py")
    assert device.boot().reset
    assert device.undone() == old
