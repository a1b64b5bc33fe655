"""Where things are on flash: the backup and what it skips, dest_dir, the updater's own files."""

import pytest
from own_files import ENDINGS

SKIPPED_BY_EXTENSION = ("logo.png", "a.JPG", "b.jpeg", "c.gif", "d.Bmp", "e.rgb565", "f.raw")
SKIPPED_BY_EXTENSION += ("g.bin", "h.ttf", "i.otf", "j.woff")
SKIPPED_BY_PREFIX = ("assets/x.py", "static/x.py", "media/x.py", "images/x.py", "fonts/x.py")
BACKED_UP = ("main.py", "lib/a.py", "lib/assets/x.py", "assetsx.py", "a.png.py", "png", "ümlaut.py")


def publish(release, paths, content=b"new ", version=2000):
    release.put_all({path: content + path.encode() for path in paths}, version)


def old(device, paths, root="."):
    """Puts old files on the device, as the user did who set it up."""
    files = {path: b"old " + path.encode() for path in paths}
    device.put(files, root)
    return files


def backup(device, folder="saguarota_backup/"):
    """The files in the backup."""
    tree = device.tree()
    names = [path for path in tree if path.startswith(folder) and tree[path] is not None]
    return {path[len(folder) :]: tree[path] for path in names}


# -- backup --


def test_the_backup_has_the_old_bytes(device, release):
    files = old(device, BACKED_UP)
    publish(release, [*BACKED_UP, "created.py"])
    assert device.boot().reset
    assert backup(device) == files
    assert device.app() == release.tree()


def test_only_replaced_files_are_backed_up(device, release):
    old(device, ["own.py"])
    publish(release, ["main.py", "lib/a.py"], b"one ", 1000)
    assert device.boot().reset
    assert backup(device) == {}
    assert device.call("confirm_update").value is True
    publish(release, ["main.py"], b"two ")
    assert device.boot().reset
    assert backup(device) == {"main.py": b"one main.py"}


def test_files_in_the_default_skip_lists_are_not_backed_up(device, release):
    skipped = [*SKIPPED_BY_EXTENSION, *SKIPPED_BY_PREFIX]
    files = old(device, [*BACKED_UP, *skipped])
    publish(release, files)
    assert device.boot().reset
    assert backup(device) == {path: files[path] for path in BACKED_UP}
    assert device.app() == release.tree()


@pytest.mark.parametrize("nothing", [(), []], ids=str)
def test_empty_skip_lists_skip_nothing(device, release, nothing):
    files = old(device, [*BACKED_UP, *SKIPPED_BY_EXTENSION, *SKIPPED_BY_PREFIX])
    publish(release, files)
    before = device.app()
    assert device.boot(backup_skip_extensions=nothing, backup_skip_prefixes=nothing).reset
    assert backup(device) == files
    assert device.call("revert_update").reset
    assert device.app() == before


@pytest.mark.parametrize("extension", [".dat", "dat", "DAT", ".Dat"])
def test_own_skip_lists_replace_the_default(device, release, extension):
    files = old(device, ["x.dat", "y.DAT", "z.png", "big/a.py", "assets/b.py", "xdat", "bigger.py"])
    publish(release, files)
    assert device.boot(backup_skip_extensions=[extension], backup_skip_prefixes=("big/",)).reset
    assert set(backup(device)) == {"z.png", "assets/b.py", "xdat", "bigger.py"}


def test_one_list_replaced_leaves_the_other_at_its_default(device, release):
    files = old(device, ["x.png", "assets/a.py", "main.py"])
    publish(release, files)
    assert device.boot(backup_skip_extensions=()).reset
    assert set(backup(device)) == {"x.png", "main.py"}


def test_a_rollback_leaves_skipped_files_usable(device, release):
    old(device, ["assets/a.py", "main.py", "z.py"])
    publish(release, ["assets/a.py", "assets/new.py", "main.py", "z.py"])
    assert device.boot(kill_at=11).killed
    assert device.boot().reset
    # What was not backed up cannot come back; what was created goes all the same.
    assert device.app() == {
        "assets/": None,
        "assets/a.py": b"new assets/a.py",
        "main.py": b"old main.py",
        "z.py": b"old z.py",
    }


def test_a_backup_of_before_is_not_mixed_into_the_next(device, release):
    publish(release, ["main.py", "lib/a.py"], b"one ", 1000)
    old(device, ["main.py", "lib/a.py"])
    assert device.boot().reset
    assert set(backup(device)) == {"main.py", "lib/a.py"}
    assert device.call("confirm_update").value is True
    publish(release, ["main.py"], b"two ")
    assert device.boot().reset
    assert backup(device) == {"main.py": b"one main.py"}
    assert device.call("revert_update").reset
    assert device.app() == {"lib/": None, "lib/a.py": b"one lib/a.py", "main.py": b"one main.py"}


# -- names --


def test_the_backup_folder_takes_the_name_of_the_application(device, release):
    files = old(device, ["main.py"])
    publish(release, ["main.py"])
    device.options["application_name"] = "cactus"
    assert device.boot().reset
    assert backup(device, "cactus_backup/") == files
    assert not any("saguarota" in path for path in device.tree())
    assert device.call("revert_update").reset
    assert device.app() == files


def test_a_revert_leaves_another_application_on_the_device_alone(device, release):
    for number, name in enumerate(("one", "two"), 1):
        device.options.update(
            application_name=name,
            dest_dir=name,
            ota_state_file=name + ".state",
            local_manifest_file=name + ".json",
        )
        publish(release, ["main.py"], name.encode() + b" ", number)
        assert device.boot().reset
    tree = device.tree()
    assert (tree["one/main.py"], tree["two/main.py"]) == (b"one main.py", b"two main.py")
    assert device.call("revert_update").reset
    tree = device.tree()
    assert "two/main.py" not in tree and tree["one/main.py"] == b"one main.py"
    assert tree["one.state"] == b"confirm_pending"


