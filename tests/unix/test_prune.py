"""The delete policies: which files of the device that the manifest does not name are deleted."""

import json
import re
import shutil
from pathlib import Path

import pytest
from own_files import ENDINGS
from pruning import EXTRAS, RELEASE, deleted, manifest_of, policy
from servers import PythonServer
from support import only_files

PYTHON = {"old.py", "lib/deep/er/one.py"}


@pytest.fixture
def extras(device, release):
    """A device with RELEASE of old and EXTRAS; RELEASE waits on the server."""
    device.put({**EXTRAS, "main.py": b"old main", "lib/a.py": b"old a"})
    release.put_all(RELEASE)


def prunes(device, name, extensions, expected):
    """Boot: exactly these of EXTRAS are deleted and reported; returns the boot."""
    before = only_files(device.app())
    boot = device.boot(**policy(name, extensions))
    assert (boot.reset, boot.code) == (True, None), (boot.message, boot.log)
    assert deleted(boot, name) == sorted(expected)
    after = only_files(device.app())
    assert after == {
        **{path: data for path, data in before.items() if path not in expected},
        **RELEASE,
    }
    assert device.state() == "confirm_pending"
    return boot


# -- which files --


def test_policy_never_deletes_nothing(device, extras):
    prunes(device, "never", (".py",), ())


def test_policy_all_deletes_every_extra_file_and_each_emptied_folder(device, extras):
    prunes(device, "all", None, EXTRAS)
    assert set(device.app()) == {*RELEASE, "lib/", "www/"}


def test_policy_custom_extensions_deletes_only_the_extensions_given(device, extras):
    prunes(device, "custom_extensions", (".log", ".py"), {*PYTHON, "logs/x.log"})


def test_policy_manifest_extensions_deletes_only_what_both_lists_have(device, extras):
    """The manifest has .py and .html: .log is only allowed, .html only in the manifest."""
    device.put({"spare.html": b"x"})
    prunes(device, "manifest_extensions", [".py", ".log"], PYTHON)


def test_an_extension_that_only_the_manifest_has_deletes_nothing(device, extras):
    device.put({"spare.html": b"x"})
    prunes(device, "manifest_extensions", (".log",), ())


def test_extensions_in_the_manifest_match_in_any_case(device, release):
    device.put({"old.py": b"", "OLD.PY": b""})
    release.put_all({"MAIN.Py": b""})
    assert deleted(
        device.boot(**policy("manifest_extensions", ("py",))), "manifest_extensions"
    ) == [
        "OLD.PY",
        "old.py",
    ]


@pytest.mark.parametrize("extension", [".py", "py", "PY", ".Py"])
@pytest.mark.parametrize("name", ["custom_extensions", "manifest_extensions"])
def test_extensions_match_in_any_case_with_or_without_a_dot(device, release, extension, name):
    names = ["a.py", "b.PY", "c.Py", "d.pyc", "epy", "py", ".py", "f.py.txt", "g/h.pY", "i.py/j"]
    device.put({path: b"x" for path in names})
    release.put_all({"main.py": b""})
    boot = device.boot(**policy(name, (extension,)))
    assert deleted(boot, name) == [".py", "a.py", "b.PY", "c.Py", "g/h.pY"]


def test_an_extension_of_two_parts_matches_only_names_with_both(device, release):
    device.put({"a.tar.gz": b"", "b.gz": b"", "tar.gz": b""})
    release.put_all({"main.py": b""})
    boot = device.boot(**policy("custom_extensions", ("tar.gz",)))
    assert deleted(boot, "custom_extensions") == ["a.tar.gz"]


@pytest.mark.parametrize("name", ["custom_extensions", "manifest_extensions"])
@pytest.mark.parametrize("nothing", [None, (), [], ("",)], ids=str)
def test_without_an_allowlist_nothing_is_deleted(device, extras, name, nothing):
    boot = prunes(device, name, nothing, ())
    warnings = [line for line in boot.log.splitlines() if "warning" in line]
    assert len([line for line in warnings if "not_in_manifest_extensions" in line]) == 1


@pytest.mark.parametrize("name", ["", "ALL", "everything", None, 1])
def test_an_unknown_policy_deletes_nothing(device, extras, name):
    prunes(device, name, (".py",), ())


# -- when --


TELL = """
def on_event(name, details):
    try:
        with open("versions.json") as file:
            local = json.load(file)["version"]
    except OSError:
        local = None
    with open("ota_state.txt") as file:
        say(step=name, path=details.get("path"), local=local, state=file.read())

call(make(progress_callback=on_event), "check_and_perform_ota")
"""


