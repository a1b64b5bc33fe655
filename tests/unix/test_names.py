"""Names that a file system cannot hold, and paths that are there although they should not be."""

import pytest
from support import only_files
from unix.images import ImageDevice

OLD = {"main.py": b"old main"}
BAD = [f"z/a{sign}b" for sign in '"*:<>?|'] + ["new/deep/x:y/file.py", "a|b"]


@pytest.fixture
def fat(tmp_path, micropython, dist, release):
    """A device with FAT that has OLD, confirmed."""
    device = ImageDevice(tmp_path / "flash", micropython, dist, "fat").follow(release)
    device.adopt(release, OLD)
    return device


@pytest.mark.parametrize("path", BAD)
def test_a_name_that_fat_cannot_hold_is_refused_before_anything_is_touched(fat, release, path):
    before = fat.tree()
    release.put_all({"main.py": b"new main", path: b"x"}, 2000)
    for _ in range(2):
        boot = fat.boot()
        assert (boot.reset, boot.code) == (False, "apply_failed"), boot.log
        name = next(part for part in path.split("/") if set(part) & set('"*:<>?|'))
        assert boot.message == f"{path}: the file system cannot hold the name {name}"
        assert fat.tree() == before
    assert release.fetched.count("main.py") == 1
    (release.folder / path).unlink()
    release.put_all({"main.py": b"mended"}, 3000)
    assert fat.boot().reset
    assert fat.tree()["main.py"] == b"mended"


def test_an_old_journal_with_a_name_that_fat_cannot_hold_is_rolled_back(fat, release):
    """By a journal as it was written then, cut before the file was installed."""
    before = fat.tree()
    manifest = before["versions.json"]
    journal = (
        "V " + "0" * 32 + "\t.\tsaguarota_backup\tota_state.txt\tversions.json\n"
        "B main.py\nD z\nF z/a:b\n"
    ).encode()
    fat.put(
        {
            "otac14f2.jrn": journal,
            "otac14f2.prg": b"B",
            "otac14f2.old": manifest,
            "saguarota_backup/main.py": OLD["main.py"],
            "main.py": b"new main",
            "ota_state.txt": b"installing",
            "z/other.txt": b"own",
        }
    )
    assert fat.boot(manifest_url="http://127.0.0.1:9/").reset
    assert only_files(fat.tree()) == {**only_files(before), "z/other.txt": b"own"}


def test_a_file_that_comes_up_during_an_update_is_kept(device, release):
    device.adopt(release, OLD)
    release.put_all({"a.py": b"new a", "main.py": b"new main", "z.py": b"new z"}, 2000)
    boot = device.execute("""
def make_it(name, details):
    if name == "file_update_start" and details["path"] == "main.py":
        with open("z.py", "w") as file:
            file.write("own z")

call(make(progress_callback=make_it), "check_and_perform_ota")
""")
    assert (boot.reset, boot.code) == (True, "apply_failed"), boot.log
    assert boot.message == "z.py is there already: by another name, or meanwhile"
    assert device.app() == {**OLD, "z.py": b"own z"}
    assert device.state() == "idle"


def test_a_file_that_changes_during_an_update_is_kept_as_it_is(device, release):
    device.adopt(release, {**OLD, "z.py": b"old z"})
    release.put_all({"main.py": b"new main", "z.py": b"new z"}, 2000)
    boot = device.execute("""
def change_it(name, details):
    if name == "file_update_start" and details["path"] == "main.py":
        with open("z.py", "w") as file:
            file.write("changed by the application")

call(make(progress_callback=change_it), "check_and_perform_ota")
""")
    assert (boot.reset, boot.code) == (True, "apply_failed"), boot.log
    assert boot.message == "z.py has changed: by another name, or meanwhile"
    assert device.app() == {**OLD, "z.py": b"changed by the application"}


@pytest.mark.parametrize(
    ("first", "second"), [("A.py", "a.py"), ("ä.py", "å.py"), ("lib/B.py", "LIB/b.py")]
)
@pytest.mark.parametrize("there", [False, True])
def test_two_names_of_one_file_are_refused(fat, release, first, second, there):
    if there:
        fat.put({first: b"own"})
    before = fat.tree()
    release.put_all({first: b"first", second: b"second!"})
    boot = fat.boot()
    assert (boot.reset, boot.code) == (False, "apply_failed"), boot.log
    assert first in boot.message and second in boot.message
    assert fat.tree() == before
