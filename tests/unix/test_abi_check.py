"""A native module that is missing, or of another architecture or version: MicroPython's own error,
and in plain words which folder of dist/ belongs on this device."""

import shutil
import subprocess

import pytest

pytestmark = pytest.mark.dist

WORDS = "saguarota: this device needs the files of dist/x64_6.3\n"
# What MicroPython's numbers mean (tools/mpy-tool.py): the folder for each.
FOLDERS = {
    0: None,
    1: "x86",
    2: "x64",
    3: None,  # ARM's old instruction set
    4: "armv6m",
    5: "armv7m",
    6: "armv7m",  # armv7em: a Cortex-M4 without FPU
    7: "armv7emsp",
    8: "armv7emdp",
    9: "xtensa",
    10: "xtensawin",
    11: "rv32imc",
    12: None,  # not given out yet in version 6.3
}
EXPLAIN = """
import sys
try:
    import saguarota
except ImportError:
    pass
explain = sys.modules["saguarota.abi_check"].explain
for architecture in range(13):
    print(explain(architecture << 10 | 3 << 8 | 6))
print(explain(0))
"""


@pytest.fixture
def lib(tmp_path, dist):
    """The package without its native module."""
    shutil.copytree(dist / "saguarota", tmp_path / "lib/saguarota")
    return tmp_path / "lib"


def run(micropython, lib, program):
    return subprocess.run(
        [micropython, "-c", program],
        env={"MICROPYPATH": str(lib)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_missing_native_module_names_the_dist_folder_that_fits(micropython, lib):
    done = run(micropython, lib, "import saguarota")
    assert done.stdout == WORDS
    assert done.stderr.endswith("ImportError: no module named '_saguarota'\n")


@pytest.mark.parametrize(
    "header, error",
    [
        (bytes([ord("M"), 6, 5 << 2 | 3, 31]), "incompatible .mpy arch"),
        (bytes([ord("M"), 5, 2 << 2 | 3, 31]), "incompatible .mpy file"),
        (bytes([ord("M"), 6, 2 << 2 | 2, 31]), "incompatible .mpy file"),
        (b"no .mpy at all", "incompatible .mpy file"),
    ],
    ids=["architecture", "version", "sub-version", "something else"],
)
def test_a_native_module_that_does_not_fit_names_the_dist_folder_that_does(
    micropython, dist, lib, header, error
):
    content = bytearray((dist / "_saguarota.mpy").read_bytes())
    content[: len(header)] = header
    (lib / "_saguarota.mpy").write_bytes(content)
    done = run(micropython, lib, "import saguarota")
    assert done.stdout == WORDS
    assert done.stderr.endswith(f"ValueError: {error}\n")


def test_each_architecture_has_its_folder(micropython, plain, tmp_path):
    lib = shutil.copytree(plain, tmp_path / "plain")
    (lib / "_saguarota.mpy").unlink()
    lines = run(micropython, lib, EXPLAIN).stdout.splitlines()[1:]
    assert len(lines) == len(FOLDERS) + 1
    for architecture, folder in FOLDERS.items():
        if folder:
            assert lines[architecture] == f"this device needs the files of dist/{folder}_6.3"
        else:
            assert lines[architecture].startswith("this firmware loads no native modules")
    assert lines[-1] == lines[0]