def test_deletion_is_after_the_downloads_and_before_the_local_manifest(device, release):
    device.adopt(release, {"main.py": b"old", "gone.py": b"gone"})
    release.remove("gone.py")
    release.put_all({"main.py": b"new", "z.py": b"z"})
    device.options.update(policy("all"))
    boot = device.execute(TELL)
    assert boot.reset and boot.code is None, boot.message
    steps = [line for line in boot.said if line["step"] != "update_start"]
    names = [line["step"] for line in steps]
    assert names[-3:] == ["file_update_done", "file_delete_extra", "update_applied"]
    assert names.count("file_delete_extra") == 1
    assert steps[-2] == {
        "step": "file_delete_extra",
        "path": "gone.py",
        "local": 1000,
        "state": "installing",
    }
    assert (steps[-1]["local"], steps[-1]["state"]) == (2000, "confirm_pending")


def test_each_extra_is_in_the_backup(device, extras):
    """Skip lists or not."""
    prunes(device, "all", None, EXTRAS)
    tree = device.tree()
    for path, content in EXTRAS.items():
        assert tree["saguarota_backup/" + path] == content


@pytest.mark.parametrize("failure", ["missing", "wrong"])
def test_a_failing_download_deletes_nothing(device, release, extras, failure):
    before = device.tree()
    release.manifest = release.builder.generate_manifest()
    if failure == "missing":
        release.remove("www/page.html")
    else:
        release.put("www/page.html", b"other", 2000)
    boot = device.boot(**policy("all"))
    assert boot.code == ("download_failed" if failure == "missing" else "md5_mismatch")
    assert boot.reset and not boot.named("file_delete_extra")
    assert device.undone() == {**before, "ota_state.txt": b"idle"}


def test_where_nothing_is_due_nothing_is_deleted(device, release):
    device.adopt(release, RELEASE)
    device.put(EXTRAS)
    before = device.tree()
    boot = device.boot(**policy("all"))
    assert (boot.reset, boot.code, boot.events) == (False, None, [])
    assert device.tree() == before


@pytest.mark.parametrize("forced", [False, True])
def test_a_new_version_without_due_files_deletes_all_the_same(device, release, forced):
    release.put_all(RELEASE, 1000)
    device.adopt(release, RELEASE)
    device.put(EXTRAS)
    before = device.tree()
    if not forced:
        manifest = json.loads(release.builder.generate_manifest())
        release.manifest = json.dumps({**manifest, "version": 5000})
    boot = device.boot(force_update=forced, **policy("all"))
    assert boot.reset and deleted(boot, "all") == sorted(EXTRAS)
    assert boot.updated == (sorted(RELEASE) if forced else [])
    assert only_files(device.app()) == RELEASE
    assert device.call("revert_update").reset
    assert device.tree() == before


def test_an_empty_manifest_deletes_every_file(device, release):
    device.put(EXTRAS)
    release.manifest = '{"version": 1, "files": []}'
    boot = device.boot(**policy("all"))
    assert boot.reset and deleted(boot, "all") == sorted(EXTRAS)
    assert device.app() == {}


def test_an_unsorted_manifest_deletes_exactly_the_extra_files(device, release, extras):
    release.manifest = manifest_of(dict(reversed(sorted(RELEASE.items()))), 2000)
    prunes(device, "all", None, EXTRAS)


def test_http_fs_mode_deletes_nothing(device, release, extras, serve):
    server = serve(PythonServer, release.folder)
    before = only_files(device.app())
    boot = device.boot(recurse_http_fs=True, base_file_url=server.url, **policy("all"))
    assert boot.reset and not boot.named("file_delete_extra")
    assert only_files(device.app()) == {**before, **RELEASE}


# -- folders --


def test_only_folders_that_the_deletions_empty_are_removed(device, release):
    release.put_all({"main.py": b""})
    for folder in ("empty/before", "lib/some/empty", "logs"):
        (device.folder / folder).mkdir(parents=True)
    device.put({"lib/x.py": b"", "logs/a/b/c.txt": b"", "data/keep.bin": b"", "data/a/x.py": b""})
    before = device.tree()
    boot = device.boot(**policy("custom_extensions", ("py", "txt")))
    assert boot.reset
    assert set(device.app()) == {
        *("main.py", "data/", "data/keep.bin"),
        *("empty/", "empty/before/", "lib/", "lib/some/", "lib/some/empty/"),
    }
    assert device.call("revert_update").reset
    assert device.tree() == {**before, "ota_state.txt": b"idle"}


# -- where --


@pytest.mark.parametrize("destination", ["app", "./app/", "app/sub/.."])
def test_a_destination_is_the_scope(device, release, destination):
    outside = {path: b"outside " + content for path, content in EXTRAS.items()}
    device.put(outside)
    device.put({**EXTRAS, "boot.py": b"not the one that starts"}, "app")
    (device.folder / "app/sub").mkdir()
    release.put_all(RELEASE)
    boot = device.boot(dest_dir=destination, **policy("all"))
    assert boot.reset and deleted(boot, "all") == sorted([*EXTRAS, "boot.py"])
    assert only_files(device.app()) == {
        **outside,
        **{"app/" + path: content for path, content in RELEASE.items()},
    }


