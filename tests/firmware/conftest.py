"""Emulated boards: what is tested here runs on each architecture's own instructions.

    python -m pytest tests/firmware

`boards/` are the boards as MicroPython's qemu port builds them, `boards.py` is how they are
started and `building.py` builds them into build/firmware. `device/` runs on them: a flash in RAM, a
modem in place of a network, and the scripts. `qemu.py` is a running board with its REPL, `modem.py`
the other end of the modem, `flash.py` the host's access to the flash, and `rig.py` puts it all
together to a device that can be used as those of tests/unix. `vectors.py` writes the known answers,
`resets.py` resets a board at random moments.

It takes compilers and emulators that the other tests do without, and more time: nothing here is
collected unless it is asked for by name. What a machine lacks is an error then.
"""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from firmware import building  # noqa: E402
from firmware.rig import Emulated  # noqa: E402

# Of the emulated Cortex-M3, see test_resets.py.
RESETS = 300
# Seconds for a test, which may build a firmware first.
TIMEOUT = 600


def pytest_addoption(parser):
    """Of test_resets.py."""
    parser.addoption("--resets", type=int, default=RESETS, help="how often a board is reset")
    parser.addoption("--seed", type=int, help="of the moments to reset it at; random by default")


def pytest_ignore_collect(collection_path, config):
    """Only what is asked for by name."""
    asked = [Path(config.invocation_params.dir, word.split("::")[0]) for word in config.args]
    return None if any(HERE in (path, *path.parents) for path in asked) else True


def pytest_collection_modifyitems(items):
    """More time for each test."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(TIMEOUT))


@pytest.fixture(scope="session")
def firmware():
    """As building.firmware()."""
    made = {}

    def make(board, *more):
        if (board, more) not in made:
            made[board, more] = building.firmware(board, *more)
        return made[board, more]

    return make


@pytest.fixture(scope="session")
def lib():
    """lib(board, form): what the board's lib/ has, {path: bytes}."""
    made = {}

    def make(board, form):
        if (board, form) not in made:
            made[board, form] = building.library(board, form)
        return made[board, form]

    return make


@pytest.fixture
def make_device(tmp_path, firmware, lib):
    """make_device(board, form, heap): an Emulated with an empty flash, the library apart."""

    def make(board, form, *heap, **options):
        return Emulated(
            tmp_path / "board", board, firmware(board, form, *heap), lib(board, form), **options
        )

    return make
