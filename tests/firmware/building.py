"""Builds the boards' firmware and the native modules, once; from the top of the repository.

python tests/firmware/building.py [BOARD ...] [--form natmod|frozen]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "tests")]

from firmware.boards import BOARDS  # noqa: E402

BUILD = ROOT / "build/firmware"
MICROPYTHON = ROOT / "build/micropython"
MPY_CROSS = ROOT / "build/bin/mpy-cross"
# The version of .mpy files, part of the name of a folder in dist/.
ABI = "6.3"
# The crate's feature that the panic's test asks for.
DEFECT = "defect"
VENV = ROOT / "build/venv/bin/python"
# Bytes; the qemu port's own.
HEAP = 143360
NATMOD, FROZEN = FORMS = ("natmod", "frozen")
# What a board's firmware has in this form.
MANIFESTS = {NATMOD: HERE / "device/manifest.py", FROZEN: HERE / "device/manifest_frozen.py"}


# Where the Rust toolchain keeps its things, unless the caller says else.
RUST = {
    "CARGO_HOME": str(ROOT / "build/cargo"),
    "CARGO_TARGET_DIR": str(ROOT / "build/target"),
    "LIBCLANG_PATH": str(ROOT / "build/venv/libclang"),
}


class Failed(Exception):
    """A build failed; the text is the end of what it said."""


def firmware(board, form=NATMOD, heap=HEAP, features=""):
    """The firmware of a board, built where it is out of date: a path. `form`: NATMOD, which leaves
    the package to the file system, or FROZEN, which has it inside. `heap`: bytes. `features`: more
    of the crate's."""
    folder = BUILD / "-".join(
        [board.name, form, *[str(heap)] * (heap != HEAP), *[features] * bool(features)]
    )
    variables = {
        "BUILD": folder,
        "PYTHON": VENV,
        "MICROPY_MPYCROSS": MPY_CROSS,
        "MICROPY_MPYCROSS_DEPENDENCY": "",
        "FROZEN_MANIFEST": MANIFESTS[form],
    }
    if form == FROZEN:
        variables |= {"USER_C_MODULES": ROOT, "SAGUAROTA_FEATURES": features}
    if not board.emulated:
        variables |= {
            "VARIANT": "standard",
            "FROZEN_MANIFEST": ROOT / "python/saguarota/manifest.py" if form == FROZEN else "",
            "MICROPY_FORCE_32BIT": 1,
            "MICROPY_PY_SSL": 0,
            "MICROPY_PY_BTREE": 0,
            "MICROPY_PY_FFI": 0,
        }
        return _make(MICROPYTHON / "ports/unix", variables) / "micropython"
    variables |= {
        "BOARD": board.name,
        "BOARD_DIR": HERE / "boards" / board.name,
        "MICROPY_HEAP_SIZE": heap,
    }
    return _make(MICROPYTHON / "ports/qemu", variables) / "firmware.elf"


def library(board, form):
    """What the lib/ of a board with such a firmware has, {path: bytes}, by `make dist`."""
    if form == FROZEN:
        return {}
    folder = ROOT / f"dist/{board.arch}_{ABI}"
    if not (folder / "_saguarota.mpy").exists():
        raise Failed(f"{folder.relative_to(ROOT)} is missing: run make dist")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "package.json"
    }


def defective_module(board):
    """Bytes of a native module for this board that has the function defect(), which panics."""
    folder = BUILD / f"{board.name}-module"
    folder.mkdir(parents=True, exist_ok=True)
    variables = {
        "ARCH": board.arch,
        "FEATURES": DEFECT,
        "BUILD": folder.relative_to(ROOT),
        "MPY_DIR": MICROPYTHON,
        "MPY_CROSS": MPY_CROSS,
        "PYTHON": VENV,
    }
    _run(["make", "--no-print-directory", "-f", "mpy_glue/natmod.mk"], variables)
    return (folder / "_saguarota.mpy").read_bytes()


def _make(port, variables):
    """Builds a port of MicroPython's, whose source is not written to; returns the build folder."""
    folder = variables["BUILD"]
    # Objects know what sources they are of, but not by which options.
    options = folder / "options"
    if not options.exists() or options.read_text(encoding="utf-8") != repr(variables):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        options.write_text(repr(variables), encoding="utf-8")
    _run(["make", f"-j{os.cpu_count()}", "-C", str(port)], variables)
    return folder


def _run(command, variables):
    # Our own make's variables mean other things in MicroPython's makefiles.
    inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    for name in ("ARCH", "BUILD", "MPY_DIR", "MFLAGS"):
        inherited.pop(name, None)
    done = subprocess.run(
        [*command, *(f"{name}={value}" for name, value in variables.items())],
        cwd=ROOT,
        env={**RUST, **inherited},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise Failed("\n".join([" ".join(command), *done.stdout.splitlines()[-30:]]))


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("boards", nargs="*", default=list(BOARDS), metavar="BOARD")
    parser.add_argument("--form", choices=FORMS, default=NATMOD)
    chosen = parser.parse_args()
    for name in chosen.boards:
        print(firmware(BOARDS[name], chosen.form).relative_to(ROOT), flush=True)


if __name__ == "__main__":
    main()