def test_state_and_manifest_files_take_the_names_given_in_the_options(device, release):
    files = old(device, ["main.py", "versions.json", "ota_state.txt"])
    publish(release, ["main.py"])
    device.options.update(ota_state_file="s/state", local_manifest_file="s/local.json")
    device.put({"s/keep": b""})
    assert device.boot().reset
    tree = device.tree()
    assert tree["s/state"] == b"confirm_pending" and b"main.py" in tree["s/local.json"]
    assert tree["versions.json"] == b"old versions.json"
    assert tree["ota_state.txt"] == b"old ota_state.txt"
    assert device.call("revert_update").reset
    assert device.tree() == {**files, "s/": None, "s/keep": b"", "s/state": b"idle"}


OWN_FILES = ("ota_state.txt", "versions.json", "saguarota_backup", "saguarota_backup/main.py")
OWN_FILES += tuple(f"otac14f2.{end}" for end in ENDINGS)
# Whatever ending a later updater may need.
OWN_FILES += ("otac14f2.xyz", "OTAC14F2.Xyz", "otac14f2.long.name", "otac14f2.d/a.py")


def serve(release, path):
    """A release that has one file of this name, which the server can send."""
    release.put("any", b"any", 1000)
    release.offer(path, 5)


@pytest.mark.parametrize("path", OWN_FILES)
def test_own_files_are_never_installed(device, release, path):
    device.put({"main.py": b"old"})
    serve(release, path)
    boot = device.boot()
    assert boot.code == "manifest_fetch_failed" and "is reserved" in boot.message
    assert (device.tree(), release.fetched) == ({"main.py": b"old"}, [])


def test_own_files_within_the_destination_are_never_installed(device, release):
    device.options.update(dest_dir="app", ota_state_file="app/s", local_manifest_file="./app//m")
    for path in ("s", "m", *(f"otac14f2.{end}" for end in ENDINGS)):
        serve(release, path)
        assert device.boot().code == "manifest_fetch_failed", path
        assert release.fetched == []


@pytest.mark.parametrize("path", ["ota_state.txt", "versions.json", "saguarota_backup/a"])
def test_own_names_are_free_elsewhere(device, release, path):
    release.put(path, b"x", 1000)
    serve(release, path)
    assert device.boot(dest_dir="app").code is None
    # The server answers to this one name with the manifest.
    content = release.manifest.encode() if path == "versions.json" else b"x"
    assert device.tree()["app/" + path] == content


LIKE_OWN = ("versions.jsonx", "xversions.json", "a/ota_state.txt", ".part", "otac14f2")
LIKE_OWN += ("otac14f2/a.jrn", "xotac14f2.jrn", "otac14f3.jrn", "a/otac14f2.jrn")


@pytest.mark.parametrize("path", LIKE_OWN)
def test_names_like_own_names_are_installed(device, release, path):
    publish(release, [path])
    assert device.boot().updated == [path]


# -- dest_dir --


@pytest.mark.parametrize("destination", ["app", "app/", "./app", "a/b/c", "/"])
def test_update_rollback_and_revert_stay_below_dest_dir(device, release, destination):
    """Relative and, as "/" stands for the flash here, absolute; the rest of the flash stays."""
    root = "." if destination == "/" else destination
    target = str(device.folder) if destination == "/" else destination
    device.options["dest_dir"] = target
    device.put({"outside.py": b"outside"})
    old(device, ["main.py", "lib/a.py", "own.py"], root)
    before = device.tree()
    publish(release, ["main.py", "lib/a.py", "new/b.py"])
    assert device.boot(kill_at=7).killed
    assert device.boot().reset
    assert device.tree() == {**before, "ota_state.txt": b"idle"}
    assert device.boot().reset
    tree = device.tree()
    where = "" if destination == "/" else destination.replace("./", "").strip("/") + "/"
    for path, content in release.tree().items():
        assert tree[where + path] == content
    assert (tree[where + "own.py"], tree["outside.py"]) == (b"old own.py", b"outside")
    assert device.call("revert_update").reset
    assert device.tree() == {**before, "ota_state.txt": b"idle"}


def test_dest_dir_may_be_outside_of_the_current_folder(device, release, tmp_path):
    device.options["dest_dir"] = str(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "main.py").write_bytes(b"old")
    publish(release, ["main.py", "lib/a.py"])
    assert device.boot().reset
    assert (tmp_path / "elsewhere/main.py").read_bytes() == b"new main.py"
    assert {"main.py", "lib/"}.isdisjoint(device.tree())
    assert backup(device) == {"main.py": b"old"}
    assert device.call("revert_update").reset
    assert [path.name for path in (tmp_path / "elsewhere").rglob("*")] == ["main.py"]
    assert (tmp_path / "elsewhere/main.py").read_bytes() == b"old"


@pytest.mark.parametrize("destination", ["app", "a/b/c"])
def test_a_rollback_removes_a_destination_that_it_created(device, release, destination):
    device.options["dest_dir"] = destination
    publish(release, ["main.py", "lib/a.py"])
    assert device.boot(kill_at=5).killed
    assert device.boot().reset
    assert device.tree() == {"ota_state.txt": b"idle"}
    assert device.boot().reset
    assert device.tree()[destination + "/main.py"] == b"new main.py"


def test_a_part_file_of_before_is_not_spliced_in(device, release):
    device.put({"otac14f2.prt": b"left by a cut" * 100})
    publish(release, ["main.py"])
    assert device.boot().reset
    assert device.app() == release.tree()
    assert "otac14f2.prt" not in device.tree()
