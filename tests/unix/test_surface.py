"""What a user's code sees of the package: names, values, release(), the reset."""

import re
import subprocess

import pytest
from saguarota.py3utils.tree import OWN_NAMES, OWN_PREFIX

CONSTANTS = {
    "OTAState": {"IDLE": "idle", "INSTALLING": "installing", "CONFIRM_PENDING": "confirm_pending"},
    "OTAErrorCode": {
        "MANIFEST_FETCH": "manifest_fetch_failed",
        "MANIFEST_SIGNATURE": "manifest_signature_invalid",
        "DOWNLOAD": "download_failed",
        "MD5": "md5_mismatch",
        "APPLY": "apply_failed",
        "HTTP_FS": "http_fs_failed",
        "DELETE_EXTRAS": "delete_extraneous_failed",
    },
    "OTADeletePolicy": {
        "NEVER": "never",
        "MANIFEST_EXTENSIONS": "manifest_extensions",
        "CUSTOM_EXTENSIONS": "custom_extensions",
        "ALL": "all",
    },
    "OTAUpdater": {
        "OTA_STATE_FILE": "ota_state.txt",
        "LOCAL_MANIFEST_FILE": "versions.json",
        "APPLICATION_NAME": "saguarota",
        "last_error_code": None,
        "last_error_message": None,
        "DEFAULT_BACKUP_SKIP_EXTENSIONS": [
            *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".rgb565"),
            *(".raw", ".bin", ".ttf", ".otf", ".woff"),
        ],
        "DEFAULT_BACKUP_SKIP_PREFIXES": ["assets/", "static/", "media/", "images/", "fonts/"],
    },
}
CONFIRM_PENDING = {"ota_state.txt": b"confirm_pending"}
INSTALLING = {"ota_state.txt": b"installing"}


@pytest.mark.parametrize("name", CONSTANTS)
def test_the_public_constants_have_their_documented_values(device, name):
    boot = device.execute(f"for n in {list(CONSTANTS[name])!r}: say(n=n, v=getattr({name}, n))")
    assert {line["n"]: line["v"] for line in boot.said} == CONSTANTS[name]


def test_all_policies_has_every_delete_policy(device):
    boot = device.execute("say(all=OTADeletePolicy.ALL_POLICIES)")
    assert sorted(boot.said[0]["all"]) == sorted(CONSTANTS["OTADeletePolicy"].values())


@pytest.mark.dist
@pytest.mark.parametrize("interpreter", ["micropython", "other_micropython"])
def test_one_folder_on_the_path_is_enough(request, device, interpreter):
    device.interpreter = request.getfixturevalue(interpreter)
    boot = device.execute("import sys\nsay(path=sys.path)\nsay(made=make().backup_dir)")
    assert boot.said == [{"path": [str(device.lib)]}, {"made": "saguarota_backup"}]


def test_a_port_without_hashlib_md5_will_do(device, release):
    release.put("main.py", b"x", 1000)
    boot = device.execute("""
import hashlib
say(md5=hasattr(hashlib, "md5"))
call(make(), "check_and_perform_ota")
""")
    assert boot.said == [{"md5": False}] and boot.reset
    release.put("main.py", b"y", 2000)
    release.manifest = release.builder.generate_manifest()
    release.put("main.py", b"z", 2000)
    assert device.run(["confirm_update"], ["check_and_perform_ota"]).code == "md5_mismatch"


def test_a_fresh_updater_has_no_error(device):
    boot = device.execute("u = make()\nsay(e=[u.last_error_code, u.last_error_message])")
    assert boot.said == [{"e": [None, None]}]


def test_a_success_clears_the_error_of_before(device, release):
    release.manifest = "nonsense"
    release.put("good.json", b'{"version": 0, "files": []}', 1)
    boot = device.execute("""
u = make()
call(u, "check_and_perform_ota")
u.manifest_url = u.base_file_url + "/good.json"
call(u, "check_and_perform_ota")
""")
    assert [call["code"] for call in boot.calls] == ["manifest_fetch_failed", None]
    assert boot.message is None


def test_a_subclass_may_name_its_own_files(device, release):
    release.put("main.py", b"x", 1000)
    boot = device.execute("""
class Updater(OTAUpdater):
    OTA_STATE_FILE = "s.txt"
    LOCAL_MANIFEST_FILE = "m.json"
    APPLICATION_NAME = "mine"
u = Updater(plan["options"]["manifest_url"], plan["options"]["base_file_url"])
say(backup_dir=u.backup_dir)
call(u, "check_and_perform_ota")
""")
    assert boot.reset and boot.said == [{"backup_dir": "mine_backup"}]
    assert {"s.txt", "m.json", "main.py"} <= set(device.tree())
    assert not any(path.startswith(("ota_", "versions", "saguarota")) for path in device.tree())


# -- release() --


@pytest.mark.parametrize("state", [{}, CONFIRM_PENDING, INSTALLING], ids=str)
def test_release_leaves_no_attribute(device, state):
    device.put(state)
    before = device.tree()
    boot = device.execute("""
u = make()
call(u, "release")
say(left=list(u.__dict__))
call(u, "release")
say(left=list(u.__dict__))
""")
    assert [call["value"] for call in boot.calls] == [None, None]
    assert boot.said == [{"left": []}, {"left": []}]
    assert device.tree() == before


