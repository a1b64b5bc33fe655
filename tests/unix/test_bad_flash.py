"""Flash that cannot be written: read-only, full at each point of an update, with I/O errors."""

import json
import os

import pytest
from pruning import manifest_of, policy
from servers import PythonServer
from support import OFFLINE, application

OLD = {"main.py": b"old main" * 2500, "lib/a.py": b"old a", "lib/b.py": b"old b"}
NEW = {"main.py": b"new", "lib/a.py": b"new a" * 300, "new/one.py": b"1"}
ENOSPC = "OSError: [Errno 28] ENOSPC"
EIO, EROFS = 5, 30
FOR_EVER = 1 << 30


@pytest.fixture
def old(flash, release):
    """The tree of a device on OLD, confirmed; NEW waits on the server."""
    flash.put({"own.txt": b"own"})
    tree = flash.adopt(release, OLD)
    release.put_all(NEW)
    return tree


def updates(flash, release):
    """The device takes the release whole."""
    boot = flash.boot()
    assert (boot.reset, boot.code) == (True, None), (boot.message, boot.log)
    assert flash.app().items() >= release.tree().items()
    assert flash.state() == "confirm_pending"


# -- read-only --


@pytest.fixture(params=["mounted", "device"])
def locked(request, flash, old):
    """The device on OLD: mounted read-only, or with a disk that refuses each write."""
    if request.param == "mounted":
        flash.readonly = True
    else:
        flash.fails = (EROFS, 0, FOR_EVER)
    return flash


def unlock(flash):
    flash.readonly, flash.fails = False, None


def test_an_update_on_read_only_flash_is_refused_and_changes_nothing(locked, release, old):
    for _ in range(2):
        boot = locked.boot()
        assert (boot.reset, boot.code) == (False, "manifest_fetch_failed"), boot.message
        assert boot.message.startswith("writing otac14f2.new: OSError: ")
        assert locked.readonly <= boot.message.endswith(f"OSError: {EROFS}")
        assert release.fetched.count("main.py") == 1 and boot.events == []
        assert locked.tree() == old
    unlock(locked)
    updates(locked, release)


def test_a_check_with_nothing_due_succeeds_on_read_only_flash(locked, release, old):
    release.manifest = old["versions.json"].decode()
    boot = locked.boot()
    assert (boot.reset, boot.code, boot.events) == (False, None, [])
    assert locked.tree() == old


def test_http_fs_mode_on_read_only_flash_fails_and_changes_nothing(locked, release, old, serve):
    server = serve(PythonServer, release.folder)
    boot = locked.boot(recurse_http_fs=True, base_file_url=server.url)
    assert (boot.reset, boot.code) == (False, "http_fs_failed"), boot.message
    assert boot.message.startswith("writing otac14f2.lst: OSError: ")
    assert locked.tree() == old


@pytest.mark.parametrize("how", ["mounted", "device"])
def test_a_rollback_waits_until_read_only_flash_is_writable_again(flash, release, old, how):
    """It has to wait; the device starts none the less."""
    assert flash.boot(kill_at=6).killed
    before = flash.tree()
    flash.readonly = how == "mounted"
    flash.fails = None if flash.readonly else (EROFS, 0, FOR_EVER)
    for _ in range(2):
        boot = flash.boot()
        assert (boot.reset, boot.code) == (False, "apply_failed"), boot.message
        assert flash.tree() == before and flash.state() == "installing"
    unlock(flash)
    assert flash.boot().reset
    assert flash.tree() == old
    updates(flash, release)


CALLS = """
for name in ("confirm_update", "revert_update", "cleanup_files"):
    try:
        call(make(), name)
        say(raised=None)
    except OSError as e:
        say(raised=name)
"""


