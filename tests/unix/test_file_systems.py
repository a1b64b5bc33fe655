"""Updates on real littlefs and FAT, each boot a new process on the same image."""

import pytest
from fat import shared
from images import cuts
from support import OFFLINE, application

OLD = {"main.py": b"old main" * 200, "lib/a.py": b"old a", "lib/b.py": b"old b"}
NEW = {"main.py": b"new", "lib/a.py": b"new a" * 300, "lib/x/y/z.py": b"new z", "new/one.py": b"1"}
OWN = {"settings.json": b"{}", "lib/own.py": b"own"}
# update_start, three for each of the four new files, one for the file that stays, update_applied.
EVENTS = 1 + 3 * len(NEW) + 1 + 1


@pytest.fixture
def old(flash, release):
    """The tree of a device on a confirmed old release; the new one waits on the server."""
    flash.put(OWN)
    tree = flash.adopt(release, OLD)
    assert application(tree) == {**release.tree(), **OWN}
    release.put_all(NEW)
    return tree


def test_a_first_install_brings_the_whole_release_to_an_empty_device(flash, release):
    release.put("main.py", b"main", 1000).put("lib/deep/er/a.py", b"a" * 2000, 1000)
    boot = flash.boot()
    assert (boot.reset, boot.code) == (True, None)
    assert flash.app() == release.tree()
    assert flash.call("confirm_update", True).value is True
    boot = flash.boot()
    assert (boot.reset, boot.code, boot.events) == (False, None, [])


def test_an_update_keeps_a_backup_until_it_is_confirmed(flash, release, old):
    boot = flash.boot()
    assert (boot.reset, boot.code) == (True, None)
    assert flash.app() == {**release.tree(), **OWN}
    tree = flash.tree()
    for path in ("main.py", "lib/a.py"):
        assert tree["saguarota_backup/" + path] == OLD[path]
    boot = flash.run(["confirm_update", True], ["check_and_perform_ota"])
    assert [call["value"] for call in boot.calls] == [True, None]
    assert set(flash.tree()) - set(flash.app()) == {"ota_state.txt", "versions.json"}


def test_nothing_is_written_where_nothing_is_due(flash, release, old):
    assert flash.boot().reset
    assert flash.call("confirm_update", True).value is True
    before = flash.path.read_bytes()
    boot = flash.boot()
    assert (boot.code, boot.events) == (None, [])
    assert flash.path.read_bytes() == before


@pytest.mark.parametrize("event", range(1, EVENTS - 1, 2))
def test_a_power_loss_at_an_event_brings_the_old_tree_back(flash, release, old, event):
    assert flash.boot(kill_at=event).killed
    assert flash.state() == "installing"
    assert flash.boot().reset
    assert flash.tree() == old
    assert flash.boot().reset
    assert flash.app() == {**release.tree(), **OWN}


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_revert_restores_the_old_tree(flash, release, old, confirmed):
    assert flash.boot().reset
    assert flash.call("confirm_update").value is True or not confirmed
    assert flash.call("revert_update").reset
    assert flash.tree() == old
    assert flash.boot().reset
    assert flash.app() == {**release.tree(), **OWN}


def test_a_failed_download_brings_the_old_tree_back(flash, release, old):
    release.manifest = release.builder.generate_manifest()
    release.remove("new/one.py")
    boot = flash.boot()
    assert (boot.reset, boot.code) == (True, "download_failed")
    assert flash.undone() == old


def test_a_full_flash_brings_the_old_tree_back(flash, release, old):
    release.put("new/one.py", bytes(400_000), 2000)
    boot = flash.boot()
    assert (boot.reset, boot.code) == (True, "apply_failed")
    assert "new/one.py" in boot.message
    assert flash.undone() == old
    release.put("new/one.py", b"1", 3000)
    assert flash.boot().reset
    assert flash.app() == {**release.tree(), **OWN}


@pytest.mark.parametrize(
    ("used", "warns"), [(0.3, False), (0.55, False), (0.63, True), (0.75, True)]
)
def test_little_free_space_gives_a_warning(flash, release, used, warns):
    flash.fill("filler.bin", int(512 * 512 * used))
    release.put("main.py", b"main", 1000)
    boot = flash.boot()
    assert (boot.reset, boot.code) == (True, None)
    warnings = [line for line in boot.log.splitlines() if "warning" in line and "free" in line]
    assert len(warnings) == warns
    assert flash.app()["main.py"] == b"main"


def test_the_warning_comes_before_the_backup(flash, old):
    flash.fill("filler.bin", int(512 * 512 * 0.75))
    boot = flash.boot(kill_at=1)
    assert boot.killed and flash.state() == "installing"
    assert "warning: only" in boot.log
    assert "saguarota_backup/" not in flash.tree()


