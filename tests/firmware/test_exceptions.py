"""Exceptions out of a stream leave objects free on each architecture, whose jumps differ."""

from pathlib import Path

import pytest
from firmware import building
from firmware.boards import BOARDS
from firmware.flash import Memory, make_image
from firmware.qemu import Machine

BLOCKS = 128
SCRIPTS = Path(__file__).parents[1] / "unix/device"
CHECKS = [
    *[("reentry", check) for check in ("manifest", "pair", "response", "raising", "finaliser")],
    *[("resizing", check) for check in ("tables", "arguments", "pair_resized", "truth")],
]
RUN = """
import sys
for script, check in {checks}:
    sys.argv[:] = ["", check]
    sys.modules.pop(script, None)
    __import__(script)
"""


@pytest.mark.parametrize("form", building.FORMS)
@pytest.mark.parametrize("board", [one for one in BOARDS.values() if one.emulated], ids=str)
def test_emulated_board_frees_objects_after_exceptions(board, form, firmware, lib, tmp_path):
    names = ("reentry.py", "resizing.py", "meddling.py")
    files = {name: (SCRIPTS / name).read_bytes() for name in names}
    files |= {f"lib/{path}": content for path, content in lib(board, form).items()}
    memory = Memory(tmp_path / "memory", board)
    memory.load(make_image(files, BLOCKS))
    start = f"import board\nboard.start({board.memory}, {BLOCKS})\n"
    with Machine(board, firmware(board, form), memory.path) as machine:
        text = machine.run(start + RUN.format(checks=CHECKS), timeout=300)
    assert text.split() == ["done"] * len(CHECKS)