def test_release_may_be_called_twice_after_a_check_or_a_failure(device, release):
    boot = device.run(["check_and_perform_ota"], ["release"], ["release"])
    assert len(boot.calls) == 3 and boot.status == 0
    release.manifest = "nonsense"
    boot = device.execute("""
u = make()
call(u, "check_and_perform_ota")
u.release()
u.release()
say(left=list(u.__dict__), code=u.last_error_code)
""")
    assert boot.said == [{"left": [], "code": None}]


@pytest.mark.usefixtures("insides")
def test_release_frees_what_the_updater_held(device, release):
    release.put("main.py", b"x" * 5000, 1000)
    boot = device.execute("""
import gc

# Names stay, those of each module for example.
for name in "download progress manifest_update staging backoff plan start installation".split():
    __import__("saguarota." + name)

def updater():
    big = bytearray(300_000)
    u = make(progress_callback=lambda event, details: big, io_chunk_size=40_000)
    call(u, "check_and_perform_ota")
    return u

def overwrite(levels):
    return levels and overwrite(levels - 1) + 1

make().release()
gc.collect()
start = gc.mem_alloc()
u = updater()
held = gc.mem_alloc() - start
# The interpreter's stack may refer to what was freed, until it is overwritten.
overwrite(60)
u.release()
say(held=held, left=gc.mem_alloc() - start)
""")
    assert boot.said[0]["held"] > 300_000
    assert boot.said[0]["left"] < 4_000


# -- the reset --

MACHINE = b"""
def reset():
    print("@" + '{"machine": "reset"}')
"""


@pytest.fixture
def machine(device, tmp_path):
    """A device with a machine.reset(), which tells the test and, unlike a real one, returns."""
    library = tmp_path / "board"
    library.mkdir()
    (library / "machine.py").write_bytes(MACHINE)
    device.sys_path = [str(library), *device.sys_path]
    return device


def test_the_device_resets_once_after_an_update(machine, release):
    release.put("main.py", b"x", 1000)
    boot = machine.boot()
    assert boot.said == [{"machine": "reset"}]
    assert (boot.reset, boot.code, machine.state()) == (False, None, "confirm_pending")


def test_the_device_resets_once_after_a_rollback(machine, release):
    release.put("main.py", b"x", 1000)
    assert machine.boot(kill_at=2).killed
    assert machine.boot().said == [{"machine": "reset"}]
    assert machine.state() == "idle"


def test_the_device_resets_once_after_a_failed_update(machine, release):
    release.offer("none.py", 5)
    boot = machine.boot()
    assert (boot.said, boot.code) == ([{"machine": "reset"}], "download_failed")


def test_the_device_resets_once_after_a_revert(machine, release):
    release.put("main.py", b"x", 1000)
    machine.boot()
    assert machine.call("revert_update").said == [{"machine": "reset"}]
    assert machine.app() == {}


def test_no_reset_where_nothing_is_due(machine):
    assert machine.boot().said == []
    assert machine.run(["confirm_update", True], ["cleanup_files"], ["release"]).said == []


# -- the callback --


def test_a_callback_that_raises_does_not_break_the_update(device, release):
    release.put("main.py", b"x", 1000).put("a.py", b"a", 1000)
    boot = device.execute("""
def callback(name, details):
    raise ValueError("from the callback")
call(make(progress_callback=callback), "check_and_perform_ota")
""")
    assert (boot.reset, boot.code) == (True, None)
    assert device.app() == release.tree()
    assert "from the callback" in boot.log


def test_a_callback_cannot_change_the_update_through_the_details(device, release):
    release.put("main.py", b"x", 1000).put("a.py", b"a", 1000)
    boot = device.execute("""
def callback(name, details):
    details.clear()
call(make(progress_callback=callback), "check_and_perform_ota")
""")
    assert (boot.reset, boot.code) == (True, None)
    assert device.app() == release.tree()


def test_an_update_succeeds_without_a_callback(device, release):
    release.put("main.py", b"x", 1000)
    boot = device.boot(progress_callback=None)
    assert (boot.reset, boot.events) == (True, [])
    assert device.app() == release.tree()


@pytest.mark.usefixtures("insides")
def test_the_builder_leaves_out_what_the_updater_keeps_for_itself(device):
    boot = device.execute(
        "from saguarota.reserved import reserved\n"
        'say(own=reserved(make()._transaction).split("\\n"))'
    )
    assert set(boot.said[0]["own"]) == {*OWN_NAMES, OWN_PREFIX}


NAMES = """
import micropython, sys
micropython.qstr_info()
sys.path[:] = {path!r}
from saguarota import OTAUpdater
updater = OTAUpdater(**{options!r})
try:
    updater.check_and_perform_ota()
except SystemExit:
    micropython.qstr_info()
"""


@pytest.mark.dist
def test_an_update_adds_under_280_names_to_micropython_s_table(device, release):
    """The 301st name takes 3.6 KiB of heap in one piece; some are the application's."""
    device.adopt(release, {"main.py": b"old", "extra.py": b"extra"})
    release.remove("extra.py")
    release.put("main.py", b"new", 2000)
    options = {**device.options, "delete_files_not_in_manifest_policy": "all"}
    script = NAMES.format(path=device.sys_path, options=options)
    done = subprocess.run(
        [device.interpreter, "-c", script], cwd=device.folder, capture_output=True, text=True
    )
    before, after = map(int, re.findall(r"n_qstr=(\d+)", done.stdout))
    assert 200 < after - before < 280, done.stdout
