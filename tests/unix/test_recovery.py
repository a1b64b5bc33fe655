"""What undoes an update: a cut at each of its events, failures, revert_update(), clean-up."""

import pytest
from support import application

OLD = {"main.py": b"old main", "lib/a.py": b"old a", "lib/b.py": b"old b"}
NEW = {"main.py": b"new main", "lib/a.py": b"new a", "lib/x/y/z.py": b"new z", "new/one.py": b"1"}
# What the user keeps on the device, next to what the updates bring.
OWN = {"settings.json": b"{}", "lib/own.py": b"own"}
# update_start, three for each of the four new files, one for the file that stays, update_applied.
EVENTS = 1 + 3 * len(NEW) + 1 + 1


@pytest.fixture
def old(device, release):
    """The tree of a device on a confirmed old release; the new one waits on the server."""
    device.put(OWN)
    tree = device.adopt(release, OLD)
    assert application(tree) == {**release.tree(), **OWN}
    assert set(tree) - set(application(tree)) == {"ota_state.txt", "versions.json"}
    release.put_all(NEW)
    return tree


def updates(device, release):
    """The device takes the new release."""
    boot = device.boot()
    assert (boot.reset, boot.code) == (True, None)
    assert device.app() == {**release.tree(), **OWN}
    assert device.state() == "confirm_pending"


# -- cuts --


def test_an_update_has_the_events_at_which_the_power_is_lost(device, old):
    assert len(device.boot().events) == EVENTS


@pytest.mark.parametrize("event", range(1, EVENTS - 1))
def test_a_power_loss_at_an_event_brings_the_old_tree_back(device, release, old, event):
    boot = device.boot(kill_at=event)
    assert boot.killed and len(boot.events) == event + 1
    assert device.state() == "installing"
    boot = device.boot()
    assert (boot.reset, boot.events) == (True, [])
    assert device.tree() == old
    updates(device, release)


def test_a_power_loss_before_the_first_change_delays_nothing(device, release, old):
    assert device.boot(kill_at=0).killed
    assert application(device.tree()) == application(old)
    assert device.state() == "idle"
    updates(device, release)


def test_a_power_loss_after_the_last_change_leaves_the_update_to_confirm(device, release, old):
    assert device.boot(kill_at=EVENTS - 1).killed
    assert application(device.tree()) == {**release.tree(), **OWN}
    assert device.boot().reset is False
    assert device.call("confirm_update", True).value is True
    assert device.boot().events == []


@pytest.mark.parametrize("event", range(1, EVENTS - 1, 3))
def test_a_power_loss_in_the_first_install_leaves_an_empty_device(device, release, event):
    release.put_all({**OLD, **NEW})
    assert device.boot(kill_at=event).killed
    assert device.boot().reset
    assert device.tree() == {"ota_state.txt": b"idle"}
    assert device.boot().reset
    assert device.app() == release.tree()


def test_power_losses_in_a_row_each_bring_the_old_tree_back(device, release, old):
    for event in (3, 9, 1, 12, 5):
        assert device.boot(kill_at=event).killed
        assert device.boot().reset
        assert device.tree() == old
    updates(device, release)


def test_a_power_loss_restores_a_release_confirmed_without_clean_up(device, release, old):
    updates(device, release)
    assert device.call("confirm_update").value is True
    before = device.app(), device.manifest()
    for path in ("main.py", "lib/x/y/z.py", "other.py"):
        release.put(path, b"newest", 3000)
    assert device.boot(kill_at=8).killed
    assert device.boot().reset
    assert (device.app(), device.manifest()) == before


def test_a_power_loss_in_a_forced_update_of_the_same_release_is_undone(device, release, old):
    updates(device, release)
    assert device.call("confirm_update", True).value is True
    before = device.tree()
    assert device.boot(kill_at=7, force_update=True).killed
    assert device.boot().reset
    assert device.tree() == before


def test_a_rollback_leaves_what_others_put_into_a_created_folder(device, release, old):
    assert device.boot(kill_at=EVENTS - 2).killed
    device.put({"lib/x/log.txt": b"mine"})
    assert device.boot().reset
    assert device.app() == {**application(old), "lib/x/": None, "lib/x/log.txt": b"mine"}


