"""QEMU's bare Xtensa machine with MicroPython on it, whose sources are in xtensa/."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / "build/venv/bin/python"
MICROPYTHON = ROOT / "build/micropython"
TARGETS = {"xtensawin": "xtensa-windowed-none-elf", "xtensa": "xtensa-call0-none-elf"}


def _make(*words):
    # Variables of a make above would hold for these, too.
    names = ("ARCH", "BUILD", "MPY_DIR", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment.setdefault("CARGO_HOME", str(ROOT / "build/cargo"))
    environment.setdefault("LIBCLANG_PATH", str(ROOT / "build/venv/libclang"))
    environment["CARGO_TARGET_DIR"] = str(ROOT / "build/target")
    done = subprocess.run(
        ["make", *(str(word) for word in words), f"MPY_DIR={MICROPYTHON}", f"PYTHON={VENV}"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, "\n".join(done.stdout.splitlines()[-20:])


def build_module(arch, features=""):
    """Make the native module as `make dist` does, into a folder of its own: that one. `features`:
    more of the crate's."""
    folder = f"build/firmware/{arch}-module{features and '-' + features}"
    (ROOT / folder).mkdir(parents=True, exist_ok=True)
    _make(
        "-f",
        "mpy_glue/natmod.mk",
        f"ARCH={arch}",
        f"BUILD={folder}",
        f"FEATURES={features}",
        f"MPY_CROSS={ROOT}/build/bin/mpy-cross",
    )
    return ROOT / folder


def build_firmware(arch):
    """Make MicroPython, an ELF file: its path. After a native module, which brings the archive."""
    folder = ROOT / "build/firmware" / arch
    library = ROOT / "build/target" / TARGETS[arch] / "release/libsaguarota.a"
    _make(
        "-j2",
        "-C",
        "tests/firmware/xtensa",
        f"ARCH={arch}",
        f"BUILD={folder}",
        f"RUST_LIB={library}",
    )
    return folder / "firmware.elf"


class Machine:
    """A processor that imports from a folder."""

    def __init__(self, cpu, firmware, folder):
        self.cpu, self.firmware, self.folder = cpu, firmware, folder

    def run(self, script, *args):
        """Run a script of MicroPython's; its exit status and its lines."""
        words = "".join(f",arg={word}" for word in ("firmware", script, *args))
        command = ["qemu-system-xtensa", "-M", "sim", "-cpu", self.cpu, "-kernel", self.firmware]
        command += ["-nographic", "-monitor", "none", "-serial", "none"]
        command += ["-semihosting-config", "enable=on" + words]
        done = subprocess.run(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        return done.returncode, done.stdout.decode(errors="replace").splitlines()
