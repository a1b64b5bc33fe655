"""The short name that FAT gives to a long one is known again, where a cut has left it alone."""

import pytest

LONG = ["settings_default.json", ".config", "..hidden.py", "a b.txt", "x+y.json", "file.a.b.c"]
LONG += ["a~b.long", "no_extension", "_longname.py", "a[1].html", "x.python", "12345678.json"]

# Creates names on a FAT in RAM and looks up what short ones they have there.
SHORT = """
class Disk:
    def __init__(self):
        self.data = bytearray(256 * 512)
    def readblocks(self, number, buffer):
        buffer[:] = self.data[number * 512 : number * 512 + len(buffer)]
    def writeblocks(self, number, buffer):
        self.data[number * 512 : number * 512 + len(buffer)] = buffer
    def ioctl(self, op, _):
        return {{4: 256, 5: 512}}.get(op, 0)

def touch(name):
    with open("/fat/" + name, "w") as file:
        file.write("x")

def short(number):
    # Each is of one cluster, which holds an x; entries that are no file's have other flags.
    found = []
    for at in range(0, 32 * 512, 32):
        entry = disk.data[at : at + 32]
        if entry[11] == 0x20 and entry[28:] == b"\\x01\\0\\0\\0" and entry[0] > 32:
            stem, end = str(entry[:8], "ascii").rstrip(), str(entry[8:11], "ascii").rstrip()
            found.append(stem + "." * (end != "") + end)
    return found[number]

disk = Disk()
os.VfsFat.mkfs(disk)
os.mount(os.VfsFat(disk), "/fat")
from saguarota import fat_aliases
names = {names!r}
for name in names:
    touch(name)
alias = short(len(names) - 1)
for name in names:
    os.remove("/fat/" + name)
touch(alias)
touch("kept~1.py")
for other in ("other_long_name.json", "zebra.long", "~.config.more.txt", names[-1] + ".xyz"):
    fat_aliases.sweep("/fat/" + other)
before = os.listdir("/fat")
fat_aliases.sweep("/fat/" + names[-1])
say(alias=alias, before=before, after=os.listdir("/fat"))
"""


def finds(device, *names):
    """The short name of the last of these, which is swept for that one and for no other."""
    boot = device.execute(SHORT.format(names=names))
    assert boot.status == 0, boot.log
    (line,) = boot.said
    assert line["before"] == [line["alias"], "kept~1.py"]
    assert line["after"] == ["kept~1.py"], line["alias"]
    return line["alias"]


@pytest.mark.usefixtures("insides")
@pytest.mark.parametrize("name", LONG)
def test_a_short_name_that_fat_made_is_swept_for_its_long_name_only(device, name):
    assert "~1" in finds(device, name)


@pytest.mark.usefixtures("insides")
def test_a_short_name_with_a_hash_is_swept_for_its_long_name_only(device):
    """They have a hash."""
    alias = finds(device, *(f"settings_{number}.json" for number in range(9)))
    assert len(alias.partition("~")[2]) > len("9.JSO"), alias
