"""Files without backup, which a rollback could not bring back: the next update fetches them."""

import json

import pytest
from images import cuts
from support import MEMORY, OFFLINE, noise

LOGO, ICON, FONT = "assets/logo.png", "zz/icon.bmp", "fonts/a.ttf"
SKIPPED = {LOGO: noise(1200), ICON: noise(700, seed=2), FONT: noise(900, seed=3)}
OLD = {"main.py": b"old main", "lib/a.py": b"old a", **SKIPPED}


def changed(*paths, seed=10):
    """New contents of files without backup."""
    return {path: noise(1000, seed=seed + len(path)) for path in paths}


@pytest.fixture
def old(device, release):
    """The release of the device, manifest and files."""
    return adopted(device, release)


def adopted(device, release):
    device.adopt(release, OLD)
    return release.builder.generate_manifest()


def offers(release, files, version, broken=None):
    """The server has these files on top of OLD; `broken` is not what the manifest says."""
    release.put_all(OLD, 1000)
    release.put_all(files, version)
    release.manifest = release.builder.generate_manifest()
    if broken:
        release.put(broken, b"something else", version)


def goes_back(release, old):
    """The server has the old release again."""
    release.put_all(OLD, 1000)
    release.manifest = old


def fails(device):
    """Boot: the update fails and is rolled back."""
    boot = device.boot()
    assert (boot.reset, boot.code) == (True, "md5_mismatch"), boot.log
    assert device.state() == "idle"


def fetches(device, release, *paths, given_up=False):
    """Boot: an update that installs these files and no others, and leaves the whole release.
    `given_up`: another release is remembered, as one that is never installed again."""
    boot = device.boot()
    assert (boot.reset, boot.code, boot.updated) == (True, None, list(paths)), boot.message
    is_whole(device, release, {MEMORY} if given_up else ())


def is_whole(device, release, more=()):
    """The release is on the device; once confirmed, nothing else is due."""
    assert device.app() == release.tree()
    assert device.call("confirm_update", True).value is True
    assert device.tree().keys() == {*device.app(), "ota_state.txt", "versions.json", *more}
    before = device.tree()
    boot = device.boot()
    assert (boot.reset, boot.code, boot.events, device.tree()) == (False, None, [], before)


def test_a_rollback_leaves_files_without_backup_whole(device, release, old):
    new = changed(LOGO, FONT)
    offers(release, {**new, "main.py": b"new main"}, 2000, broken="main.py")
    fails(device)
    # The failed main.py comes after the two.
    assert device.app() == {**release_tree(release), **OLD, **new}
    assert device.manifest() == json.loads(old)


def release_tree(release):
    """The folders of a release."""
    return {path: content for path, content in release.tree().items() if content is None}


def test_files_without_backup_are_fetched_when_the_server_goes_back(device, release, old):
    offers(release, {**changed(LOGO, FONT), "main.py": b"new main"}, 2000, broken="main.py")
    fails(device)
    goes_back(release, old)
    fetches(device, release, LOGO, FONT)
    assert device.manifest() == json.loads(old)


def test_files_without_backup_are_due_even_at_an_unchanged_version(device, release, old):
    """Their version is that of the local manifest; they are due nevertheless."""
    offers(release, {**changed(LOGO, FONT), "main.py": b"new main"}, 2000, broken="main.py")
    fails(device)
    offers(release, {"lib/a.py": b"new a"}, 3000)
    fetches(device, release, LOGO, FONT, "lib/a.py")


def test_files_without_backup_are_fetched_when_the_release_is_repaired(device, release, old):
    new = {**changed(LOGO, FONT), "main.py": b"new main"}
    offers(release, new, 2000, broken="main.py")
    fails(device)
    release.put_all(new, 2000)
    assert device.boot().reset is False
    fetches(device, release, LOGO, FONT, "main.py")


def test_only_files_without_backup_that_were_replaced_are_fetched(device, release, old):
    """The update fails between the two."""
    offers(release, {**changed(LOGO, ICON), "main.py": b"new main"}, 2000, broken="main.py")
    fails(device)
    assert device.app()[ICON] == OLD[ICON]
    goes_back(release, old)
    fetches(device, release, LOGO)


def test_files_without_backup_of_several_rollbacks_are_all_fetched(device, release, old):
    """Each leaves another file: in whatever order they come, paths are in order on flash."""
    for version, path, broken in ((2000, ICON, "zzz.py"), (3000, LOGO, FONT), (4000, FONT, "m.py")):
        offers(release, {**changed(path), broken: b"broken"}, version, broken)
        fails(device)
        if broken == "zzz.py" or broken == "m.py":
            release.remove(broken)
    goes_back(release, old)
    fetches(device, release, LOGO, FONT, ICON)


def test_a_file_without_backup_in_several_rollbacks_is_fetched_once(device, release, old):
    for version in (2000, 3000, 4000):
        new = changed(LOGO, ICON, seed=version)
        offers(release, {**new, "main.py": b"%d" % version}, version, broken="main.py")
        fails(device)
    goes_back(release, old)
    fetches(device, release, LOGO)


