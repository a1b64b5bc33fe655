"""The native module gives the same answers on every architecture, and they are the right ones."""

import pytest
from firmware import known
from firmware.boards import BOARDS
from firmware.flash import Memory, make_image
from firmware.qemu import Machine

VECTORS = known.load()
BLOCKS = 128


def compare(answers):
    """Fails where an answer is not the vector's."""
    expected = known.flatten(VECTORS)
    assert len(answers) == len(expected)
    for vector, answer in zip(expected, answers):
        assert answer == vector["answer"], vector


def test_unix_port_of_this_machine():
    compare(known.answers(VECTORS))


def test_unix_port_with_32_bits(firmware, native_module, tmp_path):
    (tmp_path / "_saguarota.mpy").write_bytes(native_module("x86"))
    compare(known.answers(VECTORS, firmware(BOARDS["x86"]), tmp_path))


@pytest.mark.parametrize("board", [board for board in BOARDS.values() if board.emulated], ids=str)
def test_native_module_on_a_board(board, firmware, native_module, tmp_path):
    files = {
        "known.py": known.SCRIPT.read_bytes(),
        "vectors": known.lines(VECTORS),
        "lib/_saguarota.mpy": native_module(board.arch),
    }
    memory = Memory(tmp_path / "memory", board)
    memory.load(make_image(files, BLOCKS))
    start = f"import board\nboard.start({board.memory}, {BLOCKS})\n"
    with Machine(board, firmware(board), memory.path) as machine:
        text = machine.run(start + known.ON_BOARD, timeout=120)
    compare(known.heard(text))
