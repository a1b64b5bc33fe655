"""A board whose flash outlives its resets, in the form of support.Device."""

from __future__ import annotations

from pathlib import Path

from firmware.flash import Memory, change, make_image, tree_of
from firmware.modem import Modem
from firmware.qemu import Machine, Raised
from support import Device, heard

# Blocks of the flash: 512 KiB.
BLOCKS = 128


class Emulated(Device):
    """A Device that is an emulated board; each boot starts the emulator with the RAM of before.

    `firmware`: the path of what it runs; `lib`: what its lib/ has, {path: bytes}, native module
    included, empty where the firmware has all of it.
    """

    def __init__(self, folder, board, firmware, lib, blocks=BLOCKS):
        super().__init__(folder, None, folder)
        self.board = board
        self.firmware = Path(firmware)
        self.blocks = blocks
        # For a boot; a reset board ends earlier.
        self.seconds = 60
        self.memory = Memory(self.folder / "memory", board)
        files = {f"lib/{path}": content for path, content in lib.items()}
        self.memory.load(make_image(files, blocks))

    def machine(self, *extra):
        """The board, switched on: a context manager."""
        self.memory.settle()
        return Machine(self.board, self.firmware, self.memory.path, extra)

    def script(self, calls=(), options=None, source=None):
        """What a boot is, see device/drive.py."""
        options = self.options if options is None else options
        return (
            f"import board\nboard.start({self.board.memory}, {self.blocks})\n"
            f"import drive\ndrive.boot({options!r}, {list(calls)!r}, {source!r})\n"
        )

    def _start(self, timeout=None, calls=(), options=None, source=None, kill_at=None):
        with Modem(self.memory.path), self.machine() as machine:
            try:
                text = machine.run(self.script(calls, options, source), timeout or self.seconds)
            except Raised as error:
                boot = boot_of(str(error), machine.ended)
                boot.status = 1
                return boot
        return boot_of(text, machine.ended)

    def put(self, files, root="."):
        """As Device.put()."""
        where = "" if root == "." else root + "/"
        files = {where + path: content for path, content in files.items()}
        self.memory.load(change(self.memory.image(self.blocks), files, self.blocks))

    def tree(self):
        """As Device.tree(), without lib/."""
        return tree_of(self.memory.image(self.blocks), self.blocks)


def boot_of(text, ended):
    """The Boot of a board that has said `text`; `ended` where it was reset, which the emulator
    takes for its end."""
    boot = heard(text.encode(), 0)
    calls = [line["calling"] for line in boot.said if "calling" in line]
    if ended and calls:
        call = {"call": calls[-1], "value": None, "reset": True, "code": None, "message": None}
        boot.calls.append(call)
    boot.said = [line for line in boot.said if "calling" not in line]
    return boot
