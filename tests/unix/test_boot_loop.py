"""A release that cannot be installed leaves the device to its application."""

import itertools
import json

import pytest
from failing import BAD, NEW, OLD, attempts, breaks, changes_always, fails, note, waits
from images import FILE_SYSTEMS, ImageDevice
from support import OFFLINE, SIGKILL, Release, application, noise

# Boots that a release waits after each failure: it fails, leaves one boot, fails, leaves two ...
WAITS = [1, 2, 4, 8, 16, 32, 32, 32]


def schedule(lengths):
    """What attempts() says of a release that fails as often."""
    return "".join("F" + "w" * length for length in lengths)


@pytest.fixture
def old(device, release):
    """The tree of a device on an old release; the server's new one cannot be installed."""
    tree = device.adopt(release, OLD)
    breaks(release)
    return tree


def test_waits_grow_and_are_bounded(device, old):
    wanted = schedule(WAITS)
    assert attempts(device, len(wanted)) == wanted
    assert application(device.tree()) == application(old)


def test_the_application_is_told(device, old):
    failed = fails(device)
    assert BAD in failed.message
    boot = device.boot()
    assert boot.code == "md5_mismatch" and failed.message in boot.message
    fails(device)
    assert [waits(device), waits(device)] == [2, 1]
    fails(device)
    assert [waits(device) for _ in range(4)] == [4, 3, 2, 1]


def test_an_attempt_that_works_is_the_end(device, release, old):
    fails(device)
    waits(device)
    fails(device)
    release.put(BAD, NEW[BAD], 2000)
    assert [waits(device), waits(device)] == [2, 1]
    boot = device.boot()
    assert (boot.reset, boot.code, device.app()) == (True, None, release.tree())
    assert device.call("confirm_update", True).value is True
    assert device.tree().keys() == {*device.app(), "ota_state.txt", "versions.json"}


def test_no_network_uses_no_boot_up(device, old):
    fails(device)
    for _ in range(3):
        assert device.boot(**OFFLINE).code == "manifest_fetch_failed"
    assert attempts(device, 6) == "wFwwFw"


def test_a_changed_manifest_is_tried_at_once(device, release, old):
    fails(device)
    waits(device)
    fails(device)
    release.manifest = None
    release.put(BAD, b"mended", 3000)
    boot = device.boot()
    assert (boot.reset, boot.code, device.app()) == (True, None, release.tree())


def test_a_changed_manifest_that_fails_has_waits_of_its_own(device, release, old):
    assert attempts(device, 3) == "FwF"
    breaks(release, {BAD: b"another", "lib/d.py": b"d"}, 3000)
    assert attempts(device, 9) == "FwFwwFwww"


def test_the_same_content_in_other_text_is_a_changed_manifest(device, release, old):
    fails(device)
    release.manifest += "\n"
    fails(device)


def test_a_manifest_that_is_another_one_at_each_request(device, release, old):
    """After five attempts in a row there is a boot for the application, over and over."""
    changes_always(release)
    assert attempts(device, 18) == "FFFFFw" * 3
    assert application(device.tree()) == application(old)
    release.put(BAD, NEW[BAD], 2000)
    boot = device.boot()
    assert (boot.reset, boot.code, device.app()) == (True, None, release.tree())
    assert device.call("confirm_update", True).value is True
    assert note(device) == set()


def test_another_manifest_at_each_request_by_force(device, release):
    device.adopt(release, OLD)
    release.manifest = release.builder.generate_manifest()
    release.put(BAD, b"something else", 1000)
    changes_always(release)
    assert attempts(device, 13, force_update=True) == "FFFFFwFFFFFwF"


def test_two_manifests_in_turn(device, release, old):
    """As from two servers behind one name: the one that failed last waits for itself, too."""
    texts = itertools.cycle([release.manifest, release.manifest + "\n"])
    release.generate_manifest = lambda: next(texts)
    assert attempts(device, 18) == "FFFFFwwFFFFFwwFFFF"


