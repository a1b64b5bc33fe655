"""What stands in the way of one path of a rollback keeps no other one from coming back."""

import os
import shutil

import pytest
from support import noise, only_files

OLD = {"a": b"old a", "lib/b.py": noise(700, 1), "lib/c.py": b"old c", "main.py": b"old main"}
NEW = {
    "a": b"new a!",
    "lib/b.py": noise(900, 2),
    "lib/c.py": b"new c!",
    "main.py": b"new main",
    "made/d.py": b"new d",
}
MENDED = {path: b"mended " + path.encode() for path in NEW}
IDLE = {"ota_state.txt", "versions.json"}


@pytest.fixture
def updated(device, release):
    """A device that has taken NEW, unconfirmed, after OLD."""
    device.adopt(release, OLD)
    release.put_all(NEW, 2000)
    assert device.boot().reset
    assert device.state() == "confirm_pending"
    return device


def reverted(device):
    """Revert; returns the boot."""
    boot = device.call("revert_update")
    assert (boot.status, boot.reset) == (0, True), boot.log
    assert device.state() == "idle"
    return boot


def takes(device, release, beside=()):
    """The mended release is taken and confirmed; `beside`: what else is on the flash then."""
    release.put_all(MENDED, 3000)
    boot = device.boot()
    assert (boot.reset, boot.code) == (True, None), boot.log
    assert device.call("confirm_update", True).value is True
    tree = only_files(device.tree())
    assert tree.keys() == {*MENDED, *IDLE, *beside}
    assert {path: tree[path] for path in MENDED} == MENDED


def test_a_folder_in_the_way_of_a_file_is_moved_aside(updated, release):
    (updated.folder / "a").unlink()
    updated.put({"a/own.txt": b"own"})
    boot = reverted(updated)
    assert updated.app() == {**updated.app(), **OLD, "a.old/own.txt": b"own"}
    assert "a is in the way: moved to a.old" in boot.log
    assert boot.code is None
    takes(updated, release, {"a.old/own.txt"})


def test_a_file_in_the_way_of_a_folder_is_moved_aside(updated, release):
    for name in ("b.py", "c.py"):
        (updated.folder / "lib" / name).unlink()
    (updated.folder / "lib").rmdir()
    updated.put({"lib": b"own"})
    boot = reverted(updated)
    assert only_files(updated.app()) == {**OLD, "lib.old": b"own"}
    assert "lib is in the way: moved to lib.old" in boot.log
    takes(updated, release, {"lib.old"})


def test_what_was_created_and_is_a_folder_now_is_moved_aside(updated, release):
    (updated.folder / "made/d.py").unlink()
    updated.put({"made/d.py/own.txt": b"own"})
    reverted(updated)
    assert only_files(updated.app()) == {**OLD, "made/d.py.old/own.txt": b"own"}
    takes(updated, release, {"made/d.py.old/own.txt"})


def test_a_created_folder_that_is_a_file_now_is_moved_aside(updated, release):
    (updated.folder / "made/d.py").unlink()
    (updated.folder / "made").rmdir()
    updated.put({"made": b"own"})
    reverted(updated)
    assert only_files(updated.app()) == {**OLD, "made.old": b"own"}
    takes(updated, release, {"made.old"})


def test_a_folder_moved_aside_takes_the_next_name_that_is_free(updated, release):
    updated.put({"a.old": b"first", "a.old1": b"second"})
    (updated.folder / "a").unlink()
    updated.put({"a/own.txt": b"own"})
    reverted(updated)
    assert only_files(updated.app()) == {
        **OLD,
        "a.old": b"first",
        "a.old1": b"second",
        "a.old2/own.txt": b"own",
    }


@pytest.mark.parametrize("meddle", ["gone", "cut short", "a folder"])
def test_a_new_file_stays_where_its_backup_is_of_no_use(updated, release, meddle):
    backup = updated.folder / "saguarota_backup/lib/b.py"
    if meddle == "cut short":
        backup.write_bytes(OLD["lib/b.py"][:-1])
    else:
        backup.unlink()
    if meddle == "a folder":
        backup.mkdir()
    boot = reverted(updated)
    assert only_files(updated.app()) == {**OLD, "lib/b.py": NEW["lib/b.py"]}
    assert boot.code == "apply_failed"
    assert boot.message == "not restored: lib/b.py: its backup is missing or truncated"
    assert "saguarota: " + boot.message in boot.log
    assert updated.tree()["otac14f2.due"] == b"lib/b.py\n.\n"
    takes(updated, release)


def test_the_old_release_brings_back_what_was_not_restored(updated, release):
    (updated.folder / "saguarota_backup/lib/b.py").unlink()
    reverted(updated)
    # The server goes back to the old release, too.
    release.manifest = updated.tree()["versions.json"]
    release.put_all(OLD)
    boot = updated.boot()
    assert boot.reset and boot.updated == ["lib/b.py"], boot.log
    assert only_files(updated.app()) == OLD


