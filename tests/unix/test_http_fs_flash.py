"""HTTP-FS mode on real littlefs and FAT: power cuts, a full flash, names that FAT does not tell
apart."""

import pytest
from images import FILE_SYSTEMS, ImageDevice, cuts
from network.crawler import NEW, OLD
from support import OFFLINE, application, only_files, write_files

CUTS = 6
LARGE = {"lib/a.py": b"a" * 1500, "main.py": b"m" * 700, "lib/deep/b.py": b"b" * 900}


@pytest.fixture
def served(server, tmp_path):
    """The folder that this test's device follows."""
    folder = server.folder / tmp_path.name
    folder.mkdir()
    return folder


@pytest.fixture(params=FILE_SYSTEMS)
def flash(request, tmp_path, micropython, dist, server, served):
    """A device in HTTP-FS mode with OLD on its flash; NEW waits on the server."""
    device = ImageDevice(tmp_path / "flash", micropython, dist, request.param)
    device.options.update(
        manifest_url="",
        base_file_url=f"{server.url}{tmp_path.name}",
        recurse_http_fs=True,
        backup_skip_extensions=(),
    )
    device.put({**OLD, "versions.json": b"{}", "ota_state.txt": b"idle"})
    write_files(served, NEW)
    return device


def test_an_update_can_be_reverted_installed_again_and_confirmed(flash):
    before = flash.tree()
    assert flash.boot().reset
    assert only_files(flash.app()) == {**OLD, **NEW}
    assert flash.call("revert_update").reset
    assert flash.tree() == before
    assert flash.boot().reset
    assert flash.call("confirm_update", True).value is True
    tree = flash.tree()
    assert set(only_files(tree)) == {*OLD, *NEW, "ota_state.txt", "versions.json"}
    boot = flash.boot()
    assert (boot.code, boot.reset) == (None, False)
    assert flash.tree() == tree


@pytest.mark.parametrize("what", ["update", "nothing new", "lenient"])
def test_a_power_loss_at_a_block_write_leaves_the_old_or_the_new_files(flash, served, what):
    """Old or new before the network is back, new after it, and no cluster of two files."""
    flash.put(LARGE)
    if what == "nothing new":
        flash.put(NEW)
    elif what == "lenient":
        flash.options["strict_http_fs"] = False
        (served / "lib" / "aa.py").symlink_to("nowhere")
    files = {**OLD, **LARGE}
    if what == "nothing new":
        files.update(NEW)
    new = {**files, **NEW}

    for cut in cuts(flash, flash.boot, CUTS):
        boot = flash.boot(**OFFLINE)
        assert boot.status == 0, boot.log
        found = only_files(flash.app())
        assert found in (files, new), f"cut at {cut}"
        if flash.state() == "confirm_pending":
            assert found == new and flash.call("confirm_update").value is True
        assert flash.state() == "idle", f"cut at {cut}"
        boot = flash.boot()
        assert boot.reset is (found != new), f"cut at {cut}: {boot.message}"
        assert only_files(flash.app()) == new
        flash.check_clusters()


# -- a full flash --


@pytest.mark.parametrize("strict", [True, False])
def test_a_file_too_large_for_the_flash_is_reported_and_rolled_back(flash, served, strict):
    write_files(served, {"lib/large.py": bytes(300_000)})
    before = flash.tree()
    boot = flash.boot(strict_http_fs=strict)
    assert (boot.code, boot.reset) == ("apply_failed", True)
    assert boot.message == "writing lib/large.py: OSError: [Errno 28] ENOSPC"
    assert flash.undone() == before
    flash.waits(strict_http_fs=strict)
    write_files(served, {"lib/large.py": b"small"})
    assert flash.boot(strict_http_fs=strict).reset
    assert flash.app()["lib/large.py"] == b"small"


