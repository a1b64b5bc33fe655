"""Deleting where several file systems are mounted, and where one folder has two spellings."""

from images import ImageDevice

# The host's files move to /host, where the updater's modules then are.
MOUNTED = """
import vfs

class Ram:
    def __init__(self):
        self.data = bytearray(512 * 256)

    def readblocks(self, block, buffer, offset=0):
        start = block * 512 + offset
        buffer[:] = self.data[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        start = block * 512 + offset
        self.data[start : start + len(buffer)] = buffer

    def ioctl(self, operation, _):
        return {4: 256, 5: 512}.get(operation, 0)

def made(kind):
    ram = Ram()
    kind.mkfs(ram)
    return kind(ram)

vfs.umount("/")
vfs.mount(made(vfs.VfsLfs2), "/")
os.mkdir("/sd")
vfs.mount(made(vfs.VfsFat), "/sd")
vfs.mount(vfs.VfsPosix(), "/host")
os.chdir("/")
package = sys.modules["saguarota"]
package.__path__ = "/host" + package.__path__
for path in ("/sd/photo", "/extra"):
    with open(path, "w") as file:
        file.write("mine")
call(make(delete_files_not_in_manifest_policy="all"), "check_and_perform_ota")
say(card=os.listdir("/sd"), root=os.listdir("/"))
"""


def test_a_card_mounted_over_a_folder_of_the_flash_is_left_alone(device, release):
    release.put("main.py", b"main", 1000)
    boot = device.execute(MOUNTED)
    assert (boot.reset, boot.code) == (True, None), boot.log
    assert boot.named("file_delete_extra") == [{"path": "extra", "policy": "all"}]
    (found,) = boot.said
    assert found["card"] == ["photo"] and "main.py" in found["root"]


def test_own_files_in_a_folder_that_fat_knows_by_two_spellings(
    tmp_path, micropython, dist, release
):
    device = ImageDevice(tmp_path / "flash", micropython, dist, "fat").follow(release)
    options = {"dest_dir": "APP", "ota_state_file": "app/state.txt"}
    device.options.update(options, delete_files_not_in_manifest_policy="all")
    device.adopt(release, {"main.py": b"old"})
    device.put({"app/extra": b"x"})
    release.put("main.py", b"new", 2000)
    boot = device.boot()
    assert boot.reset and boot.named("file_delete_extra") == [{"path": "extra", "policy": "all"}]
    assert device.tree()["app/state.txt"] == b"confirm_pending"
