"""A heap that is too small, or full, makes no device restart for ever."""

import pytest
from failing import NEW, OLD
from support import application, at_fixed_addresses


@pytest.mark.dist
def test_no_heap_size_makes_the_device_restart_forever(device, release):
    """At any heap size the application gets a boot after a few. Addresses are fixed, so that the
    same sizes are too small each time."""
    old = device.adopt(release, OLD)
    before = {path: content for path, content in old.items() if content is not None}
    release.put_all(NEW)
    seen = set()
    device.command = at_fixed_addresses()
    for size in range(44 * 1024, 64 * 1024, 256):
        device.flags = ["-X", f"heapsize={size}"]
        resets = 0
        while True:
            boot = device.boot(progress_callback=None)
            if boot.status or not boot.reset or device.state() == "confirm_pending":
                break
            resets += 1
            # An attempt, and a boot that has the heap to roll back; a few at most.
            assert resets < 5, (size, boot.log)
        device.flags = []
        seen.add(device.state())
        if device.state() == "confirm_pending":
            assert device.call("revert_update").reset
        assert application(device.tree()) == application(old)
        for path in device.tree().keys() - old.keys():
            (device.folder / path).unlink()
        device.put(before)
    assert seen == {"idle", "confirm_pending"}


GREEDY = """
held = []
def on_event(name, details):
    size = 1 << 18 if name == "file_update_done" else 0
    while size >= 16:
        try:
            held.append(bytearray(size))
        except MemoryError:
            size //= 2
updater = make(progress_callback=on_event)
reset = False
try:
    updater.check_and_perform_ota()
except SystemExit:
    reset = True
held.clear()
say(reset=reset, code=updater.last_error_code)
"""


@pytest.mark.usefixtures("insides")
def test_a_full_heap_while_a_failure_is_recorded_causes_no_endless_restarts(device, release):
    """A callback keeps all the heap that is free, at each attempt."""
    old = device.adopt(release, OLD)
    release.put_all(NEW)
    resets = 0
    while True:
        boot = device.execute(GREEDY)
        (line,) = boot.said
        assert device.state() != "confirm_pending"
        if not line["reset"]:
            break
        resets += 1
        assert resets < 5, boot.log
    assert resets and line["code"] == "apply_failed"
    assert application(device.tree()) == application(old)
