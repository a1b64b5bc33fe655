#!/usr/bin/env python3
"""Kills a device at random moments: the unix port with a folder of the host as its flash.

    tests/power/kills.py --kills 2000 --workers 2 --seed 1 [--mode update]
    tests/power/kills.py --mode update --replay FOLDER

A watcher waits until the updater is about to work, sleeps for a while drawn from 0 to a bit over
the time that this takes undisturbed, and sends SIGKILL. Boots without network follow, of which some
are killed while they recover, until the device is at rest: it must have the old release or the new
one, whole. If that is the new one, the way back from it must work, too; and with network the device
must come to the new release. What a violation was found in is kept, for --replay.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python")]

from power.kill_modes import MODES, Bench, Rest  # noqa: E402
from support import OFFLINE, Device, Release, heard, read_tree, write_files  # noqa: E402

DIST = ROOT / "dist/x64_6.3"
# Boots without network until a device is at rest, and with it until it has the new release.
BOOTS = 4
# Delays are drawn up to so many times the length of an undisturbed run.
BEYOND = 1.05
# The share of recoveries that are killed as well.
AGAIN = 1 / 3
# Kills at a time that one process sets up a device for.
PORTION = 100
# Violations of such a portion that are printed.
TOLD = 3
# Undisturbed runs whose median is the length of the next.
RUNS = 15

# The watcher needs a moment to wake up.
SOURCE = """
from time import sleep_us
updater = make()
say(working=True)
sleep_us(200)
call(updater, *{!r})
"""
CHECK = ["check_and_perform_ota"]

BEFORE, INSIDE, RECOVERY, AFTER = "before", "inside", "recovery", "after"


class Row(NamedTuple):
    """What came of a mode. `kills` are those `inside` the call at work on the flash, those in a
    `recovery` at work on it, those `after` the last change, and the rest, before the first one."""

    mode: str
    kills: int
    inside: int
    recovery: int
    after: int
    violations: int
    seconds: float


@dataclasses.dataclass
class Violation:
    """`kills`: (place, milliseconds) of each kill of the round, in order; `tree`: the flash as the
    last of them left it; `what`: what is wrong then; `log`: consoles of the boots that followed."""

    mode: str
    kills: list
    tree: dict
    what: str
    log: str


class Wrong(Exception):
    """The device is not as it must be."""


class Round:
    """Kills of one device in one mode, each round from the same flash on."""

    def __init__(self, bench, mode, draw):
        self.bench = bench
        self.device = bench.device
        self.mode = mode
        self.draw = draw
        self.start = self.device.tree()
        self.log = []
        # Seconds of the last undisturbed runs: the call's, and recoveries'.
        self.calls = deque(maxlen=RUNS)
        self.recoveries = deque(maxlen=RUNS)

    def measure(self):
        """Find out how long the call takes, and how it ends. Recoveries are taken to be as long
        until there was one."""
        for _ in range(3):
            self.bench.restore(self.start)
            self.calls.append(self._run(self.bench.call, self.bench.options)[1])
        self.recoveries.extend(self.calls)
        self.end = Rest.of(self.device.tree())

    def run(self):
        """Kill the call, then what follows; returns the kills, (place, milliseconds) of each, and
        the Violation or None."""
        self.bench.restore(self.start)
        inside = RECOVERY if self.bench.recovers else INSIDE
        kills = [self._kill(self.bench.call, self.bench.options, self.calls, self.end, inside)]
        while self.device.state() == "installing" and self.draw.random() < AGAIN:
            recovery = (CHECK, OFFLINE, self.recoveries, self.bench.old, RECOVERY)
            kills.append(self._kill(*recovery))
        tree = self.device.tree()
        what = self.verdict(self.draw.random() < 0.5)
        return kills, what and Violation(self.mode, kills, tree, what, "\n".join(self.log))

    def verdict(self, back):
        """What is wrong with the device from here on; None if nothing is. `back`: whether a
        backup that is left is made use of."""
        self.log = []
        try:
            end, rest = self._rests()
            if back and rest.can_revert:
                if not self._boot(["revert_update"], OFFLINE).reset:
                    raise Wrong("revert_update() did not reset the device")
                self._is(self.bench.old, "reverted")
                end = "old"
            if end == "old":
                self._updates()
        except Wrong as wrong:
            return str(wrong)
        return None

    def _rests(self):
        """Boot without network until the device is at rest: the name of its end, and the Rest."""
        for _ in range(BOOTS):
            if not self._boot(CHECK, OFFLINE).reset:
                break
        else:
            raise Wrong(f"not at rest after {BOOTS} boots")
        rest = Rest.of(self.device.tree())
        found = []
        for name, wanted in self.bench.ends.items():
            what = rest.differs(wanted, self.bench.loose)
            if not what:
                return name, rest
            found.append(f"not {name}: {what}")
        # What is nearest.
        raise Wrong(min(found, key=len))

    def _updates(self):
        for _ in range(BOOTS):
            self._boot(CHECK, {})
            if self.device.state() == "confirm_pending":
                break
        # Nothing is loose any more.
        self._is(self.bench.new, "with network", {})

    def _is(self, wanted, when, loose=None):
        loose = self.bench.loose if loose is None else loose
        found = Rest.of(self.device.tree()).differs(wanted, loose)
        if found:
            raise Wrong(f"{when}: {found}")

    def _boot(self, call, options):
        boot, seconds, _ = self._run(call, options)
        if boot.status or not boot.calls:
            raise Wrong(f"{call[0]} ended with status {boot.status}")
        self.log.append(f"{call[0]}: {boot.calls[-1]}\n{boot.log}")
        if boot.reset:
            if "rolling back" in boot.log:
                self.recoveries.append(seconds)
            elif (call, options) == (self.bench.call, self.bench.options):
                self.calls.append(seconds)
        return boot

    def _kill(self, call, options, lengths, end, inside):
        """Kill a call that undisturbed takes as long as `lengths` and ends in the Rest `end`;
        returns the place, `inside` where it was at work on the flash, and the milliseconds."""
        before = self.device.tree()
        delay = self.draw.uniform(0, BEYOND * statistics.median(lengths))
        boot, _, waited = self._run(call, options, delay)
        tree = self.device.tree()
        place = inside
        if not boot.killed:
            place = AFTER
        elif tree == before:
            place = BEFORE
        else:
            rest = Rest.of(tree)
            if rest.backup == end.backup and not rest.differs(end, self.bench.loose):
                place = AFTER
        return place, round(waited * 1000, 3)

    def _run(self, call, options, delay=None):
        """Boot into a call, kill it after `delay` seconds of work; returns what it said, the
        seconds that it worked, and those after which it was killed, if it was."""
        source = SOURCE.format(call)
        options = {**self.device.options, "progress_callback": None, **options}
        with subprocess.Popen(**self.device.process(source=source, options=options)) as process:
            said = _until(b'"working"', process.stdout)
            begun = time.perf_counter()
            waited = 0
            if delay is None:
                said += _until(b'"call"', process.stdout)
            else:
                time.sleep(delay)
                waited = time.perf_counter() - begun
                process.kill()
            seconds = time.perf_counter() - begun
            said += process.stdout.read()
            process.wait()
            return heard(said, process.returncode), seconds, waited


def _until(word, lines):
    """Reads as far as the line with this word."""
    said = b""
    for line in lines:
        said += line
        if word in line:
            break
    return said


@contextmanager
def bench_of(mode, lib):
    """A Round's Bench, in a folder that is removed."""
    with tempfile.TemporaryDirectory() as work, ExitStack() as running:
        release = running.enter_context(Release(Path(work) / "release"))
        device = Device(Path(work) / "flash", ROOT / "build/bin/micropython", lib)
        bench = Bench(device, release, running)
        MODES[mode](bench)
        yield bench


