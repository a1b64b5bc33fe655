"""What does not fit on a board, or is broken, says so, and the board lives on."""

import pytest
from firmware import building
from firmware.boards import BOARDS
from firmware.flash import Memory, make_image
from firmware.qemu import Machine, Raised

EMULATED = [board for board in BOARDS.values() if board.emulated]
BLOCKS = 128
# An architecture that the board is none of, whatever it runs of the plainer ones of its kind.
OTHERS = {"armv6m": "rv32imc", "armv7m": "armv7emsp", "armv7emsp": "armv7emdp"}
IMPORT = "import saguarota\n"
ANSWERS = """
import io
print(_saguarota.digest("md5", io.BytesIO(b"abc"), bytearray(9)))
"""
SURVIVES = """
import _saguarota
for _ in range(100):
    try:
        _saguarota.defect(b"12")
        _saguarota.defect(b"123")
    except RuntimeError as error:
        print(repr(error))
"""


@pytest.fixture
def board_with(tmp_path, firmware):
    """board_with(board, lib, form, features): a board with this lib/, switched on, in the REPL."""
    running = []

    def start(board, files, *more):
        memory = Memory(tmp_path / "memory", board)
        files = {f"lib/{path}": content for path, content in files.items()}
        memory.load(make_image(files, BLOCKS))
        machine = Machine(board, firmware(board, *more), memory.path)
        running.append(machine)
        machine.run(f"import board\nboard.start({board.memory}, {BLOCKS})\n")
        return machine

    yield start
    for machine in running:
        machine.kill()


def refuses(machine, board, error):
    """The import fails with MicroPython's own error, after plain words; the board goes on."""
    with pytest.raises(Raised) as raised:
        machine.run(IMPORT)
    text = str(raised.value)
    assert text.startswith(
        f"saguarota: this device needs the files of dist/{board.arch}_{building.ABI}\n"
    )
    assert text.endswith(f"{error}\n")
    assert machine.run("print(6 * 7)") == "42\n"


@pytest.mark.parametrize("board", EMULATED, ids=str)
def test_native_module_of_another_architecture_is_refused_in_plain_words(board, lib, board_with):
    files = lib(board, building.NATMOD)
    other = OTHERS.get(board.arch, "armv6m" if board.arch == "rv32imc" else "rv32imc")
    other = next(one for one in BOARDS.values() if one.arch == other)
    wrong = {**files, "_saguarota.mpy": lib(other, building.NATMOD)["_saguarota.mpy"]}
    refuses(board_with(board, wrong), board, "ValueError: incompatible .mpy arch")


@pytest.mark.parametrize("board", EMULATED, ids=str)
def test_missing_native_module_is_reported_in_plain_words(board, lib, board_with):
    files = dict(lib(board, building.NATMOD))
    del files["_saguarota.mpy"]
    refuses(board_with(board, files), board, "ImportError: no module named '_saguarota'")


@pytest.mark.parametrize("board", EMULATED, ids=str)
def test_native_module_of_another_mpy_version_is_refused_in_plain_words(board, lib, board_with):
    files = lib(board, building.NATMOD)
    old = bytearray(files["_saguarota.mpy"])
    old[1] -= 1
    machine = board_with(board, {**files, "_saguarota.mpy": bytes(old)})
    refuses(machine, board, "ValueError: incompatible .mpy file")


@pytest.mark.parametrize("form", building.FORMS)
@pytest.mark.parametrize("board", [BOARDS["cortex-m3"], BOARDS["rv32"]], ids=str)
def test_panic_is_a_runtime_error(board, form, board_with):
    if form == building.NATMOD:
        machine = board_with(board, {"_saguarota.mpy": building.defective_module(board)})
    else:
        machine = board_with(board, {}, form, building.HEAP, building.DEFECT)
    said = machine.run(SURVIVES).splitlines()
    assert len(said) == 100
    assert set(said) == {said[0]} and said[0].startswith("RuntimeError("), said[0]
    assert machine.run(ANSWERS) == "900150983cd24fb0d6963f7d28e17f72\n"
