"""The Rust core gives the same answers on every architecture, and they are the right ones."""

import pytest
from firmware import building, known
from firmware.boards import BOARDS
from firmware.flash import Memory, make_image
from firmware.qemu import Machine
from support import write_files

VECTORS = known.load()
BLOCKS = 128
EMULATED = [board for board in BOARDS.values() if board.emulated]


def compare(answers):
    """Fails where an answer is not the vector's."""
    expected = known.flatten(VECTORS)
    assert len(answers) == len(expected)
    for vector, answer in zip(expected, answers):
        assert answer == vector["answer"], vector


def test_unix_port_of_this_machine_gives_the_known_answers():
    compare(known.answers(VECTORS))


@pytest.mark.parametrize("form", building.FORMS)
def test_unix_port_with_32_bits_gives_the_known_answers(form, firmware, lib, tmp_path):
    write_files(tmp_path, lib(BOARDS["x86"], form))
    compare(known.answers(VECTORS, firmware(BOARDS["x86"], form), tmp_path))


@pytest.mark.parametrize("form", building.FORMS)
@pytest.mark.parametrize("board", EMULATED, ids=str)
def test_emulated_board_gives_the_known_answers(board, form, firmware, lib, tmp_path):
    files = {"known.py": known.SCRIPT.read_bytes(), "vectors": known.lines(VECTORS)}
    files |= {f"lib/{path}": content for path, content in lib(board, form).items()}
    memory = Memory(tmp_path / "memory", board)
    memory.load(make_image(files, BLOCKS))
    start = f"import board\nboard.start({board.memory}, {BLOCKS})\n"
    with Machine(board, firmware(board, form), memory.path) as machine:
        text = machine.run(start + known.ON_BOARD, timeout=120)
    compare(known.heard(text))