def portion(mode, count, seed, lib):
    """At least `count` kills of a mode by one process: (Row, violations)."""
    # The server's threads shall not delay the watcher's.
    sys.setswitchinterval(1e-4)
    begun = time.monotonic()
    places, violations = [], []
    with bench_of(mode, lib) as bench:
        rounds = Round(bench, mode, random.Random(seed))
        rounds.measure()
        while len(places) < count:
            kills, violation = rounds.run()
            places += [place for place, _ in kills]
            violations += [violation] * bool(violation)
    counts = [places.count(place) for place in (INSIDE, RECOVERY, AFTER)]
    row = Row(mode, len(places), *counts, len(violations), time.monotonic() - begun)
    return row, violations


def run(count, workers, seed, modes=MODES, lib=DIST, tell=None):
    """At least `count` kills over all modes, by so many processes: a Row for each mode, whose
    seconds are those of its processes. The same `seed` draws the same delays; where they hit is up
    to the machine. `tell` gets each Violation; by default, some have their report() printed."""
    share = -(-count // len(modes))
    jobs = []
    for mode in modes:
        pieces = max(-(-share // PORTION), -(-workers // len(modes)))
        size = -(-share // pieces)
        jobs += [(mode, size, f"{seed} {mode} {piece}", lib) for piece in range(pieces)]
    rows = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for row, violations in pool.map(portion, *zip(*jobs)):
            sums = [a + b for a, b in zip(rows.get(row.mode, Row(row.mode, *[0] * 6))[1:], row[1:])]
            rows[row.mode] = Row(row.mode, *sums)
            for number, violation in enumerate(violations):
                if tell or number < TOLD:
                    (tell or report)(violation)
    return list(rows.values())


def report(violation):
    """Prints a violation, and how to go on from it."""
    print(keep(violation, Path(tempfile.mkdtemp(prefix=f"kill-{violation.mode}-"))), flush=True)


def table(rows):
    """The rows as lines of text, with their sum."""
    total = Row("all", *(sum(column) for column in list(zip(*rows))[1:]))
    yield "mode       kills  before  in the call  in a recovery  after the end  violations  seconds"
    for row in [*rows, total]:
        before = row.kills - row.inside - row.recovery - row.after
        yield "{:9}{:7}{:8}{:13}{:15}{:15}{:12}{:9.1f}".format(*row[:2], before, *row[2:])


def keep(violation, folder):
    """Write what the last kill left of the flash to `folder`; returns text about the violation."""
    for path in violation.tree:
        if path.endswith("/"):
            (folder / path).mkdir(parents=True, exist_ok=True)
    write_files(folder, {path: text for path, text in violation.tree.items() if text is not None})
    kills = ", ".join(f"{place} ({milliseconds} ms)" for place, milliseconds in violation.kills)
    return (
        f"VIOLATION in mode {violation.mode}, killed {kills}:\n  {violation.what}\n"
        + "".join(f"    {line}\n" for line in violation.log.splitlines())
        + f"  again: {Path(__file__).relative_to(ROOT)} --mode {violation.mode} --replay {folder}"
    )


def replay(mode, folder, lib):
    """Go on from a flash that keep() has written: what is wrong with it, or None. Prints what the
    boots say."""
    tree = read_tree(folder)
    with bench_of(mode, lib) as bench:
        rounds = Round(bench, mode, random.Random())
        for back in (False, True):
            bench.restore(tree)
            what = rounds.verdict(back)
            print("\n".join(rounds.log))
            if what:
                return what
    return None


def main():
    """The command line; 1 where a violation was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=2000, metavar="N", help="at least so many")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes")
    parser.add_argument("--seed", default="1", help="of the delays")
    parser.add_argument("--mode", choices=MODES, help="only this one")
    parser.add_argument("--replay", metavar="FOLDER", help="a flash that a violation was kept in")
    args = parser.parse_args()
    if args.replay:
        what = replay(args.mode or parser.error("--replay takes --mode"), args.replay, DIST)
        print(what or "no violation")
        return int(bool(what))
    begun = time.monotonic()
    rows = run(args.kills, args.workers, args.seed, [args.mode] if args.mode else MODES)
    print("\n".join(table(rows)))
    print(f"seed {args.seed}, {args.workers} workers, {time.monotonic() - begun:.1f} s")
    return int(any(row.violations for row in rows))


if __name__ == "__main__":
    sys.exit(main())
