# Runs on the unix port: image.py IMAGE BLOCKS [FILES]
#
# FILES is a file with the repr of a dict, {path: bytes}, which is written to the littlefs in IMAGE;
# None removes the path. Without it, all that there is is printed, a line of JSON for each file and
# folder.

import binascii
import json
import os
import sys

import vfs

BLOCK = 4096


class Image:
    """A block device over a bytearray."""

    def __init__(self, data):
        self._data = memoryview(data)

    def readblocks(self, block, buffer, offset=0):
        start = block * BLOCK + offset
        buffer[:] = self._data[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        start = block * BLOCK + offset
        self._data[start : start + len(buffer)] = buffer

    def ioctl(self, operation, value):
        if operation == 4:
            return len(self._data) // BLOCK
        return BLOCK if operation == 5 else 0


def make_parents(path):
    end = path.rfind("/")
    if end > 0:
        try:
            make_parents(path[:end])
            os.mkdir(path[:end])
        except OSError:
            pass


def put(path, content):
    if content is None:
        os.remove(path)
        return
    make_parents(path)
    with open(path, "wb") as file:
        file.write(content)


def show(folder):
    for name, kind, *_ in sorted(os.ilistdir(folder or ".")):
        path = folder + "/" + name if folder else name
        if kind == 0x4000:
            print(json.dumps([path + "/", None]))
            show(path)
        else:
            with open(path, "rb") as file:
                print(json.dumps([path, binascii.hexlify(file.read()).decode()]))


image, blocks = sys.argv[1], int(sys.argv[2])
files = None
if len(sys.argv) > 3:
    with open(sys.argv[3]) as file:
        files = eval(file.read())
with open(image, "rb") as file:
    data = bytearray(file.read(blocks * BLOCK))
if not data:
    data = bytearray(blocks * BLOCK)
    vfs.VfsLfs2.mkfs(Image(data))
vfs.mount(vfs.VfsLfs2(Image(data)), "/image")
os.chdir("/image")
if files is None:
    show("")
else:
    for path in files:
        put(path, files[path])
    os.chdir("/")
    vfs.umount("/image")
    with open(image, "wb") as file:
        file.write(data)
