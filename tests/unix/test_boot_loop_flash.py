"""What is remembered of a release that failed, on real file systems: power cuts, little room."""

import pytest
from failing import NEW, OLD, attempts, breaks, fails
from images import FILE_SYSTEMS, ImageDevice, cuts
from support import OFFLINE, application, memory, noise


@pytest.fixture
def broken(flash, release):
    """A device with a real file system; the server's new release cannot be installed."""
    flash.adopt(release, OLD)
    breaks(release)
    return flash


def at_rest(flash):
    """Boot without network until the device is at rest."""
    for _ in range(4):
        if not flash.boot(**OFFLINE).reset:
            return
    pytest.fail("not at rest after 4 boots")


def test_a_power_loss_in_a_failing_attempt_counts_it_once_or_not_at_all(broken):
    """It has failed or not; either way the application has its boots, as many as are due."""
    old = application(broken.tree())
    assert attempts(broken, 2) == "Fw"
    for write in cuts(broken, broken.boot, 10):
        at_rest(broken)
        assert application(broken.tree()) == old
        assert attempts(broken, 7) in ("FwwFwww", "wwFwwww"), write


def test_a_power_loss_in_a_waiting_boot_keeps_the_count_of_failures(broken):
    """It counts or it does not; the failures are remembered."""
    assert attempts(broken, 3) == "FwF"
    image = broken.path.read_bytes()
    for write in range(50):
        broken.path.write_bytes(image)
        broken.writes_left = write
        killed = broken.boot().killed
        broken.writes_left = None
        if not killed:
            break
        at_rest(broken)
        assert attempts(broken, 6) in ("wwFwww", "wFwwww"), write
    assert 1 < write < 49


# Less than that cannot be left: littlefs needs some of it for the filler's own blocks.
LEAST = {"littlefs": 3072, "fat": 512}


@pytest.mark.parametrize("kind", FILE_SYSTEMS)
def test_a_failure_counts_once_however_little_space_is_free(
    tmp_path, micropython, dist, release, kind
):
    """However much is free, a failure counts once, and the boot after it is the application's."""
    flash = ImageDevice(tmp_path / "image", micropython, dist, kind).follow(release)
    flash.adopt(release, OLD)
    release.put_all({**NEW, "lib/zz.bin": noise(9000)})
    image = flash.path.read_bytes()
    said = set()
    for left in range(LEAST[kind], 20 * 1024, 1664):
        flash.path.write_bytes(image)
        flash.leave(left)
        old = application(flash.tree())
        boot = flash.boot()
        assert application(flash.tree()) == old or flash.state() == "confirm_pending", left
        said.add((boot.reset, boot.code))
        if boot.code is None:
            continue
        if not boot.reset:
            # Nothing was begun.
            assert boot.code in ("manifest_fetch_failed", "apply_failed")
            assert memory(flash.tree()) == b""
            continue
        lines = memory(flash.tree()).split(b"\n")
        assert lines[1:4] == [b"1", b"1", b"1"], (left, lines, boot.log)
        boot = flash.boot()
        assert (boot.reset, boot.events, boot.code) == (False, [], "apply_failed"), left
        assert boot.message.startswith("boots until the next attempt: 1; ")
    assert {(False, "apply_failed"), (True, "apply_failed"), (True, None)} <= said


@pytest.mark.parametrize("kind", FILE_SYSTEMS)
def test_boots_keep_waiting_where_no_space_is_left_to_count_them(
    tmp_path, micropython, dist, release, kind
):
    """The application fills the flash in between: boots wait on, counted or not."""
    flash = ImageDevice(tmp_path / "image", micropython, dist, kind).follow(release)
    flash.adopt(release, OLD)
    breaks(release)
    assert attempts(flash, 5) == "FwFww"
    fails(flash)
    image = flash.path.read_bytes()
    uncounted = 0
    for room in range(LEAST[kind], LEAST[kind] + 3072, 384):
        flash.path.write_bytes(image)
        flash.leave(room)
        old = application(flash.tree())
        left = 4
        for _ in range(3):
            boot = flash.boot()
            assert (boot.status, boot.reset, boot.events) == (0, False, []), boot.log
            if boot.code == "manifest_fetch_failed":
                # There is not even room for that.
                assert "ENOSPC" in boot.message, room
                continue
            assert boot.code == "md5_mismatch"
            assert boot.message.startswith(f"boots until the next attempt: {left}; "), room
            uncounted += "not counted" in boot.log
            left -= "not counted" not in boot.log
        assert application(flash.tree()) == old
        flash.remove("filler.bin")
        assert attempts(flash, left + 1) == "w" * left + "F", room
    assert uncounted
