"""Delete policies on littlefs and FAT, beside an SD card, and with thousands of files."""

import json

import pytest
from images import FILE_SYSTEMS, ImageDevice
from pruning import EXTRAS, RELEASE, deleted, manifest_of, policy
from support import entry, only_files


@pytest.fixture(params=FILE_SYSTEMS)
def flash(request, tmp_path, micropython, dist, release):
    """A device with an empty file system that follows `release` and prunes all."""
    device = ImageDevice(tmp_path / "image", micropython, dist, request.param)
    device.options.update(policy("all"))
    return device.follow(release)


@pytest.mark.parametrize("destination", [".", "/flash", "app", "/flash/app/"])
def test_only_files_below_dest_dir_are_deleted_and_a_revert_restores_them(
    flash, release, destination
):
    where = "app/" if "app" in destination else ""
    flash.put({"stays.py": b"", **{where + path: data for path, data in EXTRAS.items()}})
    release.put_all(RELEASE)
    before = flash.tree()
    flash.options["dest_dir"] = destination
    boot = flash.boot()
    assert boot.reset, (boot.message, boot.log)
    expected = {*EXTRAS} if where else {*EXTRAS, "stays.py"}
    assert deleted(boot, "all") == sorted(expected)
    stays = {"stays.py": b""} if where else {}
    new = {where + path: data for path, data in RELEASE.items()}
    assert only_files(flash.app()) == {**stays, **new}
    assert flash.call("revert_update").reset
    assert flash.tree() == {**before, "ota_state.txt": b"idle"}


# -- FAT knows no case --

SPELLINGS = {
    "MAIN.PY": "main.py",
    "Lib/A.py": "lib/a.py",
    "Ünï.py": "üNï.py",
    "www/ß.py": "www/ß.py",
}


def test_a_file_in_another_spelling_is_deleted_where_case_counts(flash, release, request):
    """One file on FAT, two on littlefs. FAT's code page takes UTF-8 for other letters, so that it
    folds none but those of ASCII; which it does fold is not for the updater to know."""
    flash.put({path: b"old" for path in SPELLINGS})
    flash.put({"OTHER.PY": b"old"})
    release.put_all({path: b"new" for path in SPELLINGS.values()})
    before = only_files(flash.app())
    boot = flash.boot()
    assert boot.reset, (boot.message, boot.log)
    found = only_files(flash.app())
    if "fat" in request.node.name:
        assert deleted(boot, "all") == ["OTHER.PY"]
        assert b"old" not in [data for path, data in found.items() if path.isascii()]
    else:
        expected = ["OTHER.PY", *(set(SPELLINGS) - set(SPELLINGS.values()))]
        assert deleted(boot, "all") == sorted(expected)
        assert found == {path: b"new" for path in SPELLINGS.values()}
    for path in SPELLINGS.values():
        contents = [found[name] for name in found if name.casefold() == path.casefold()]
        assert b"new" in contents, path
    assert flash.call("revert_update").reset
    # FAT keeps the new spelling of a file that was replaced.
    found = only_files(flash.app())
    assert len(found) == len(before)
    assert {path.casefold() for path in found} == {path.casefold() for path in before}
    assert set(found.values()) == {b"old"}


@pytest.mark.parametrize("flash", ["fat"], indirect=True)
def test_files_not_due_are_not_deleted_under_another_spelling_on_fat(flash, release):
    release.put_all({"main.py": b"main", "lib/a.py": b"a"}, 1000)
    assert flash.boot().reset
    assert flash.call("confirm_update", True).value is True
    flash.remove("main.py")
    flash.put({"MAIN.PY": b"main"})
    release.put_all({"new.py": b"new"})
    boot = flash.boot()
    assert boot.reset and deleted(boot, "all") == []
    assert only_files(flash.app()) == {"MAIN.PY": b"main", "lib/a.py": b"a", "new.py": b"new"}


@pytest.mark.parametrize("flash", ["fat"], indirect=True)
def test_a_name_of_a_code_page_stays(flash, release):
    """As Windows writes it: code page 437's 0x82, which is no UTF-8."""
    flash.put({"Q.PY": b"q", "extra.py": b"extra", "sub/x.py": b"x"})
    data = bytearray(flash.path.read_bytes())
    at = data.index(b"Q       PY ")
    data[at] = 0x82
    flash.path.write_bytes(data)
    release.put_all({"main.py": b"main"})
    boot = flash.boot()
    assert (boot.reset, boot.code) == (True, None), (boot.message, boot.log)
    assert deleted(boot, "all") == ["extra.py", "sub/x.py"]
    assert b"\x82       PY " in flash.path.read_bytes()


@pytest.mark.parametrize("flash", ["fat"], indirect=True)
def test_own_files_stay_in_a_folder_of_another_spelling_on_fat(flash, release):
    flash.options.update(dest_dir="APP", ota_state_file="app/state.txt")
    flash.adopt(release, {"main.py": b"old"})
    flash.put({"app/extra": b"x"})
    release.put("main.py", b"new", 2000)
    boot = flash.boot()
    assert boot.reset and deleted(boot, "all") == ["extra"]
    assert flash.tree()["app/state.txt"] == b"confirm_pending"