def test_recovery_needs_no_server(device, release, old):
    assert device.boot(kill_at=6).killed
    release.requests.clear()
    assert device.boot(manifest_url="http://127.0.0.1:9/none").reset
    assert (device.tree(), release.requests) == (old, [])


@pytest.mark.parametrize("half", [b"", b"old", b"something else"])
def test_half_a_backup_is_not_restored(device, old, half):
    """As a cut in the copying leaves it: the file itself is still the good one."""
    assert device.boot(kill_at=2).killed
    assert "saguarota_backup/lib/a.py" not in device.tree()
    device.put({"saguarota_backup/lib/a.py": half})
    assert device.boot().reset
    assert device.tree() == old


@pytest.mark.parametrize("half", [b"", b"i", b"installi", b"confirm_pen"])
def test_a_power_loss_while_the_next_state_is_written_leaves_the_old_one(device, old, half):
    device.put({"ota_state.txt": b"confirm_pending", "otac14f2.sta": half})
    assert device.boot().events == []
    assert device.call("confirm_update").value is True
    assert device.state() == "idle"


@pytest.mark.parametrize("half", [b"", b"confirm_p", b"idle"])
def test_a_power_loss_while_the_state_is_replaced_does_not_lose_it(device, release, old, half):
    """The state file is whole beside the one that is being written."""
    device.put({"ota_state.txt": half, "otac14f2.sta": b"confirm_pending"})
    boot = device.boot()
    assert (boot.reset, boot.events, device.state()) == (False, [], "confirm_pending")
    assert "otac14f2.sta" not in device.tree()


def test_the_word_installing_alone_ends_in_idle(device, old):
    device.put({"ota_state.txt": b"installing"})
    assert device.boot().reset
    assert device.tree() == old


@pytest.mark.parametrize("text", [b"", b"idle", b"idle\n", b"nonsense", b"IDLE", b"\xff\xfe"])
def test_other_texts_of_the_state_file_read_as_idle(device, release, old, text):
    device.put({"ota_state.txt": text})
    updates(device, release)


def test_no_state_file_reads_as_idle(device, release, old):
    (device.folder / "ota_state.txt").unlink()
    updates(device, release)


@pytest.mark.parametrize("text", [b"confirm_pending\n", b" confirm_pending"])
def test_white_space_around_the_state_is_ignored(device, release, old, text):
    device.put({"ota_state.txt": text})
    assert device.boot().events == []
    assert device.call("confirm_update").value is True


@pytest.mark.usefixtures("insides")
def test_a_rollback_that_does_nothing_would_be_seen(device, old):
    """The tests' own test: the comparison must tell a tree that was not brought back."""
    assert device.boot(kill_at=EVENTS - 2).killed
    boot = device.execute("""
import saguarota.rollback
def nothing(updater):
    updater._transaction.set_state(OTAState.IDLE)
    return True

saguarota.rollback.rollback = nothing
call(make(), "check_and_perform_ota")
""")
    assert boot.reset and device.state() == "idle"
    tree = device.tree()
    assert tree != old and tree["main.py"] == NEW["main.py"] and "new/one.py" in tree


# -- failures in the middle --


def test_a_missing_file_rolls_back_and_resets(device, release, old):
    release.manifest = release.builder.generate_manifest()
    release.remove("lib/x/y/z.py")
    boot = device.boot()
    assert (boot.reset, boot.code) == (True, "download_failed")
    assert "lib/x/y/z.py" in boot.message and "404" in boot.message
    assert len(boot.named("download_retry")) == 1
    assert device.undone() == old


def test_a_wrong_md5_rolls_back_and_resets(device, release, old):
    release.manifest = release.builder.generate_manifest()
    release.put("main.py", b"other", 2000)
    boot = device.boot()
    assert (boot.reset, boot.code) == (True, "md5_mismatch")
    assert "main.py" in boot.message
    assert boot.updated == ["lib/a.py", "lib/x/y/z.py"]
    assert device.undone() == old


@pytest.mark.parametrize("path", ["main.py/inner.py", "lib"])
def test_a_file_and_a_folder_of_one_name_refuse_the_update(device, release, old, path):
    release.offer(path, 3000)
    boot = device.boot()
    assert (boot.reset, boot.code) == (False, "apply_failed")
    assert path.split("/")[0] in boot.message
    assert device.tree() == old


# -- revert_update() --