def test_methods_that_must_write_to_read_only_flash_raise_and_change_nothing(flash, release, old):
    assert flash.boot().reset
    before = flash.tree()
    flash.readonly = True
    said = flash.execute(CALLS).said
    # Nothing to clean up before the confirmation.
    raised = [line["raised"] for line in said]
    assert raised == ["confirm_update", "revert_update", None]
    assert flash.tree() == before
    unlock(flash)
    assert flash.call("confirm_update").value is True
    before = flash.tree()
    flash.readonly = True
    said = flash.execute(CALLS).said
    assert [line["raised"] for line in said] == [None, "revert_update", "cleanup_files"]
    assert flash.tree() == before
    unlock(flash)
    assert flash.call("revert_update").reset
    assert flash.tree() == old


# -- full --


def fails(flash, old, code, message, reset=False, **options):
    """Boot, twice: this error, and the old tree is back. `reset`: whether the install was begun,
    so that the release waits after each."""
    for _ in range(2):
        boot = flash.boot(**options)
        assert (boot.reset, boot.code) == (reset, code), (boot.message, boot.log)
        assert boot.message == f"{message}: {ENOSPC}"
        is_back(flash, old, reset, **options)
    return boot


def is_back(flash, old, waits, **options):
    """The old tree is there. `waits`: the release that failed does so, until the next boot."""
    assert (flash.undone() if waits else flash.tree()) == old and flash.state() == "idle"
    if waits:
        flash.waits(**options)


def recovers(flash, release):
    """With room again, the device takes the release."""
    flash.remove("filler.bin")
    updates(flash, release)


def filled(flash, size):
    """Fill the flash but for `size` bytes; returns the tree."""
    flash.leave(size)
    return flash.tree()


def test_flash_too_full_for_the_manifest_keeps_the_old_release(flash, release, old):
    release.manifest = manifest_of({f"f/{number:03}.py": b"" for number in range(200)}, 2000)
    old = filled(flash, 6000)
    fails(flash, old, "manifest_fetch_failed", "writing otac14f2.new")
    release.manifest = None
    recovers(flash, release)


@pytest.mark.parametrize("size", [3072, 3584, 4096, 4608, 5120])
def test_nearly_full_flash_is_reported_and_keeps_the_old_release(flash, release, old, size):
    """With next to nothing left, for a manifest of a few hundred bytes."""
    old = filled(flash, size)
    boot = flash.boot()
    assert boot.code in ("manifest_fetch_failed", "apply_failed")
    # FAT says EACCES where there is no space for a new folder.
    assert any(word in boot.message for word in ("ENOSPC", "EACCES", "is full"))
    # With so little room not even a boot may be counted off.
    assert (flash.undone() if boot.reset else flash.tree()) == old and flash.state() == "idle"
    flash.remove("filler.bin")
    if boot.reset:
        flash.waits()
    updates(flash, release)


def test_flash_too_full_for_the_journal_keeps_the_old_release(flash, release, old):
    files = {f"{'folder' * 20}/{number:03}.py": b"" for number in range(100)}
    entries = [{"path": path, "version": 2000} for path in files]
    release.manifest = json.dumps({"version": 2000, "files": entries})
    old = filled(flash, len(release.manifest) + 4096)
    boot = fails(flash, old, "apply_failed", "preparing the update")
    assert [name for name, _ in boot.events] == ["update_start"]
    release.manifest = None
    recovers(flash, release)


def test_flash_too_full_for_the_list_of_extra_files_keeps_the_old_release(flash, release, old):
    """As many names as one folder may have on FAT."""
    flash.put({f"extras/{'name' * 30}{number:03}.txt": b"" for number in range(60)})
    options = policy("all")
    old = filled(flash, 5000)
    fails(flash, old, "delete_extraneous_failed", "looking for extra files", **options)
    assert flash.boot(**policy("never")).reset


def test_flash_too_full_to_copy_the_local_manifest_keeps_the_old_release(flash, release, old):
    local = json.loads(old["versions.json"])
    flash.put({"versions.json": json.dumps({**local, "more": "x" * 20_000}).encode()})
    old = filled(flash, 8000)
    fails(flash, old, "apply_failed", "copying versions.json")
    recovers(flash, release)