@pytest.mark.parametrize(
    "destination", [".", "/flash", "/flash/", "app", "app/", "./app", "/flash/app", "app/sub/"]
)
@pytest.mark.parametrize("exists", [True, False])
def test_an_update_goes_to_dest_dir_and_a_revert_restores_it(flash, release, destination, exists):
    where = destination.replace("/flash", "").replace(".", "").strip("/")
    where = where and where + "/"
    if exists:
        flash.put({where + "own.txt": b"own"})
    before = flash.tree()
    release.put("main.py", b"main", 1000).put("lib/a.py", b"a", 1000)
    flash.options["dest_dir"] = destination
    boot = flash.boot()
    assert (boot.reset, boot.code) == (True, None), boot.message
    tree = flash.tree()
    assert (tree[where + "main.py"], tree[where + "lib/a.py"]) == (b"main", b"a")
    assert flash.call("revert_update").reset
    assert flash.tree() == {**before, "ota_state.txt": b"idle"}


# -- power cuts at block writes --


CUTS = 12


@pytest.mark.parametrize("what", ["update", "rollback", "revert"])
def test_cuts_at_block_writes_leave_old_or_new(flash, release, old, what):
    """Some of the cut points of an action, spread over all of its block writes."""
    if what == "rollback":
        assert flash.boot(kill_at=EVENTS - 2).killed
    elif what == "revert":
        assert flash.boot().reset
    new = {**release.tree(), **OWN}

    def action():
        return flash.call("revert_update") if what == "revert" else flash.boot()

    for cut in cuts(flash, action, CUTS):
        boot = flash.boot(**OFFLINE)
        assert boot.status == 0, boot.log
        app = flash.app()
        assert app in (application(old), new), f"cut at {cut}"
        if app == new:
            assert what != "rollback" and flash.call("confirm_update").value is True


SPELLINGS = ("OTA_STATE.TXT", "Versions.json", "ota_state.txt.", "versions.json ")


@pytest.mark.parametrize("path", SPELLINGS)
def test_own_files_are_not_installed_under_another_spelling(flash, release, path):
    """FAT knows no case, and drops dots and blanks at the end of a name."""
    release.put("main.py", b"main", 1000)
    assert flash.run(["check_and_perform_ota"]).reset
    assert flash.call("confirm_update", True).value is True
    before = flash.tree()
    release.put(path, b"nonsense", 1000)
    release.offer(path, 2000)
    boot = flash.boot()
    tree = flash.tree()
    if boot.code is None:
        # Another file than the updater's, where the file system tells the names apart.
        assert tree[path] == b"nonsense"
        del tree[path]
        assert tree["ota_state.txt"] == b"confirm_pending"
        assert b"2000" in tree["versions.json"]
    else:
        assert (boot.code, boot.reset, tree) == ("manifest_fetch_failed", False, before)


def test_cuts_never_tear_a_file_without_backup(flash, release):
    """Every cut point of an update of one file that the skip lists cover."""
    old, new = b"P" * 700, b"Q" * 900
    flash.adopt(release, {"assets/p.png": old})
    release.put("assets/p.png", new, 2000)
    seen = set()
    for cut in cuts(flash, flash.boot):
        flash.boot(**OFFLINE)
        content = flash.app()["assets/p.png"]
        assert content in (old, new), f"cut at {cut}"
        seen.add(content)
    assert seen == {old, new}


@pytest.mark.parametrize("flash", ["fat"], indirect=True)
def test_cuts_leave_no_clusters_of_two_files(flash, release):
    """In a root folder of several sectors, where a rename takes two writes: every cut point of an
    update, its confirmation and its clean-up."""
    flash.put({f"data/log{number:02}": b"%d" % number * 300 for number in range(12)})
    flash.put({f"settings{number}.json": b"{}" for number in range(6)})
    flash.adopt(release, {"app.py": b"old" * 300})
    release.put("app.py", b"new" * 400, 2000).put("lib/more.py", b"more" * 200, 2000)
    for action in (flash.boot, lambda: flash.call("confirm_update", True)):
        for _ in cuts(flash, action):
            for _ in range(2):
                flash.boot(**OFFLINE)
            flash.check_clusters()
    assert flash.app()["lib/more.py"] == b"more" * 200


@pytest.mark.parametrize("flash", ["fat"], indirect=True)
def test_two_names_for_one_chain_would_be_seen(flash):
    """The test's own test."""
    flash.put({"one.txt": b"1" * 600, "two.txt": b"2" * 600})
    image = bytearray(flash.path.read_bytes())
    assert shared(image) == set()
    one, two = image.index(b"ONE     TXT"), image.index(b"TWO     TXT")
    image[two + 26 : two + 28] = image[one + 26 : one + 28]
    assert len(shared(image)) == 1
