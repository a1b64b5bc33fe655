"""max_unconfirmed_boots: an update that is not confirmed in so many boots is reverted."""

import json

import pytest
from failing import BAD, OLD, breaks
from images import cuts
from on_trial import BOOTS, NEW, given_up, refuses, reverts, stays, trial, waits
from support import OFFLINE, memory

# -- the option --


@pytest.mark.parametrize("boots", [None, 2.5, b"3", (3,), True], ids=str)
def test_by_default_an_update_waits_for_ever(device, release, boots):
    trial(device, release, boots)
    before = device.tree()
    stays(device, 40, **OFFLINE)
    assert device.tree() == before
    assert device.call("confirm_update").value is True


def test_max_unconfirmed_boots_is_none_when_left_out(device, release):
    trial(device, release)
    del device.options["max_unconfirmed_boots"]
    stays(device, 5)
    assert device.execute("say(value=make().max_unconfirmed_boots)").said == [{"value": None}]


@pytest.mark.parametrize("boots", [1, 2, 1000])
def test_an_unconfirmed_update_is_reverted_after_max_unconfirmed_boots(device, release, boots):
    old = trial(device, release, boots)
    if boots == 1000:
        say = "for _ in range(998): make().check_and_perform_ota()\nsay(done=1)"
        assert device.execute(say).said == [{"done": 1}]
        boots = 2
    stays(device, boots)
    boot = reverts(device, old)
    assert "confirmed" in boot.log


# -- the revert --


def test_an_unconfirmed_update_is_reverted_without_network(device, release):
    old = trial(device, release)
    stays(device, BOOTS, **OFFLINE)
    reverts(device, old, **OFFLINE)


@pytest.mark.parametrize("force", [False, True])
def test_a_release_reverted_unconfirmed_is_not_installed_again(device, release, force):
    old = trial(device, release)
    stays(device, BOOTS)
    reverts(device, old)
    refuses(device, old, 70, force_update=force)


def test_a_changed_manifest_is_installed_after_a_release_was_reverted(device, release):
    old = trial(device, release)
    stays(device, BOOTS)
    reverts(device, old)
    refuses(device, old)
    release.manifest = None
    release.put("main.py", b"mended", 3000)
    boot = device.boot()
    assert (boot.reset, boot.code, device.app()) == (True, None, release.tree())
    # It has as many boots of its own.
    stays(device, BOOTS)
    reverts(device, old)


def test_a_reverted_release_stays_refused_without_max_unconfirmed_boots(device, release):
    old = trial(device, release)
    stays(device, BOOTS)
    reverts(device, old)
    del device.options["max_unconfirmed_boots"]
    refuses(device, old)


def test_a_release_reverted_by_hand_is_installed_again(device, release):
    """revert_update() is what it was: the next check installs the release again."""
    old = trial(device, release)
    stays(device, 1)
    assert device.call("revert_update").reset
    assert device.app() == old
    boot = device.boot()
    assert (boot.reset, boot.code) == (True, None)
    stays(device, BOOTS)
    reverts(device, old)


# -- the confirmation --


@pytest.mark.parametrize("cleanup", [False, True])
def test_a_confirmation_ends_the_count(device, release, cleanup):
    trial(device, release)
    stays(device, BOOTS)
    assert device.call("confirm_update", cleanup).value is True
    new = device.app()
    for _ in range(BOOTS + 2):
        boot = device.boot()
        assert (boot.reset, boot.code, device.app()) == (False, None, new)
    assert device.call("cleanup_files").value is True
    assert device.tree().keys() == {*new, "ota_state.txt", "versions.json"}


@pytest.mark.parametrize("cleanup", [False, True])
def test_the_next_update_counts_its_unconfirmed_boots_from_zero(device, release, cleanup):
    trial(device, release)
    stays(device, BOOTS - 1)
    # An application that knows nothing of the option.
    updater = dict(device.options)
    del device.options["max_unconfirmed_boots"]
    assert device.call("confirm_update", cleanup).value is True
    device.options = updater
    new = device.app()
    release.manifest = None
    release.put("main.py", b"newer", 3000)
    assert device.boot().reset
    stays(device, BOOTS)
    reverts(device, new)


def test_boots_are_counted_from_the_first_boot_that_has_the_option(device, release):
    """Boots are counted from the first one with the option."""
    old = trial(device, release, None)
    stays(device, 10)
    device.options["max_unconfirmed_boots"] = BOOTS
    stays(device, BOOTS)
    reverts(device, old)


def test_a_failed_update_costs_the_next_release_none_of_its_boots(device, release):
    old = trial(device, release)
    stays(device, BOOTS)
    reverts(device, old)
    release.manifest = None
    release.put("main.py", b"third", 3000)
    made = json.loads(release.generate_manifest())
    release.manifest = json.dumps(made)
    release.put("main.py", b"broken", 3000)
    assert device.boot().code == "md5_mismatch"
    assert (device.state(), device.app()) == ("idle", old)
    release.manifest = None
    release.put("main.py", b"fourth", 4000)
    assert device.boot().code is None
    stays(device, BOOTS)
    reverts(device, old)


