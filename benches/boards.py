"""Figures of an emulated Cortex-M3, a firmware with SaguarOTA in it beside one with the native
module: heap, flash, and instructions, which QEMU counts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_host import ROOT
from heap import least
from report import KIB, Table, reached

sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python")]

from firmware import building  # noqa: E402
from firmware.boards import BOARDS  # noqa: E402
from firmware.modem import Modem  # noqa: E402
from firmware.qemu import Raised, Silent  # noqa: E402
from firmware.rig import Emulated, boot_of  # noqa: E402
from support import Release, sign  # noqa: E402

BOARD = BOARDS["cortex-m3"]
COUNTS = (10, 100)
FILE_BYTES = 64
KEY = "k"
BLOCKS = 256
ENTRIES = 200
# Instructions between two steps of the board's counter.
STEP = 40
# What is measured takes the least of a few, for the collector may begin in one.
MEASURE = """
import gc, io
from machine import mem32
from hashlib import sha256
from _saguarota import Manifest, digest

def cost(action):
    found = []
    for _ in range(3):
        gc.collect()
        start = mem32[0x40028018]
        action()
        found.append(mem32[0x40028018] - start)
    return min(found)

def hashed(size):
    data = bytes(size)
    return [
        cost(lambda: digest("md5", io.BytesIO(data), buffer)),
        cost(lambda: digest("sha256", io.BytesIO(data), buffer)),
        cost(lambda: sha256(data).digest()),
    ]

def walk():
    manifest.rewind()
    while manifest.next(None, False, True):
        pass

buffer = bytearray(512)
print(hashed(1024))
print(hashed(33 * 1024))
manifest = Manifest(open("/manifest", "rb"), buffer, "", "signature")
print([cost(manifest.validate), cost(lambda: manifest.verify("k")), cost(walk)])
"""


def _device(folder: Path, form: str) -> Emulated:
    firmware, lib = building.firmware(BOARD, form), building.library(BOARD, form)
    return Emulated(folder / "board", BOARD, firmware, lib, BLOCKS)


def _least(device: Emulated, release: Release, guess: int) -> int:
    """The least heap, bytes, with which the board takes the release; the firmware's heap is made
    smaller by one large object at its beginning."""
    empty = device.memory.image(device.blocks)
    script = device.script([["check_and_perform_ota"]])

    def completes(heap: int) -> bool:
        device.memory.load(empty)
        with Modem(device.memory.path), device.machine() as machine:
            try:
                machine.run(f"ballast = bytearray({max(0, building.HEAP - heap)})")
                boot = boot_of(machine.run(script, 120), machine.ended)
            except (Raised, Silent):
                return False
        return bool(boot.calls) and boot.reset and device.app() == release.tree()

    return least(completes, guess)


def heap_table() -> Table:
    """The least heap for an update."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for count in COUNTS:
            row = [str(count)]
            for form in building.FORMS:
                folder = Path(name, f"{form}-{count}")
                with Release(folder / "release", auth_key=KEY) as release:
                    release.put_all({f"app/f{n:04}.py": b"%064d" % n for n in range(count)})
                    release.manifest = release.builder.generate_manifest()
                    device = _device(folder, form).follow(
                        release, manifest_auth_key=KEY, progress_callback=None
                    )
                    row.append(f"{_least(device, release, 64 * KIB) / KIB:.2f}")
            rows.append(row)
    return Table(
        "8. Least heap of a Cortex-M3 that completes a signed update of every file, KiB",
        ["files", "native module", "firmware"],
        rows,
        [],
    )


def _sections(path: Path) -> dict[str, int]:
    """Bytes of code and of constants in an object or a firmware."""
    out = subprocess.run(
        [BOARD.cross + "size", "-A", str(path)], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    found = {"text": 0, "rodata": 0}
    for section, size in re.findall(r"^\.(text|rodata|data\.rel\.ro)\S* +(\d+)", out, re.M):
        found["text" if section == "text" else "rodata"] += int(size)
    return found


def flash_table() -> Table:
    """What each form takes of the flash."""
    lib = building.library(BOARD, building.NATMOD)
    native = len(lib["_saguarota.mpy"])
    module = _sections(ROOT / f"build/natmod/{BOARD.arch}/module.o")
    without, within = (sum(_sections(building.firmware(BOARD, f)).values()) for f in building.FORMS)
    core = _sections(building.firmware(BOARD, building.FROZEN).parent / "saguarota.o")
    total = sum(map(len, lib.values()))
    return Table(
        "9. Flash taken on a Cortex-M3, bytes",
        ["", "text", "rodata", "in all"],
        [
            ["native module, _saguarota.mpy", *map(str, module.values()), str(native)],
            ["package: __init__.mpy and pack", "", "", str(total - native)],
            ["lib/ in all", "", "", str(total)],
            ["firmware: the Rust core", *map(str, core.values()), str(sum(core.values()))],
            ["firmware: core, glue and package", "", "", str(within - without)],
        ],
        [
            f"at most 21 KB (21504) for the native module: {reached(native <= 21504)}",
        ],
    )


def instructions_table() -> Table:
    """Instructions, counted by QEMU."""
    files = [
        {"path": f"lib/module_{n:03}.py", "version": 1700000000 + n, "md5": f"{n:032x}"}
        for n in range(ENTRIES)
    ]
    manifest = {"version": 1700000000 + ENTRIES, "files": files}
    payload = len("".join(f"{f['path']}\t{f['version']}\t{f['md5']}\n" for f in files))
    with tempfile.TemporaryDirectory() as name:
        device = _device(Path(name), building.FROZEN)
        device.put(
            {"manifest": json.dumps({**manifest, "signature": sign(manifest, KEY)}).encode()}
        )
        with device.machine("-icount", "shift=0") as machine:
            start = f"import board\nboard.start({BOARD.memory}, {device.blocks})\n"
            said = machine.run(start + MEASURE).splitlines()
    small, large, (plain, signed, walked) = (eval(line) for line in said)
    md5, sha256, c_sha256 = ((b - a) * STEP / 32 for a, b in zip(small, large))
    rows = [
        ["MD5, a KiB", f"{md5:.0f}", "not in this firmware"],
        ["SHA-256, a KiB", f"{sha256:.0f}", f"{c_sha256:.0f}"],
        ["manifest entry, checked", f"{plain * STEP / ENTRIES:.0f}", ""],
        ["manifest entry, its signature", f"{signed * STEP / ENTRIES:.0f}", ""],
        ["manifest entry, passed on", f"{walked * STEP / ENTRIES:.0f}", ""],
    ]
    return Table(
        "10. Instructions on a Cortex-M3",
        ["", "SaguarOTA", "MicroPython's own, in C"],
        rows,
        [f"manifest: {ENTRIES} entries of {payload / ENTRIES:.0f} bytes of payload, on littlefs"],
    )


def tables() -> list[Table]:
    """Figures 8 to 10; takes some 2 minutes."""
    return [heap_table(), flash_table(), instructions_table()]
