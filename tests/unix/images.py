"""A device whose flash is littlefs or FAT in an image file."""

import functools
import subprocess

import pytest
from support import Device
from unix.fat import shared

BLOCK = 512
FILE_SYSTEMS = ("littlefs", "fat")


class ImageDevice(Device):
    """A Device with a real file system, mounted at /flash at each boot; its current folder.

    `folder` holds nothing but the image. `writes_left`: the power is cut at the block write after
    so many; None for never. `fails`: (errno, first, end), the block writes of these numbers that
    fail, counted from 0; None for none. `readonly`: the file system is mounted read-only.
    """

    def __init__(self, folder, interpreter, lib, kind, blocks=512):
        super().__init__(folder, interpreter, lib)
        self.path = self.folder / "image"
        self.path.write_bytes(bytes(blocks * BLOCK))
        self.kind = kind
        self._disk = (str(self.path), blocks, kind)
        self.writes_left = None
        self.fails = None
        self.readonly = False

    @property
    def image(self):
        """What device/disk.py mounts."""
        if self.fails:
            needs_errors(self.interpreter, self.kind)
        return (*self._disk, self.writes_left, self.fails, self.readonly)

    def put(self, files, root="."):
        """As Device.put()."""
        where = "" if root == "." else root + "/"
        self._do(PUT.format(files={where + path: data for path, data in files.items()}))

    def fill(self, path, size):
        """Write a file of zeros."""
        self._do(FILL.format(path=path, size=size))

    def remove(self, path):
        """Remove a file."""
        self._do(f"os.remove({path!r})")

    def free(self):
        """Bytes that are free."""
        (line,) = self._do("s = os.statvfs('.'); say(free=s[1] * s[4])")
        return line["free"]

    def leave(self, size):
        """Fill the flash but for about `size` bytes."""
        self.fill("filler.bin", self.free() - size)

    def tree(self):
        """As Device.tree()."""
        said = self._do(TREE)
        return {
            line["path"]: None if line["hex"] is None else bytes.fromhex(line["hex"])
            for line in said
        }

    def check_clusters(self):
        """Fails where a cluster of a FAT belongs to two files."""
        if self.kind == "fat":
            assert shared(self.path.read_bytes()) == set()

    def _do(self, source):
        kept = self.writes_left, self.fails, self.readonly
        self.writes_left, self.fails, self.readonly = None, None, False
        boot = self.execute(source)
        self.writes_left, self.fails, self.readonly = kept
        assert boot.status == 0, boot.log
        return boot.said


@functools.cache
def version(interpreter):
    """Of MicroPython: (1, 25)."""
    code = "import sys; print(*sys.implementation[1][:2])"
    said = subprocess.run([interpreter, "-c", code], stdout=subprocess.PIPE, check=True, text=True)
    return tuple(int(number) for number in said.stdout.split())


def needs_errors(interpreter, kind):
    """Skips the test where the file system is told of no error of a block device in Python: FAT
    before MicroPython 1.24. To it, a write that fails is one that was done."""
    if kind == "fat" and version(interpreter) < (1, 24):
        pytest.skip("before MicroPython 1.24, FAT is told of no error of the flash")


def cuts(flash, action, points=None):
    """Lose the power in an action, each time from the image as it is now: at so many `points`
    spread over its block writes, or at each of them. Yields the number of the write, with the
    device off; in the end the action goes through."""
    image = flash.path.read_bytes()
    step = 1
    if points:
        step = action().writes // points
        assert step > 0
    made = 0
    while True:
        flash.path.write_bytes(image)
        flash.writes_left = made * step
        killed = action().killed
        flash.writes_left = None
        if not killed:
            break
        yield made * step
        made += 1
    assert made >= (points or 15)


PUT = """
for path, data in {files!r}.items():
    parts = path.split("/")
    for end in range(1, len(parts)):
        try:
            os.mkdir("/".join(parts[:end]))
        except OSError:
            pass
    with open(path, "wb") as file:
        file.write(data)
"""
FILL = """
with open({path!r}, "wb") as file:
    for start in range(0, {size}, 512):
        file.write(bytes(min(512, {size} - start)))
"""
TREE = """
from binascii import hexlify

def walk(folder):
    for name, kind, *_ in sorted(os.ilistdir(folder)):
        path = folder + "/" + name if folder else name
        if kind == 0x4000:
            say(path=path + "/", hex=None)
            walk(path)
        else:
            with open(path, "rb") as file:
                say(path=path, hex=hexlify(file.read()).decode())

walk("")
"""
