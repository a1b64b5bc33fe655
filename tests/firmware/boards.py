"""The emulated boards, and the 32-bit unix port: what each is made of and how it is started."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

MIB = 1 << 20
# What the boards' RAM has beside the firmware, bytes from where the memory begins that lasts over a
# reset: the modem's mailbox, and the flash. See device/board.py, which has them as well.
MEMORY = 16 * MIB
MAILBOX = 7 * MIB
FLASH = 8 * MIB


@dataclass(frozen=True)
class Board:
    """`arch`: as MicroPython names the architecture of native code. `cross`: the prefix of its
    compiler. `qemu`: the emulator; `machine`: its options. `memory`: the address of the RAM that
    lasts over a reset. `lasting`: whether it does; where not, it is loaded at each start.
    `forgets`: bytes at its beginning that are the firmware's."""

    name: str
    arch: str
    cross: str
    qemu: str
    machine: str
    memory: int
    lasting: bool = True
    forgets: int = 0

    def __str__(self):
        return self.name

    @property
    def emulated(self):
        """False for the unix port, which the host runs."""
        return bool(self.qemu)

    def command(self, firmware, memory):
        """The words of the command that starts it, the serial line apart; `memory`: the file that
        is the RAM which lasts."""
        words = [self.qemu, *shlex.split(self.machine), "-kernel", str(firmware)]
        if self.lasting:
            backend = f"memory-backend-file,id=memory,size={MEMORY},mem-path={memory},share=on"
            return [*words, "-object", backend, "-machine", "memory-backend=memory"]
        return [*words, "-device", f"loader,file={memory},addr={self.memory + FLASH},force-raw=on"]


ARM = "arm-none-eabi-"
SYSTEM_ARM = "qemu-system-arm"
# 4 MiB of RAM where the SoC has 16 KiB: the port's firmware does not fit into that.
NRF51 = "nrf51-soc.flash-size=1048576 -global nrf51-soc.sram-size=33554432"

BOARDS = {
    board.name: board
    for board in (
        Board(
            "cortex-m0",
            "armv6m",
            ARM,
            SYSTEM_ARM,
            f"-machine microbit -global {NRF51}",
            0x20000000,
            lasting=False,
        ),
        Board("cortex-m3", "armv7m", ARM, SYSTEM_ARM, "-machine mps2-an385", 0x21000000),
        Board("cortex-m4f", "armv7emsp", ARM, SYSTEM_ARM, "-machine mps2-an386", 0x21000000),
        Board("cortex-m7", "armv7emdp", ARM, SYSTEM_ARM, "-machine mps2-an500", 0x60000000),
        Board(
            "rv32",
            "rv32imc",
            "riscv64-unknown-elf-",
            "qemu-system-riscv32",
            "-machine virt -m 16M -bios none",
            0x80000000,
            forgets=MAILBOX,
        ),
        Board("x86", "x86", "", "", "", 0),
    )
}