def test_files_without_backup_stay_due_when_the_next_update_fails_too(device, release, old):
    offers(release, {**changed(LOGO, FONT), "main.py": b"new main"}, 2000, broken="main.py")
    fails(device)
    offers(release, {"lib/a.py": b"new a"}, 3000, broken="lib/a.py")
    fails(device)
    goes_back(release, old)
    fetches(device, release, LOGO, FONT)


def test_a_revert_makes_files_without_backup_due_again(device, release, old):
    offers(release, {**changed(LOGO, ICON), "main.py": b"new main"}, 2000)
    assert device.boot().reset
    assert device.call("revert_update").reset
    goes_back(release, old)
    fetches(device, release, LOGO, ICON)


def test_an_automatic_revert_makes_files_without_backup_due_again(device, release, old):
    offers(release, {**changed(LOGO, ICON), "main.py": b"new main"}, 2000)
    device.options["max_unconfirmed_boots"] = 1
    assert device.boot().reset
    assert [device.boot().reset for _ in range(2)] == [False, True]
    # Never again; but what is wrong on the device is put right by whatever comes.
    assert device.boot().reset is False
    goes_back(release, old)
    fetches(device, release, LOGO, ICON, given_up=True)


def test_a_file_without_backup_that_left_the_release_is_no_longer_due(device, release, old):
    offers(release, {**changed(LOGO, FONT), "main.py": b"new main"}, 2000, broken="main.py")
    fails(device)
    offers(release, {"lib/a.py": b"new a"}, 3000)
    made = json.loads(release.manifest)
    made["files"] = [file for file in made["files"] if file["path"] != LOGO]
    release.manifest = json.dumps(made)
    boot = device.boot()
    assert (boot.reset, boot.code, boot.updated) == (True, None, [FONT, "lib/a.py"])
    assert device.call("confirm_update", True).value is True
    boot = device.boot()
    assert (boot.reset, boot.code, boot.events) == (False, None, [])


def test_new_files_are_removed(device, release, old):
    """A file that was not there before needs no backup: the rollback takes it away."""
    offers(release, {"assets/new.png": b"new", "main.py": b"new main"}, 2000, broken="main.py")
    fails(device)
    release.remove("assets/new.png")
    goes_back(release, old)
    assert device.app() == release.tree()
    boot = device.boot()
    assert (boot.reset, boot.code, boot.events) == (False, None, [])


def test_a_file_skipped_by_an_extension_in_another_case_is_fetched(device, release):
    """Skip lists know no case, paths do."""
    device.adopt(release, {"A.PNG": b"old", "a.py": b"old"})
    old = release.builder.generate_manifest()
    release.put_all({"A.PNG": b"new", "a.py": b"new"}, 2000)
    release.manifest = release.builder.generate_manifest()
    release.put("a.py", b"broken", 2000)
    fails(device)
    release.put_all({"A.PNG": b"old", "a.py": b"old"}, 1000)
    release.manifest = old
    fetches(device, release, "A.PNG")


def test_files_fetched_for_lack_of_a_backup_are_checked_like_any_other(device, release, old):
    """A file that is due for this reason is checked like any other."""
    offers(release, {**changed(LOGO, FONT), "main.py": b"new main"}, 2000, broken="main.py")
    fails(device)
    goes_back(release, old)
    release.put(LOGO, b"something else", 1000)
    fails(device)
    goes_back(release, old)
    assert device.boot().reset is False
    fetches(device, release, LOGO, FONT)


def test_http_fs_mode_fetches_what_differs(crawler):
    crawler.options["backup_skip_extensions"] = (".bin",)
    crawler.put({"a.bin": b"old"})
    crawler.offer({"a.bin": b"new"})
    crawler.list_missing("zz.py")
    boot = crawler.boot()
    assert (boot.reset, boot.code) == (True, "http_fs_failed")
    (crawler.served / "zz.py").unlink()
    crawler.offer({"a.bin": b"old"})
    crawler.succeeds()
    crawler.confirms()
    assert crawler.files()["a.bin"] == b"old"
    crawler.has_nothing_to_do()


def test_after_a_power_loss_in_a_failing_update_the_old_files_are_fetched(flash, release):
    """Wherever that was: what is not the old release's is fetched when the server goes back."""
    old = adopted(flash, release)
    offers(release, {**changed(LOGO, FONT), "main.py": b"new main"}, 2000, broken="main.py")
    broken = release.manifest
    for write in cuts(flash, flash.boot, 24):
        for _ in range(4):
            if not flash.boot(**OFFLINE).reset:
                break
        app = flash.app()
        torn = [path for path in SKIPPED if app[path] != OLD[path]]
        goes_back(release, old)
        for _ in range(3):
            boot = flash.boot()
            if boot.reset:
                assert flash.state() == "confirm_pending"
                assert flash.call("confirm_update", True).value is True
        assert flash.app() == release.tree(), (write, torn)
        release.put("main.py", b"something else", 2000)
        release.put_all(changed(LOGO, FONT), 2000)
        release.manifest = broken