def test_within_one_boot_each_check_counts(device, release):
    """A boot is a check: an application that checks twice in a boot uses up two."""
    trial(device, release, 4)
    for _ in range(2):
        boot = device.run(["check_and_perform_ota"], ["check_and_perform_ota"])
        assert [call["reset"] for call in boot.calls] == [False, False]
    assert device.boot().reset


FULL_HEAP = """
import gc
import saguarota
saguarota._load("confirm")
updater = make(progress_callback=None)
left = bytearray({left})
held, size = [], 8192
while size >= 16:
    try:
        held.append(bytearray(size))
    except MemoryError:
        size //= 2
del left
gc.collect()
value = updater.confirm_update()
held.clear()
say(value=value)
"""


@pytest.mark.dist
def test_a_confirmation_succeeds_with_little_heap(device, release):
    """The application has most of it. What failed before may then be remembered, but must not
    bring the release that works to its end."""
    device.adopt(release, OLD)
    breaks(release)
    assert [device.boot().code for _ in range(2)] == ["md5_mismatch"] * 2
    release.put(BAD, NEW[BAD], 2000)
    assert device.boot().code is None
    tree = {path: content for path, content in device.tree().items() if content is not None}
    remembered = set()
    for left in (1536, 2048, 4096, 8192, 16384):
        boot = device.execute(FULL_HEAP.format(left=left))
        assert boot.said == [{"value": True}], (left, boot.log)
        assert (device.state(), device.app()) == ("idle", release.tree())
        remembered.add(bool(memory(device.tree())))
        assert device.boot().code is None
        device.put(tree)
    assert remembered == {True, False}


# -- power cuts --


def at_rest(flash):
    """Boot without network until the device is at rest; without the option, no boot counts."""
    for _ in range(4):
        if not flash.boot(**OFFLINE, max_unconfirmed_boots=None).reset:
            return
    pytest.fail("not at rest after 4 boots")


def test_a_boot_that_loses_power_while_it_is_counted_counts_at_most_once(flash, release):
    old = trial(flash, release)
    stays(flash, 1)
    for write in cuts_of(flash):
        left = 0
        while not flash.boot(**OFFLINE).reset:
            left += 1
        assert left in (1, 2), write
        assert (flash.state(), flash.app()) == ("idle", old)


def cuts_of(flash):
    """As images.cuts(), for an action of a few writes."""
    image = flash.path.read_bytes()
    for write in range(50):
        flash.path.write_bytes(image)
        flash.writes_left = write
        killed = flash.boot(**OFFLINE).killed
        flash.writes_left = None
        if not killed:
            assert write
            return
        yield write
    pytest.fail("more writes than that")


def test_a_power_loss_in_the_automatic_revert_still_ends_in_the_old_release(flash, release):
    old = trial(flash, release)
    stays(flash, BOOTS)
    new = flash.app()
    for write in cuts(flash, lambda: flash.boot(**OFFLINE), 8):
        at_rest(flash)
        if flash.state() == "confirm_pending":
            assert flash.app() == new
            reverts(flash, old)
        assert (flash.state(), flash.app()) == ("idle", old), write
        refuses(flash, old)


def test_a_power_loss_in_the_confirmation_keeps_the_new_release(flash, release):
    """The update is confirmed or has as many boots as before; the next one has all of them."""
    trial(flash, release)
    stays(flash, BOOTS)
    new = flash.app()
    for write in cuts(flash, lambda: flash.call("confirm_update", True), 6):
        at_rest(flash)
        assert flash.app() == new, write
        if flash.state() == "confirm_pending":
            assert flash.call("confirm_update", True).value is True
        release.manifest = None
        release.put("main.py", b"newer", 3000)
        assert flash.boot().reset
        stays(flash, BOOTS, **OFFLINE)
        reverts(flash, new, **OFFLINE)
        release.put("main.py", NEW["main.py"], 2000)


# -- HTTP-FS mode --


def test_an_unconfirmed_http_fs_release_waits_longer_after_each_revert(crawler):
    """A list of names may stay as it is and the files may be mended: the release waits as one that
    failed does, longer each time."""
    old = crawler.app()
    crawler.options["max_unconfirmed_boots"] = BOOTS
    for boots in (1, 2, 4, 8):
        crawler.succeeds()
        stays(crawler, BOOTS)
        reverts(crawler, old)
        waits(crawler, old, boots)
    assert given_up(crawler) == []
    crawler.succeeds()
    new = crawler.app()
    crawler.confirms()
    assert (crawler.boot().code, crawler.app()) == (None, new)


def test_a_changed_http_fs_list_is_installed_after_an_unconfirmed_one(crawler):
    old = crawler.app()
    crawler.options["max_unconfirmed_boots"] = 1
    crawler.succeeds()
    stays(crawler, 1)
    reverts(crawler, old)
    crawler.offer({"another.py": b"1"})
    crawler.succeeds()