def test_five_others_in_a_row_are_told_of(device, release, old):
    changes_always(release)
    assert attempts(device, 4) == "FFFF"
    failed = fails(device)
    boot = device.boot()
    assert boot.code == failed.code
    assert boot.message == "boots until the next attempt: 1; " + failed.message


def test_one_after_the_other(device, release, old):
    """A fails, B is installed, A again, which is older; C fails, and A is back on the device."""
    first = release.manifest
    fails(device)
    release.manifest = None
    release.put(BAD, b"mended", 3000)
    assert device.boot().code is None
    assert device.call("confirm_update", True).value is True
    tree = device.tree()
    release.manifest = first
    release.put(BAD, b"something else", 2000)
    boot = device.boot()
    assert (boot.reset, boot.code) == (False, None)
    # It is older than what is installed; forced, it fails as before.
    assert attempts(device, 3, force_update=True) == "FwF"
    assert application(device.tree()) == application(tree)
    breaks(release, {BAD: b"C"}, 4000)
    assert attempts(device, 4) == "FwFw"


def test_force_update(device, release):
    """What is forced at each boot would fail at each boot, the installed release included."""
    device.adopt(release, OLD)
    release.manifest = release.builder.generate_manifest()
    release.put(BAD, b"something else", 1000)
    before = device.app()
    assert attempts(device, 9, force_update=True) == "FwFwwFwww"
    assert device.app() == before
    release.put(BAD, OLD[BAD], 1000)
    waits(device, force_update=True)
    assert device.boot(force_update=True).code is None
    assert device.state() == "confirm_pending"


def test_the_last_error_is_the_one_that_is_told(device, release, old):
    fails(device)
    waits(device)
    release.remove("lib/b.py")
    fails(device, "download_failed")
    boot = device.boot()
    assert boot.code == "download_failed" and "lib/b.py" in boot.message


# -- what is not an install that failed --


def test_what_fails_before_anything_is_changed_is_tried_at_each_boot(device, release, old):
    good = Release(release.folder).builder
    for broken in ("no JSON", json.dumps({"version": 9000, "files": [{"path": "../x"}]})):
        release.manifest = broken
        for _ in range(3):
            boot = device.boot()
            assert (boot.reset, boot.code) == (False, "manifest_fetch_failed")
    assert note(device) == set()
    release.put(BAD, b"good", 3000)
    release.manifest = good.generate_manifest()
    assert device.boot().code is None
    assert device.app() == release.tree()


@pytest.mark.parametrize("event", [1, 4, 9])
def test_a_power_cut_is_not(device, release, event):
    device.adopt(release, OLD)
    release.put_all(NEW)
    for _ in range(7):
        assert device.boot(kill_at=event).killed
        assert device.boot().reset
        assert device.state() == "idle"
    assert device.boot().code is None
    assert device.app() == release.tree()


MACHINE = """
WDT_RESET = 3

def reset_cause():
    return {cause}

def reset():
    raise SystemExit
"""


@pytest.mark.parametrize(("cause", "wanted"), [(3, "wFwwF"), (1, "FwFww")])
def test_a_reset_by_the_watchdog_is(tmp_path, device, release, old, cause, wanted):
    """An installation that hangs would hang again."""
    assert device.boot(kill_at=5).killed
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/machine.py").write_text(MACHINE.format(cause=cause))
    device.sys_path = [str(tmp_path / "lib"), *device.sys_path]
    boot = device.boot()
    assert (boot.reset, boot.events, device.state()) == (True, [], "idle")
    assert application(device.tree()) == application(old)
    assert len(note(device)) == (cause == 3)
    if cause == 3:
        boot = device.boot()
        assert (boot.reset, boot.code) == (False, "apply_failed")
        assert "watchdog" in boot.message
        wanted = wanted[1:]
    assert attempts(device, len(wanted)) == wanted