def test_the_new_local_manifest_takes_its_space_once(flash, release, old):
    """It is renamed to its place: what is left need not hold it a second time."""
    made = json.loads(release.builder.generate_manifest())
    release.manifest = json.dumps({**made, "more": "x" * 20_000})
    flash.put({"main.py": b""})
    old = filled(flash, 34_000)
    updates(flash, release)
    assert flash.free() < 20_000
    assert flash.tree()["versions.json"].decode() == release.manifest
    assert flash.call("revert_update").reset
    assert flash.tree() == old


def test_flash_too_full_for_a_backup_brings_the_old_release_back(flash, release, old):
    old = filled(flash, 15_000)
    boot = fails(flash, old, "apply_failed", "installing main.py", reset=True)
    assert boot.updated == ["lib/a.py"]
    recovers(flash, release)


@pytest.mark.parametrize("resume", [False, True])
def test_flash_too_full_for_a_download_brings_the_old_release_back(flash, release, old, resume):
    """With a file before it that is longer in the old release."""
    big = os.urandom(200_000)
    release.put_all({"new/one.py": big})
    flash.options["resume_downloads"] = resume
    old = filled(flash, 60_000)
    boot = fails(flash, old, "apply_failed", "writing new/one.py", reset=True)
    assert boot.updated == ["lib/a.py", "main.py"]
    assert len(boot.named("download_attempt")) == 3
    release.put_all({"new/one.py": big[:100_000]}, 3000)
    recovers(flash, release)


def test_what_is_left_of_a_download_makes_space_for_the_rollback(flash, release, old):
    """What is kept for later may take what a backup needs, at first, and then what the files of
    before do: main.py was longer."""
    release.put_all({"new/one.py": os.urandom(30_000)})
    flash.options["resume_downloads"] = True
    cut = release.folder / "new/one.py"
    whole = cut.read_bytes()
    # As after a download that was cut: what resume.py has written until then.
    md5 = json.loads(release.builder.generate_manifest())["files"][2]["md5"]
    side = f"{release.url}new/one.py\n{md5}\n\n".encode()
    flash.put({"otac14f2.res": side, "otac14f2.cut": whole[:29_000]})
    flash.leave(36_000)
    assert flash.boot(kill_at=7).killed
    assert flash.state() == "installing" and len(flash.tree()["main.py"]) == 3
    flash.fill("filler2.bin", flash.free() - 1024)
    assert flash.boot(**OFFLINE).reset
    assert flash.state() == "idle"
    app = application(flash.tree())
    assert {path: app[path] for path in OLD} == OLD
    assert not [path for path in flash.tree() if path.startswith("saguarota_backup")]


def test_what_is_left_of_a_download_does_not_bar_updates(flash, release, old):
    """It is given up where the flash is full, be it by the manifest or by a backup."""
    flash.options["resume_downloads"] = True
    side = f"{release.url}gone.py\n{'0' * 32}\n\n".encode()
    files = {"otac14f2.res": side, "otac14f2.cut": bytes(40_000)}
    for room in (3000, 8000, 15_000, 24_000):
        flash.put(files)
        flash.leave(room)
        boot = flash.boot()
        if boot.code:
            assert "ENOSPC" in boot.message
            if boot.reset:
                flash.waits()
            boot = flash.boot()
        assert (boot.reset, boot.code) == (True, None), (room, boot.message)
        assert flash.call("revert_update").reset
        flash.remove("filler.bin")
        assert flash.app() == application(old)


@pytest.mark.parametrize("links", [40, 150])
def test_flash_too_full_for_the_http_fs_list_keeps_the_old_release(
    flash, release, old, serve, links, tmp_path
):
    served = tmp_path / "served"
    (served / "deep").mkdir(parents=True)
    for number in range(links):
        (served / "deep" / f"{'name' * 40}{number:03}.py").write_bytes(b"")
    (served / "main.py").write_bytes(b"served")
    server = serve(PythonServer, served)
    options = {"recurse_http_fs": True, "base_file_url": server.url}
    old = filled(flash, 5000)
    fails(flash, old, "http_fs_failed", "writing otac14f2.lst", **options)
    flash.remove("filler.bin")
    (served / "deep").rename(tmp_path / "away")
    boot = flash.boot(**options)
    assert (boot.reset, boot.updated) == (True, ["main.py"])