def test_a_revert_of_an_unconfirmed_update_restores_the_old_tree(device, release, old):
    updates(device, release)
    assert device.call("revert_update").reset
    assert device.tree() == old
    updates(device, release)


def test_a_revert_after_the_confirmation_restores_the_old_tree(device, release, old):
    updates(device, release)
    assert device.call("confirm_update").value is True
    assert device.call("revert_update").reset
    assert device.tree() == old
    updates(device, release)


def test_a_revert_of_a_first_install_leaves_an_empty_device(device, release):
    release.put("a/b/c.py", b"c", 1000).put("main.py", b"m", 1000)
    assert device.boot().reset
    assert device.call("revert_update").reset
    assert device.tree() == {"ota_state.txt": b"idle"}


@pytest.mark.parametrize("event", [1, 6, EVENTS - 2])
def test_a_revert_of_an_interrupted_update_restores_the_old_tree(device, old, event):
    assert device.boot(kill_at=event).killed
    assert device.call("revert_update").reset
    assert device.tree() == old


def test_a_revert_with_nothing_to_revert_only_restarts_the_device(device, release, old):
    boot = device.call("revert_update")
    assert (boot.reset, boot.status) == (True, 0)
    assert device.tree() == old


def test_a_second_revert_changes_nothing(device, release, old):
    updates(device, release)
    assert device.call("revert_update").reset
    assert device.call("revert_update").reset
    assert device.tree() == old


def test_revert_undoes_the_last_update_only(device, release, old):
    updates(device, release)
    assert device.call("confirm_update").value is True
    before = device.app(), device.manifest()
    release.put("lib/b.py", b"newest", 3000).put("third.py", b"3", 3000)
    assert device.boot().updated == ["lib/b.py", "third.py"]
    assert device.call("revert_update").reset
    assert (device.app(), device.manifest()) == before


# -- confirm_update() and cleanup_files() in each state --


def has_backup(device):
    return any(path.startswith("saguarota_backup") for path in device.tree())


@pytest.mark.parametrize("cleanup", [False, True])
def test_a_confirmation_succeeds_once_and_removes_the_backup_on_request(
    device, release, old, cleanup
):
    updates(device, release)
    boot = device.call("confirm_update", cleanup)
    assert (boot.value, boot.reset) == (True, False)
    assert device.state() == "idle"
    assert has_backup(device) is not cleanup
    assert device.call("confirm_update", cleanup).value is False
    assert device.app() == {**release.tree(), **OWN}


@pytest.mark.parametrize("cleanup", [False, True])
def test_a_confirmation_of_nothing_returns_false_and_changes_nothing(device, old, cleanup):
    assert device.call("confirm_update", cleanup).value is False
    assert device.tree() == old


def test_a_confirmation_on_an_empty_device_writes_nothing(device):
    assert device.call("confirm_update", True).value is False
    assert device.tree() == {}


@pytest.mark.parametrize("cleanup", [False, True])
def test_confirm_of_an_interrupted_update_takes_nothing_away(device, old, cleanup):
    assert device.boot(kill_at=7).killed
    assert device.call("confirm_update", cleanup).value is False
    assert device.state() == "installing"
    assert device.boot().reset
    assert device.tree() == old


def test_a_clean_up_after_the_confirmation_removes_the_backup(device, release, old):
    updates(device, release)
    boot = device.run(["confirm_update"], ["cleanup_files"])
    assert [call["value"] for call in boot.calls] == [True, True]
    assert not has_backup(device)
    assert device.app() == {**release.tree(), **OWN}


def test_cleanup_waits_for_the_confirmation(device, release, old):
    updates(device, release)
    before = device.tree()
    assert device.call("cleanup_files").value is False
    assert device.tree() == before


def test_cleanup_waits_for_the_rollback(device, old):
    assert device.boot(kill_at=7).killed
    assert device.call("cleanup_files").value is False
    assert device.boot().reset
    assert device.tree() == old


def test_a_clean_up_with_nothing_to_clean_succeeds_and_changes_nothing(device, old):
    assert device.call("cleanup_files").value is True
    assert device.tree() == old


def test_revert_after_the_cleanup_keeps_the_update(device, release, old):
    updates(device, release)
    assert device.call("confirm_update", True).value is True
    before = device.tree()
    assert device.call("revert_update").reset
    assert device.tree() == before