# -- other file systems --

MOUNTS = """
import vfs

class Disk:
    def __init__(self):
        self.data = bytearray(256 * 512)
    def readblocks(self, block, buffer, offset=0):
        buffer[:] = self.data[block * 512 + offset : block * 512 + offset + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        self.data[block * 512 + offset : block * 512 + offset + len(buffer)] = buffer
    def ioctl(self, operation, value):
        return {{4: 256, 5: 512}}.get(operation, 0)

def disk(kind):
    made = Disk()
    kind.mkfs(made)
    return kind(made)

def put(path):
    parts = path.split("/")
    for end in range(2, len(parts)):
        try:
            os.mkdir("/".join(parts[:end]))
        except OSError:
            pass
    with open(path, "w") as file:
        file.write(path)

def walk(folder, found):
    for name, kind, *_ in os.ilistdir(folder):
        path = folder.rstrip("/") + "/" + name
        if kind == 0x8000:
            found.append(path)
        else:
            walk(path, found)
    return sorted(found)

lib = {lib!r}
# Where the rest of the package is loaded from.
host = vfs.VfsPosix(lib)
vfs.umount("/")
vfs.mount(host, lib)
root = disk(vfs.VfsLfs2)
vfs.mount(root, "/")
os.chdir("/")
for path in ("/extra.py", "/over/below.py", "/data/extra.py", "/data/card/below.py"):
    put(path)
for point in ("/sd", "/over", "/data/card"):
    vfs.mount(disk(vfs.VfsFat), point)
    put(point + "/app/kept.py")
    put(point + "/kept.py")
before = walk("/sd", []) + walk("/over", []) + walk("/data/card", [])
call(make(), "check_and_perform_ota")
say(before=before, after=walk("/sd", []) + walk("/over", []) + walk("/data/card", []))
for point in ("/sd", "/over", "/data/card", lib):
    vfs.umount(point)
say(root=walk("/", []))
"""


def test_what_is_mounted_below_the_root_stays(device, release, dist):
    """So does what it covers: no file of the flash can be reached there."""
    device.options.update(policy("all"))
    release.put_all({"main.py": b"main"})
    boot = device.execute(MOUNTS.format(lib=str(dist)))
    assert boot.status == 0, boot.log
    assert boot.reset and boot.code is None, (boot.message, boot.log)
    assert deleted(boot, "all") == ["data/extra.py", "extra.py"]
    (mounted, root) = boot.said
    assert len(mounted["before"]) == 6 and mounted["after"] == mounted["before"]
    own = [path for path in root["root"] if "saguarota_backup" in path or "/otac14f2." in path]
    assert set(root["root"]) - set(own) == {
        *("/main.py", "/ota_state.txt", "/versions.json"),
        *("/over/below.py", "/data/card/below.py"),
    }


# -- many files --


@pytest.mark.parametrize("pattern", ["{}.py", "lib/{}.py", "d{0[2]}/e{0[3]}/{0}.py"])
def test_thousands_of_extra_files_are_deleted_and_restored(device, release, pattern):
    """5000 on the device, every second of which the manifest of 5000 doesn't name."""
    names = [pattern.format(f"{number:04}") for number in range(7500)]
    here, named = names[:5000], names[2500:]
    device.put({path: path.encode() for path in here})
    files = [entry(path, path.encode(), 1000) for path in named]
    for name, version in (("versions.json", 1000), ("new", 2000)):
        text = json.dumps({"version": version, "files": files})
        if name == "new":
            release.manifest = text
        else:
            device.put({name: text.encode()})
    boot = device.boot(**policy("all"))
    assert (boot.reset, boot.code) == (True, None), (boot.message, boot.log)
    assert deleted(boot, "all") == sorted(here[:2500])
    assert only_files(device.app()) == {path: path.encode() for path in here[2500:]}
    assert device.call("revert_update").reset
    assert only_files(device.app()) == {path: path.encode() for path in here}


@pytest.mark.parametrize("kind", FILE_SYSTEMS)
def test_hundreds_of_extra_files_are_deleted_from_flash(tmp_path, micropython, dist, release, kind):
    device = ImageDevice(tmp_path / "image", micropython, dist, kind, blocks=4096)
    device.options.update(policy("custom_extensions", (".log",)))
    device.follow(release)
    logs = {f"logs/{number // 20}/{number:03}.log": b"x" for number in range(200)}
    device.put({**logs, "keep.txt": b"keep"})
    release.manifest = manifest_of({"logs/3/060.log": b"x"}, 2000)
    release.put("logs/3/060.log", b"x", 1000)
    boot = device.boot()
    assert boot.reset, (boot.message, boot.log)
    assert deleted(boot, "custom_extensions") == sorted(set(logs) - {"logs/3/060.log"})
    assert device.app() == {
        **{"logs/": None, "logs/3/": None},
        **{"logs/3/060.log": b"x", "keep.txt": b"keep"},
    }
