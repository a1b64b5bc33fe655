"""What the console says, and what Ctrl-C leaves."""

import pytest

OLD = {"main.py": b"old main"}


def test_a_successful_update_is_reported_in_one_line(device, release):
    release.put_all({**OLD, "lib/a.py": b"a"}, 1000)
    boot = device.boot()
    assert boot.reset
    said = [line for line in boot.log.splitlines() if "updated" in line]
    assert said == ["saguarota: updated to version 1000: 2 files are new; restarting"]


@pytest.mark.usefixtures("insides")
def test_a_defect_is_printed_with_its_traceback(device, release):
    release.put_all(OLD, 1000)
    boot = device.execute("""
import saguarota.manifest_update

def broken(*args):
    return {}["no such key"]

saguarota.manifest_update.update = broken
call(make(), "check_and_perform_ota")
""")
    assert (boot.reset, boot.code) == (False, "apply_failed")
    assert boot.message == "KeyError: no such key"
    assert "Traceback" in boot.log and "in broken" in boot.log


@pytest.mark.usefixtures("insides")
def test_an_error_of_the_flash_is_reported_in_one_line_without_a_traceback(device, release):
    release.put_all(OLD, 1000)
    boot = device.execute(r"""
import saguarota.manifest_update

def broken(*args):
    raise OSError("first line\nsecond line\r\nthird")

saguarota.manifest_update.update = broken
call(make(), "check_and_perform_ota")
""")
    assert boot.message == "OSError: first line second line  third"
    assert "Traceback" not in boot.log
    assert "saguarota: update failed: apply_failed: " + boot.message in boot.log.splitlines()


@pytest.mark.usefixtures("insides")
def test_ctrl_c_after_the_lock_is_taken_leaves_no_lock(device, release):
    """It comes at the next jump, when what acquire() returned is looked at."""
    boot = device.execute("""
import saguarota.updater

lock = saguarota.updater._lock

class Interrupted:
    looks = 0

    def __bool__(self):
        self.looks += 1
        if self.looks == 1:
            raise KeyboardInterrupt
        return True

class Lock:
    release = lock.release

    def acquire(self, wait):
        assert lock.acquire(wait)
        return Interrupted()

saguarota.updater._lock = Lock()
updater = make()
try:
    updater.cleanup_files()
    say(interrupted=False)
except KeyboardInterrupt:
    say(interrupted=True, locked=lock.locked())
""")
    assert boot.said == [{"interrupted": True, "locked": False}], boot.log