def test_a_destination_with_nothing_else_in_it_stays(device, release):
    device.put({"app/x/y.py": b""})
    release.manifest = '{"version": 1, "files": []}'
    boot = device.boot(dest_dir="app", **policy("all"))
    assert boot.reset and deleted(boot, "all") == ["x/y.py"]
    assert device.app() == {"app/": None}


def test_a_new_dest_dir_deletes_nothing(device, release):
    device.put(EXTRAS)
    release.put_all(RELEASE)
    boot = device.boot(dest_dir="app", **policy("all"))
    assert boot.reset and deleted(boot, "all") == []


@pytest.mark.usefixtures("insides")
@pytest.mark.parametrize("where", ["", "app/", "app/deep/"])
@pytest.mark.parametrize("names", [{}, {"state": "s", "local": "m.json", "application": "cactus"}])
def test_own_files_are_never_found(device, release, where, names):
    """Asked of the updater, as some of them are removed or renewed by any update."""
    state = where + names.get("state", "ota_state.txt")
    local = where + names.get("local", "versions.json")
    app = where + names.get("application", "saguarota") + "_backup"
    device.options.update(
        ota_state_file=state, local_manifest_file=local, application_name=app[: -len("_backup")]
    )
    if where:
        device.options["dest_dir"] = "app"
    (device.folder / where).mkdir(parents=True, exist_ok=True)
    # The part files are in the destination, whatever the application's name.
    made = device.execute("say(part=make()._transaction.part)").said[0]["part"]
    folders = {where, "app/" if where else ""}
    own = [state, local, app]
    own += [f"{folder}{Path(made).stem}.{end}" for folder in folders for end in (*ENDINGS, "xyz")]
    said = device.execute(
        "from _saguarota import extra\n"
        "from saguarota.reserved import reserved\n"
        "own = reserved(make()._transaction)\n"
        f"for path in {own!r}:\n"
        f"    path = path[{len('app/') if where else 0}:]\n"
        "    for name in (path, path + '/x', path.upper()):\n"
        "        say(path=name, extra=extra(bytearray(0), False, own, name))\n"
        "    say(path=path + 'x', extra=extra(bytearray(0), False, own, path + 'x'))\n"
    ).said
    assert len(said) == 4 * len(own)
    for line in said:
        path = line["path"]
        # All that begins as the part file does is the updater's, whatever its ending.
        other = path.endswith("x") and not path.endswith("/x") and Path(made).stem not in path
        assert line["extra"] is other, line


@pytest.mark.parametrize("where", ["", "app/", "app/deep/"])
def test_own_files_outlive_every_policy(device, release, where):
    device.options.update(
        ota_state_file=where + "s",
        local_manifest_file=where + "m.json",
        application_name=where + "cactus",
        dest_dir="app" if where else ".",
    )
    release.put_all({"main.py": b"one"}, 1000)
    root = "app" if where else "."
    device.put({"x/y.py": b"extra"}, root)
    assert device.boot().reset
    assert device.call("confirm_update").value is True
    before = device.tree()
    release.put_all({"main.py": b"two"}, 2000)
    boot = device.boot(**policy("all"))
    assert boot.reset and deleted(boot, "all") == ["x/y.py"]
    tree = device.tree()
    assert tree[where + "s"] == b"confirm_pending" and b"2000" in tree[where + "m.json"]
    (old,) = [path for path in tree if path.endswith(".old")]
    assert tree[old] == before[where + "m.json"]
    stem = old[: -len("old")]
    assert re.fullmatch(where + r"ota[0-9a-f]{5}\.", stem)
    assert {stem + "jrn", stem + "prg"} <= set(before)
    assert device.call("revert_update").reset
    tree = device.tree()
    assert not any("cactus" in path or path.startswith(stem) for path in tree)
    backup = (where + "cactus", stem)
    assert tree == {path: data for path, data in before.items() if not path.startswith(backup)}


@pytest.mark.dist
@pytest.mark.parametrize("root", ["lib", ".", "app/lib"])
@pytest.mark.parametrize("absolute", [False, True])
def test_the_updater_itself_and_boot_py_stay(device, release, dist, root, absolute):
    ignored = shutil.ignore_patterns("package.json")
    shutil.copytree(dist, device.folder / root, dirs_exist_ok=True, ignore=ignored)
    device.put({"boot.py": b"starts", "main.py": b"old", "lib/boot.py": b"", "lib/other.mpy": b""})
    device.sys_path = [str(device.folder / root) if absolute else "" if root == "." else root]
    before = only_files(device.app())
    gone = ["lib/boot.py", "lib/other.mpy"]
    release.put_all(RELEASE)
    boot = device.boot(**policy("all"))
    assert boot.reset, boot.log
    assert deleted(boot, "all") == gone
    stays = {path: data for path, data in before.items() if path not in gone}
    assert only_files(device.app()) == {**stays, **RELEASE}
    # What is left still works.
    assert device.call("confirm_update", True).value is True
    release.put_all(RELEASE, 3000)
    boot = device.boot(**policy("all"))
    assert boot.reset and deleted(boot, "all") == []
