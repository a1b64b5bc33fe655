"""What was deleted comes back: after a cut, a failure, by revert_update()."""

import pytest
from images import FILE_SYSTEMS, ImageDevice
from pruning import EXTRAS, FIRST, RELEASE, deleted, manifest_of, policy
from support import OFFLINE, application, only_files

OLD = {"main.py": b"old main" * 99, "lib/a.py": b"old a", "lib/deep/b.py": b"old b"}


@pytest.fixture(params=["host", *FILE_SYSTEMS])
def flash(request, tmp_path, micropython, dist, release, device):
    """A device of each kind that follows `release` and prunes all."""
    if request.param != "host":
        device = ImageDevice(tmp_path / "image", micropython, dist, request.param).follow(release)
    device.options.update(policy("all"))
    return device


@pytest.fixture
def old(flash, release):
    """The tree of a device on OLD, confirmed, with EXTRAS; RELEASE waits on the server."""
    flash.adopt(release, OLD)
    flash.put(EXTRAS)
    for path in set(OLD) - set(RELEASE):
        release.remove(path)
    release.put_all(RELEASE)
    return flash.tree()


def is_backup(path):
    return path.startswith(("saguarota_backup", "otac14f2."))


GONE = sorted([*EXTRAS, "lib/deep/b.py"])


def updates(flash):
    """The device takes RELEASE, and has nothing else."""
    boot = flash.boot()
    assert (boot.reset, boot.code) == (True, None), (boot.message, boot.log)
    assert deleted(boot, "all") == GONE
    assert only_files(flash.app()) == RELEASE


@pytest.mark.parametrize("number", range(len(GONE)))
def test_a_power_loss_at_any_deletion_restores_the_deleted_files(flash, old, number):
    boot = flash.boot(kill_at=FIRST + number)
    assert boot.killed and len(boot.named("file_delete_extra")) == number + 1
    assert flash.state() == "installing"
    assert flash.boot(**OFFLINE).reset
    assert flash.tree() == old
    updates(flash)


def test_repeated_power_loss_in_a_rollback_still_restores_deleted_files(flash, old):
    assert flash.boot(kill_at=FIRST + len(GONE) - 1).killed
    if flash.image:
        for cut in range(0, 400, 25):
            flash.writes_left = cut
            flash.boot(**OFFLINE)
        flash.writes_left = None
    if flash.state() == "installing":
        assert flash.boot(**OFFLINE).reset
    assert flash.tree() == old


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_revert_restores_the_deleted_files(flash, old, confirmed):
    updates(flash)
    assert not confirmed or flash.call("confirm_update").value is True
    assert flash.call("revert_update").reset
    assert flash.tree() == old
    updates(flash)


def test_a_clean_up_makes_the_deletions_final(flash, old):
    updates(flash)
    assert flash.call("confirm_update", True).value is True
    tree = flash.tree()
    assert set(only_files(tree)) == {*RELEASE, "ota_state.txt", "versions.json"}
    boot = flash.boot()
    assert (boot.reset, boot.code, boot.events) == (False, None, [])
    assert flash.call("revert_update").reset
    assert flash.app() == {path: tree[path] for path in flash.app()}


def test_a_revert_restores_only_what_the_last_update_deleted(flash, release, old):
    """The backup of before is not mixed into the next."""
    updates(flash)
    assert flash.call("confirm_update").value is True
    middle = {**flash.tree(), "later.py": b"later"}
    flash.put({"later.py": b"later"})
    release.put_all({"main.py": b"third"}, 3000)
    boot = flash.boot()
    assert boot.reset and deleted(boot, "all") == ["later.py"]
    assert flash.call("revert_update").reset
    assert flash.tree() == {path: data for path, data in middle.items() if not is_backup(path)}


# -- real causes of delete_extraneous_failed --


@pytest.fixture(params=FILE_SYSTEMS)
def image(request, tmp_path, micropython, dist, release):
    """A device with a real file system that prunes all."""
    device = ImageDevice(tmp_path / "image", micropython, dist, request.param).follow(release)
    device.options.update(policy("all"))
    return device