@pytest.mark.parametrize("strict", [True, False])
def test_a_list_too_large_for_the_flash_is_reported_and_changes_nothing(flash, served, strict):
    write_files(served, {"x" * 100 + f"{number}.py": b"" for number in range(200)})
    flash.leave(11 << 10)
    before = flash.tree()
    boot = flash.boot(strict_http_fs=strict)
    assert (boot.code, boot.reset) == ("http_fs_failed", False)
    assert boot.message == "writing otac14f2.lst: OSError: [Errno 28] ENOSPC"
    assert flash.tree() == before
    flash.remove("filler.bin")
    assert flash.boot(strict_http_fs=strict).reset


def test_however_little_space_is_free_the_files_are_the_old_or_the_new_ones(flash, served):
    """However little is free: an error that says so and the old tree, or the new one."""
    write_files(served, LARGE)
    image = flash.path.read_bytes()
    before = only_files(application(flash.tree()))
    seen = set()
    for room in range(3072, 21504, 3072):
        flash.path.write_bytes(image)
        flash.leave(room)
        boot = flash.boot()
        seen.add(boot.code)
        if boot.code is None:
            assert flash.state() == "confirm_pending" and boot.reset
            continue
        assert boot.code in ("apply_failed", "http_fs_failed")
        # FatFs denies a new folder for which there is no room.
        assert "ENOSPC" in boot.message or "EACCES" in boot.message, boot.message
        if flash.state() == "installing":
            # The rollback needs room as well; a restart may find it.
            assert boot.reset and "clean-up" in boot.message
            flash.boot(**OFFLINE)
        tree = flash.app()
        del tree["filler.bin"]
        assert only_files(tree) == before, f"{room} bytes free: {boot.message}"
        flash.remove("filler.bin")
        if boot.reset:
            flash.waits()
        assert flash.boot().reset
        assert only_files(flash.app()) == {**before, **NEW, **LARGE}
    assert {None, "apply_failed"} <= seen


# -- names --

# Of a folder and of a file; FAT takes them for one.
SAME = {"BOTH/x.py": b"x", "both": b"b"}


def ends_well(flash, boot, before):
    """Three names or none of them: the updater goes on."""
    if flash.kind == "fat":
        assert (boot.code, boot.reset) == ("apply_failed", True), boot.message
    else:
        assert (boot.code, boot.reset) == (None, True), boot.message
        assert flash.call("revert_update").reset
    assert flash.state() == "idle", boot.message
    assert application(flash.tree()) == before


def test_a_file_and_folder_that_differ_only_in_case_are_rolled_back_on_fat(flash, served):
    write_files(served, SAME)
    before = application(flash.tree())
    ends_well(flash, flash.boot(), before)


def test_a_manifest_of_file_and_folder_differing_in_case_is_refused_on_fat(flash, release):
    release.put_all(SAME)
    before = application(flash.tree())
    flash.options["recurse_http_fs"] = False
    boot = flash.follow(release).boot()
    if flash.kind == "fat":
        assert (boot.code, boot.reset) == ("apply_failed", False)
        assert boot.message == "BOTH/x.py and both are one name here"
        assert application(flash.tree()) == before
    else:
        ends_well(flash, boot, before)


@pytest.mark.parametrize("revert", [False, True])
def test_files_that_differ_only_in_case_always_roll_back_to_the_old_tree(flash, served, revert):
    """On FAT they are one file, and the installation stops at the second one."""
    write_files(served, {"MAIN.py": b"other", "Main.PY": b"another"})
    before = flash.tree()
    boot = flash.boot(kill_at=17 if flash.kind == "littlefs" and not revert else None)
    if flash.kind == "fat":
        assert (boot.reset, boot.code) == (True, "apply_failed")
        assert boot.message == "Main.PY has changed: by another name, or meanwhile"
        # It may be in other letters, which are the same to FAT.
        tree = {path.lower(): content for path, content in flash.undone().items()}
    else:
        assert boot.killed is not revert
        assert (flash.call("revert_update") if revert else flash.boot()).reset
        tree = flash.tree()
    assert tree == before
    flash.check_clusters()
