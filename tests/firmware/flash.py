"""The littlefs that a board has in its RAM, as the host makes it and reads it: an image file."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from firmware.boards import FLASH, MEMORY

ROOT = Path(__file__).resolve().parents[2]
MICROPYTHON = ROOT / "build/bin/micropython"
TOOL = Path(__file__).parent / "device/image.py"
BLOCK = 4096


def make_image(files, blocks):
    """The bytes of a littlefs with these files, {path: bytes}."""
    return change(b"", files, blocks)


def change(image, files, blocks):
    """The bytes of an image with these files written to it; None removes a file."""
    with tempfile.TemporaryDirectory() as folder:
        path, plan = Path(folder, "image"), Path(folder, "files")
        path.write_bytes(image)
        plan.write_text(repr(files), encoding="utf-8")
        _tool(path, blocks, plan)
        return path.read_bytes()


def tree_of(image, blocks):
    """All that is in an image, in the form of support.Device.tree(), without lib/."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "image")
        path.write_bytes(image)
        found = [json.loads(line) for line in _tool(path, blocks).splitlines()]
    return {
        path: None if content is None else bytes.fromhex(content)
        for path, content in found
        if not path.startswith("lib/")
    }


def _tool(*words):
    done = subprocess.run(
        [str(MICROPYTHON), "-X", "heapsize=64M", str(TOOL), *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    if done.returncode:
        raise OSError(done.stdout[-2000:])
    return done.stdout


class Memory:
    """The file that is a board's lasting RAM."""

    def __init__(self, path, board):
        self.path = Path(path)
        self._start = FLASH if board.lasting else 0
        self._forgets = board.forgets
        self._size = MEMORY if board.lasting else 0

    def load(self, image):
        """A new RAM, all zero, with this flash."""
        with self.path.open("wb") as file:
            file.truncate(self._size)
            file.seek(self._start)
            file.write(image)

    def settle(self):
        """Zeros in the firmware's part of the RAM, before a start: the port relies on them."""
        if self._forgets:
            with self.path.open("r+b") as file:
                file.write(bytes(self._forgets))

    def image(self, blocks):
        """The flash as it is now."""
        with self.path.open("rb") as file:
            file.seek(self._start)
            return file.read(blocks * BLOCK)