def test_flash_too_full_for_a_listed_file_brings_the_old_release_back(flash, old, serve, tmp_path):
    served = tmp_path / "served"
    served.mkdir()
    (served / "a.py").write_bytes(b"a")
    (served / "big.py").write_bytes(bytes(100_000))
    server = serve(PythonServer, served)
    options = {"recurse_http_fs": True, "base_file_url": server.url, "strict_http_fs": False}
    old = filled(flash, 40_000)
    fails(flash, old, "apply_failed", "writing big.py", reset=True, **options)


@pytest.mark.parametrize("flash", ["fat"], indirect=True)
def test_a_state_write_that_runs_out_of_space_leaves_nothing_behind(flash, release, old):
    """Where there is room for all but that."""
    release.put_all({"lib/a.py": b"", "new/one.py": b""})
    flash.put({"main.py": b""})
    for blocks in range(1, 16):
        flash.leave(512 * blocks)
        full = flash.tree()
        boot = flash.boot()
        if boot.code is None:
            assert flash.call("revert_update").reset
        elif boot.reset:
            assert flash.undone() == full
            flash.forgets()
        else:
            assert flash.tree() == full
        flash.remove("filler.bin")
    assert boot.code is None


# -- I/O errors --

POINTS = 6


@pytest.mark.parametrize("end", ["once", "from then on"])
@pytest.mark.parametrize("action", ["update", "rollback", "revert_update"])
def test_failing_block_writes_leave_the_old_or_the_new_release_whole(
    flash, release, old, action, end
):
    """Some points of an action, spread over all of its block writes: the tree is the old one or
    the new one, in this boot or after the next."""
    flash.put({"extra.py": b"extra"})
    old = flash.app()
    flash.options.update(policy("custom_extensions", ("py",)))
    assert action == "update" or flash.boot(kill_at=11 if action == "rollback" else None).events
    image = flash.path.read_bytes()
    name = "revert_update" if action == "revert_update" else "check_and_perform_ota"
    writes = flash.run([name]).writes
    assert writes > POINTS
    outcomes = set()
    for number in range(0, writes, max(1, writes // POINTS)):
        flash.path.write_bytes(image)
        flash.fails = (EIO, number, number + 1 if end == "once" else FOR_EVER)
        boot = flash.execute(f"call(make(), {name!r})")
        flash.fails = None
        raised = "OSError" in boot.log and name == "revert_update"
        assert boot.status == 0 or raised, boot.log
        if boot.calls and boot.code:
            assert boot.message, boot.log
        boot = flash.boot(**OFFLINE)
        assert boot.status == 0, boot.log
        # Without a state file it is idle. FAT's rename may fail between the two names of one.
        assert flash.state() in ("idle", "confirm_pending", None)
        app = flash.app()
        new = {**old, **NEW, "new/": None}
        del new["extra.py"]
        assert app in (old, new), f"write {number} of {writes}"
        assert app == old or flash.state() == "confirm_pending", f"write {number} of {writes}"
        outcomes.add(app == new)
    assert False in outcomes
    assert action != "rollback" or outcomes == {False}


@pytest.mark.parametrize("flash", ["littlefs"], indirect=True)
def test_a_rename_that_fails_takes_no_other_file_along(flash, release, old):
    """Each of the last writes of an update, that of the manifest's new name among them, which
    littlefs has to take back."""
    image = flash.path.read_bytes()
    writes = flash.boot().writes
    failed = 0
    for number in range(writes - 12, writes):
        flash.path.write_bytes(image)
        flash.fails = (EIO, number, number + 1)
        boot = flash.boot()
        flash.fails = None
        assert boot.reset, f"write {number} of {writes}"
        if boot.code:
            failed += boot.message == "finishing the update: OSError: [Errno 5] EIO"
            assert flash.undone() == old, f"write {number} of {writes}: {boot.message}"
        else:
            assert flash.app().items() >= release.tree().items()
    assert failed