@pytest.mark.parametrize("kind", ["file", "nothing"])
def test_without_any_backup_all_else_comes_back(updated, release, kind):
    for path in sorted((updated.folder / "saguarota_backup").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (updated.folder / "saguarota_backup").rmdir()
    if kind == "file":
        updated.put({"saguarota_backup": b"own"})
    boot = reverted(updated)
    app = only_files(updated.app())
    left = {"saguarota_backup.old"} if kind == "file" else set()
    assert app.keys() == OLD.keys() | left
    assert all(app[path] == NEW[path] for path in OLD)
    for path in OLD:
        assert f"{path}: its backup is missing or truncated" in boot.message
    takes(updated, release, left)


@pytest.mark.parametrize(
    "meddle", ["removed", "half of it", "garbage", "a folder", "unknown format"]
)
def test_without_a_journal_the_backups_come_back(updated, release, meddle):
    journal = updated.folder / "otac14f2.jrn"
    text = journal.read_bytes()
    journal.unlink()
    if meddle == "half of it":
        journal.write_bytes(text[: len(text) // 2])
    elif meddle == "garbage":
        journal.write_bytes(noise(3000, 5))
    elif meddle == "a folder":
        journal.mkdir()
    elif meddle == "unknown format":
        journal.write_bytes(text.replace(b"\t2\n", b"\t9\n").replace(b"E\n", b"Q what\nE\n"))
    boot = reverted(updated)
    assert only_files(updated.app()) == {**OLD, "made/d.py": NEW["made/d.py"]}
    assert "otac14f2.jrn: missing or damaged" in boot.message
    assert ("has the unknown format 9" in boot.log) == (meddle == "unknown format")
    takes(updated, release)


@pytest.mark.parametrize("meddle", ["removed", "a folder", "garbage"])
def test_without_a_progress_file_all_comes_back(updated, release, meddle):
    progress = updated.folder / "otac14f2.prg"
    progress.unlink()
    if meddle == "a folder":
        progress.mkdir()
    elif meddle == "garbage":
        progress.write_bytes(b"\xff\x00??")
    reverted(updated)
    assert only_files(updated.app()) == OLD
    takes(updated, release)


def test_a_revert_works_with_very_long_paths_in_the_options(device, release):
    deep = "/".join(["folder_of_some_length_" + "x" * 60] * 16)
    device.options.update(dest_dir="app", local_manifest_file=deep + "/versions.json")
    device.adopt(release, OLD)
    before = device.tree()
    release.put_all(NEW, 2000)
    assert device.boot().reset
    boot = device.call("revert_update")
    assert boot.reset
    assert device.tree() == before


@pytest.mark.parametrize("name", ["versions.json", "ota_state.txt"])
def test_state_and_manifest_that_are_folders_are_moved_aside(updated, release, name):
    (updated.folder / name).unlink()
    updated.put({name + "/own.txt": b"own"})
    boots = [updated.boot()]
    while boots[-1].reset and len(boots) < 4:
        boots.append(updated.boot(manifest_url="http://127.0.0.1:9/"))
    assert not boots[-1].reset
    assert updated.state() in ("idle", "confirm_pending")
    assert updated.tree()["main.py"] in (OLD["main.py"], NEW["main.py"])
    if updated.state() == "confirm_pending":
        assert updated.call("confirm_update", True).value is True
    takes(updated, release, {name + ".old/own.txt"})


@pytest.mark.parametrize(
    "end", ["jrn", "prg", "swp", "old", "run", "lst", "sta", "new", "prt", "bad", "due"]
)
def test_own_files_that_are_folders_do_not_keep_a_release_out(device, release, end):
    device.adopt(release, OLD)
    device.put({f"otac14f2.{end}/own.txt": b"own"})
    release.put_all(MENDED, 3000)
    boots = [device.boot()]
    while not boots[-1].reset and len(boots) < 4:
        boots.append(device.boot())
    assert boots[-1].reset and device.state() == "confirm_pending", boots[-1].log
    assert device.call("confirm_update", True).value is True
    assert only_files(device.app()) == MENDED


def test_a_link_in_the_backup_is_removed_and_not_followed(updated, release, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "own.txt").write_bytes(b"own")
    os.symlink(outside, updated.folder / "saguarota_backup/lib/link")
    assert updated.call("confirm_update", True).value is True
    assert (outside / "own.txt").read_bytes() == b"own"
    assert not (updated.folder / "saguarota_backup").exists()


@pytest.mark.dist
def test_a_rollback_restores_the_package_that_it_runs_from(device, release, dist):
    """Of the files that it removes first, the last may be the pack itself."""
    ignored = shutil.ignore_patterns("package.json")
    shutil.copytree(dist, device.folder / "lib", ignore=ignored)
    device.sys_path = ["lib"]
    pack = (device.folder / "lib/saguarota/pack").read_bytes()
    device.adopt(release, {"boot.py": b"old", "lib/saguarota/pack": pack})
    before = device.app()
    release.put_all({"boot.py": b"new", "lib/saguarota/pack": pack + b"\n"}, 2000)
    release.put("main.py", b"created", 2000)
    # No backup was made of anything behind the pack when the download failed.
    release.manifest = release.builder.generate_manifest()
    release.put("main.py", b"damaged", 2000)
    boots = [device.boot() for _ in range(2)]
    assert boots[0].code == "md5_mismatch" and "not restored" not in boots[0].log
    assert (device.state(), device.app()) == ("idle", before)
    assert boots[1].code == "md5_mismatch", boots[1].log


@pytest.mark.usefixtures("insides")
def test_a_folder_beyond_the_longest_path_stays_and_ends_the_removal(device):
    """It is listed, but nothing can reach it."""
    boot = device.execute("""
import os
from saguarota import folders
here = os.getcwd()
for name in ("top",) + 20 * (250 * "d",):
    os.mkdir(name)
    os.chdir(name)
os.chdir(here)
say(removed=folders.remove("top"))
""")
    assert boot.said == [{"removed": False}], boot.log
    shutil.rmtree(device.folder / "top")