def test_an_extra_file_without_space_for_its_backup_fails_the_update(image, release):
    image.adopt(release, OLD)
    image.fill("big.bin", 60_000)
    image.leave(30_000)
    image.put({"a.txt": b"a" * 2000})
    before = image.tree()
    release.put_all({"main.py": b"new"})
    boot = image.boot()
    assert (boot.reset, boot.code) == (True, "delete_extraneous_failed"), boot.message
    assert boot.message == "backing up big.bin: OSError: [Errno 28] ENOSPC"
    assert boot.updated == ["main.py"]
    assert image.undone() == before
    image.waits(**policy("all"))
    boot = image.boot(**policy("custom_extensions", ("txt",)))
    assert boot.reset and deleted(boot, "custom_extensions") == ["a.txt"]
    assert image.call("revert_update").reset
    assert image.undone() == before


@pytest.mark.parametrize("image", ["fat"], indirect=True)
def test_a_read_only_file_that_cannot_be_deleted_keeps_no_release_out(image, release):
    """With FAT's attribute, as a computer may have set it."""
    image.adopt(release, OLD)
    image.put({"first.txt": b"first", "locked.txt": b"locked"})
    set_read_only(image, b"LOCKED  TXT")
    before = image.tree()
    release.put_all({"main.py": b"new"})
    boot = image.boot()
    assert (boot.reset, boot.code) == (True, None), boot.message
    assert deleted(boot, "all") == ["first.txt"]
    assert "locked.txt is read-only: not deleted" in boot.log
    tree = image.tree()
    assert tree["locked.txt"] == b"locked" and "first.txt" not in tree
    assert image.call("revert_update").reset
    assert application(image.tree()) == application(before)


@pytest.mark.parametrize("image", ["fat"], indirect=True)
@pytest.mark.parametrize("skips", [(), (".py",)])
def test_a_read_only_file_is_moved_aside_and_replaced(image, release, skips):
    """With a backup and without, forward and back."""
    image.options["backup_skip_extensions"] = skips
    image.adopt(release, OLD)
    set_read_only(image, b"MAIN    PY ")
    release.put_all({"lib/a.py": b"new", "main.py": b"new"})
    boot = image.boot()
    assert (boot.reset, boot.code) == (True, None), boot.message
    assert "main.py is in the way: moved to main.py.old" in boot.log
    tree = image.tree()
    assert (tree["main.py"], tree["main.py.old"]) == (b"new", OLD["main.py"])
    assert image.call("revert_update").reset
    tree = image.tree()
    assert tree["main.py"] == (b"new" if skips else OLD["main.py"])
    assert tree["main.py.old"] == OLD["main.py"]
    release.put_all({"main.py": b"newer"})
    boot = image.boot()
    assert (boot.reset, boot.code) == (True, None), boot.message
    assert image.tree()["main.py"] == b"newer"


def set_read_only(image, name):
    """Sets the attribute of the one file of this short name, as the folder has it."""
    data = bytearray(image.path.read_bytes())
    (at,) = [at for at in range(0, len(data), 32) if data[at : at + 11] == name]
    data[at + 11] |= 1
    image.path.write_bytes(data)


def test_a_file_table_that_does_not_fit_the_heap_fails_before_any_change(device, release):
    device.adopt(release, OLD)
    device.put(EXTRAS)
    before = device.tree()
    files = {f"{number:05}.py": b"" for number in range(20_000)}
    release.manifest = manifest_of(files, 2000)
    device.flags = ["-X", "heapsize=140k"]
    boot = device.boot(**policy("all"))
    assert (boot.reset, boot.code) == (False, "delete_extraneous_failed"), boot.message
    assert boot.message == "a table of 20000 files does not fit the heap"
    assert boot.named("file_update_start") == [] and release.fetched[len(OLD) :] == []
    assert device.tree() == before
    release.manifest = None
    release.put_all(RELEASE)
    device.flags = []
    assert device.boot(**policy("all")).reset
    assert only_files(device.app()) == only_files(release.tree())
