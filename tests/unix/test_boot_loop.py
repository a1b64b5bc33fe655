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


def test_a_waiting_boot_reports_the_failure_and_the_boots_left(device, old):
    failed = fails(device)
    assert BAD in failed.message
    boot = device.boot()
    assert boot.code == "md5_mismatch" and failed.message in boot.message
    fails(device)
    assert [waits(device), waits(device)] == [2, 1]
    fails(device)
    assert [waits(device) for _ in range(4)] == [4, 3, 2, 1]


def test_a_successful_attempt_forgets_the_earlier_failures(device, release, old):
    fails(device)
    waits(device)
    fails(device)
    release.put(BAD, NEW[BAD], 2000)
    assert [waits(device), waits(device)] == [2, 1]
    boot = device.boot()
    assert (boot.reset, boot.code, device.app()) == (True, None, release.tree())
    assert device.call("confirm_update", True).value is True
    assert device.tree().keys() == {*device.app(), "ota_state.txt", "versions.json"}


def test_a_boot_without_network_does_not_count_as_a_waiting_boot(device, old):
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


def test_an_ever_changing_manifest_leaves_a_boot_free_after_five_failures(device, release, old):
    """After five attempts in a row there is a boot for the application, over and over."""
    changes_always(release)
    assert attempts(device, 18) == "FFFFFw" * 3
    assert application(device.tree()) == application(old)
    release.put(BAD, NEW[BAD], 2000)
    boot = device.boot()
    assert (boot.reset, boot.code, device.app()) == (True, None, release.tree())
    assert device.call("confirm_update", True).value is True
    assert note(device) == set()


def test_forcing_an_ever_changing_manifest_leaves_a_boot_after_five_failures(device, release):
    device.adopt(release, OLD)
    release.manifest = release.builder.generate_manifest()
    release.put(BAD, b"something else", 1000)
    changes_always(release)
    assert attempts(device, 13, force_update=True) == "FFFFFwFFFFFwF"


def test_two_alternating_manifests_wait_after_five_failures_in_a_row(device, release, old):
    """As from two servers behind one name: the one that failed last waits for itself, too."""
    texts = itertools.cycle([release.manifest, release.manifest + "\n"])
    release.generate_manifest = lambda: next(texts)
    assert attempts(device, 18) == "FFFFFwwFFFFFwwFFFF"


def test_after_five_different_failures_the_wait_and_last_error_are_reported(device, release, old):
    changes_always(release)
    assert attempts(device, 4) == "FFFF"
    failed = fails(device)
    boot = device.boot()
    assert boot.code == failed.code
    assert boot.message == "boots until the next attempt: 1; " + failed.message


def test_a_failing_release_starts_its_waits_anew_after_another_was_installed(device, release, old):
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


def test_a_forced_update_that_fails_waits_as_any_other(device, release):
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


def test_the_last_error_is_the_one_that_is_reported(device, release, old):
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
def test_a_power_loss_does_not_count_as_a_failed_install(device, release, event):
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
def test_only_a_watchdog_reset_counts_an_interrupted_install_as_a_failure(
    tmp_path, device, release, old, cause, wanted
):
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


def test_a_power_loss_does_not_erase_the_count_of_failures(device, release, old):
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
def test_every_cause_of_a_failed_install_is_followed_by_waits(
    tmp_path, micropython, dist, release, kind, cause
):
    flash = ImageDevice(tmp_path / "image", micropython, dist, kind).follow(release)
    flash.adopt(release, OLD)
    code = cause(flash, release)
    before = application(flash.tree())
    for boots in (1, 2, 4):
        fails(flash, code)
        for left in range(boots, 0, -1):
            assert waits(flash, code) == left
        assert application(flash.tree()) == before


def test_a_failing_http_fs_release_waits_longer_after_each_failure(crawler):
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


def test_a_changed_list_of_http_fs_names_is_tried_at_once(crawler):
    crawler.list_missing()
    assert attempts(crawler, 4) == "FwFw"
    crawler.offer({"another.py": b""})
    assert attempts(crawler, 2) == "Fw"
    (crawler.served / "gone.py").unlink()
    crawler.succeeds()


# -- the memory --


def test_a_power_loss_at_any_event_keeps_the_count_of_failures(device, release, old):
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


def test_a_corrupt_failure_record_costs_at_most_one_extra_attempt(device, release, old):
    """Something else has written there: at worst, there is one attempt more."""
    fails(device)
    (path,) = note(device)
    for content in (b"", b"\xff\xfe", b"x" * 5000, b"\n" * 9, b"a\nb\nc\nd\ne\n", b"\0" * 40):
        device.put({path: content})
        assert "F" in attempts(device, 2), content
    (device.folder / path).unlink()
    release.put(BAD, NEW[BAD], 2000)
    assert device.boot().code is None
