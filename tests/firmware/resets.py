#!/usr/bin/env python3
"""Resets an emulated Cortex-M3 at random moments of an update.

    tests/firmware/resets.py --resets 300 --workers 2 --seed 1

The rounds and the oracle are those of tests/power/kills.py, with a board in place of a process of
the host: the emulator is killed between any two instructions, in the middle of a block that is
written to the flash as well, and started again on what its RAM has then. Some recoveries are reset,
too. With the board at rest, its tree must be the old release's or the new one's, exactly; and with
network it must come to the new one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python")]

from firmware import building  # noqa: E402
from firmware.boards import BOARDS  # noqa: E402
from firmware.flash import change, tree_of  # noqa: E402
from firmware.modem import Modem  # noqa: E402
from firmware.qemu import Raised  # noqa: E402
from firmware.rig import Emulated, boot_of  # noqa: E402
from power import kills  # noqa: E402
from power.kill_modes import MODES, Bench  # noqa: E402
from support import SIGKILL, Release  # noqa: E402

BOARD = BOARDS["cortex-m3"]
MODE = "update"
KEY = "clé-secrète"
BLOCKS = 96
# Resets that one process makes with one board.
PORTION = 50
SOURCE = "{}\nupdater = make()\nsay(working=True)\ncall(updater, *{!r})\n"
# A fault that the oracle must see: files are overwritten in place, without a backup. It takes its
# time, so that many resets fall between two of them.
IN_PLACE = """
import sys, time
from saguarota import OTAUpdater, fs, installation

def install(self, path, buffer):
    mark, _ = installation.pop(self, path)
    target = fs.join(self.dest_dir, path)
    fs.make_parents(target)
    fs.copy(self.part, target, buffer)
    fs.remove(self.part)
    if mark == "B":
        fs.write(self.progress, "-", "a")
    time.sleep_ms(40)

installation.install = install
"""


class Board(Emulated):
    """A board that comes back to an earlier flash at once; one that nobody has seen is written."""

    images = None

    def tree(self):
        """As Device.tree()."""
        image = self.memory.image(self.blocks)
        tree = tree_of(image, self.blocks)
        if self.images is not None:
            self.images.append((tree, image))
        return tree


class BoardBench(Bench):
    """A Bench with a Board."""

    def __init__(self, device, release, running):
        device.images = []
        device.options["manifest_auth_key"] = KEY
        super().__init__(device, release, running)
        self.empty = device.memory.image(device.blocks)

    def restore(self, tree):
        """As Bench.restore()."""
        device = self.device
        for seen, image in device.images:
            if seen == tree:
                device.memory.load(image)
                return
        files = {path: content for path, content in tree.items() if content is not None}
        device.memory.load(change(self.empty, files, device.blocks))


class Round(kills.Round):
    """Resets of one board."""

    def __init__(self, bench, mode, draw, bug=""):
        super().__init__(bench, mode, draw)
        self.bug = bug
        self.device.images = bench.device.images[-1:]

    def run(self):
        """As kills.Round.run()."""
        del self.device.images[1:]
        return super().run()

    def _run(self, call, options, delay=None):
        device = self.device
        options = {**device.options, "progress_callback": None, **options}
        source = SOURCE.format(self.bug, call)
        with Modem(device.memory.path), device.machine() as machine:
            machine.start(device.script(options=options, source=source))
            begun = waited = time.perf_counter()
            alive = status = 0
            try:
                said = machine.hear('"working": true}')
                begun = time.perf_counter()
                if delay is None:
                    said += machine.finish()
                else:
                    time.sleep(delay)
                    alive = machine.kill()
                waited = time.perf_counter() - begun
            except Raised as error:
                said, status = str(error), 1
        boot = boot_of(said, machine.ended)
        boot.status = SIGKILL if alive else status
        return boot, waited, waited


@contextmanager
def bench_of(firmware, lib):
    """A Round's Bench, in a folder that is removed."""
    with tempfile.TemporaryDirectory() as work, ExitStack() as running:
        release = running.enter_context(Release(Path(work) / "release", auth_key=KEY))
        device = Board(Path(work) / "board", BOARD, firmware, lib, BLOCKS)
        bench = BoardBench(device, release, running)
        MODES[MODE](bench)
        yield bench


def portion(form, built, count, seed, bug):
    """At least `count` resets by one process: (kills.Row, violations). `built`: the firmware of
    this form, and what lib/ has. With a planted `bug`, the first violation is enough."""
    sys.setswitchinterval(1e-4)
    begun = time.monotonic()
    places, violations = [], []
    with bench_of(*built) as bench:
        rounds = Round(bench, form, random.Random(seed), bug)
        rounds.measure()
        while len(places) < count and not (bug and violations):
            done, violation = rounds.run()
            places += [place for place, _ in done]
            violations += [violation] * bool(violation)
    counts = [places.count(place) for place in (kills.INSIDE, kills.RECOVERY, kills.AFTER)]
    row = kills.Row(form, len(places), *counts, len(violations), time.monotonic() - begun)
    return row, violations


def run(count, workers, seed, bug=""):
    """At least `count` resets, half of them in each form of the firmware: a kills.Row for each
    portion, and the violations. The same `seed` draws the same delays; where they hit is up to the
    machine. A `bug` is planted in the frozen form, where modules have their own names."""
    forms = (building.FROZEN,) if bug else building.FORMS
    pieces = max(2, -(-count // PORTION))
    # Built here: the processes would get into each other's way.
    built = {
        form: (building.firmware(BOARD, form), building.library(BOARD, form)) for form in forms
    }
    jobs = []
    for piece in range(pieces):
        form = forms[piece % len(forms)]
        jobs.append((form, built[form], -(-count // pieces), f"{seed} {piece}", bug))
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        done = list(pool.map(portion, *zip(*jobs)))
    return [row for row, _ in done], [one for _, violations in done for one in violations]


def told(violation):
    """A violation as text."""
    moments = ", ".join(f"{place} ({milliseconds} ms)" for place, milliseconds in violation.kills)
    return f"{violation.mode}, reset {moments}: {violation.what}\n{violation.log}"


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resets", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rows, violations = run(chosen.resets, chosen.workers, chosen.seed)
    print("\n".join(kills.table(rows)))
    print("\n".join(told(violation) for violation in violations[:5]))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