def test_a_power_cut_between_failures(device, release, old):
    """The failures before are remembered."""
    assert attempts(device, 5) == "FwFww"
    assert device.boot(kill_at=5).killed
    assert device.boot().reset
    assert attempts(device, 6) == "FwwwwF"


# -- causes --


def causes_missing(device, release):
    release.manifest = None
    release.put_all(NEW)
    release.manifest = release.builder.generate_manifest()
    release.remove("lib/b.py")
    return "download_failed"


def causes_full_flash(device, release):
    release.manifest = None
    release.put_all({**NEW, "zz.bin": noise(90000)})
    device.leave(60000)
    return "apply_failed"


def causes_extras(device, release):
    device.put({"extra.txt": bytes(30000)})
    release.manifest = None
    release.put_all(NEW)
    device.leave(20000)
    device.options.update(
        delete_files_not_in_manifest_policy="custom_extensions",
        delete_files_not_in_manifest_extensions=(".txt",),
    )
    return "delete_extraneous_failed"


@pytest.mark.parametrize("cause", [causes_missing, causes_full_flash, causes_extras])
@pytest.mark.parametrize("kind", FILE_SYSTEMS)
def test_causes(tmp_path, micropython, dist, release, kind, cause):
    flash = ImageDevice(tmp_path / "image", micropython, dist, kind).follow(release)
    flash.adopt(release, OLD)
    code = cause(flash, release)
    before = application(flash.tree())
    for boots in (1, 2, 4):
        fails(flash, code)
        for left in range(boots, 0, -1):
            assert waits(flash, code) == left
        assert application(flash.tree()) == before


@pytest.mark.dist
def test_no_heap_restarts_the_device_for_ever(device, release):
    """Whatever runs out when, the application gets a boot after a few."""
    old = device.adopt(release, OLD)
    before = {path: content for path, content in old.items() if content is not None}
    release.put_all(NEW)
    seen = set()
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
def test_a_heap_that_is_full_when_the_failure_is_noted(device, release):
    """A callback keeps all that there is, at each attempt. Without decompression: for what that has
    used, the collector may find out too late that nobody wants it any more."""
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


def test_http_fs_mode(crawler):
    before = crawler.app()
    crawler.list_missing("lib/gone.py")
    for boots in (1, 2, 4):
        fails(crawler, "http_fs_failed")
        for left in range(boots, 0, -1):
            assert waits(crawler, "http_fs_failed") == left
        assert crawler.app() == before
    # The same names are the same release.
    (crawler.served / "lib/gone.py").unlink()
    crawler.offer({"lib/gone.py": b"back"})
    boot = crawler.boot()
    assert (boot.code, boot.reset) == (None, True)


def test_http_fs_mode_with_other_names(crawler):
    crawler.list_missing()
    assert attempts(crawler, 4) == "FwFw"
    crawler.offer({"another.py": b""})
    assert attempts(crawler, 2) == "Fw"
    (crawler.served / "gone.py").unlink()
    crawler.succeeds()


# -- the memory --


def test_a_kill_at_any_event(device, release, old):
    assert attempts(device, 2) == "Fw"
    tree = device.tree()
    for event in range(30):
        boot = device.boot(kill_at=event)
        if boot.status != SIGKILL:
            break
        for _ in range(3):
            if not device.boot(**OFFLINE).reset:
                break
        assert attempts(device, 4) == "FwwF", event
        for path in device.tree().keys() - tree.keys():
            (device.folder / path).unlink()
        device.put({path: content for path, content in tree.items() if content is not None})
    assert event > 5


def test_a_memory_of_nonsense(device, release, old):
    """Something else has written there: at worst, there is one attempt more."""
    fails(device)
    (path,) = note(device)
    for content in (b"", b"\xff\xfe", b"x" * 5000, b"\n" * 9, b"a\nb\nc\nd\ne\n", b"\0" * 40):
        device.put({path: content})
        assert "F" in attempts(device, 2), content
    (device.folder / path).unlink()
    release.put(BAD, NEW[BAD], 2000)
    assert device.boot().code is None
