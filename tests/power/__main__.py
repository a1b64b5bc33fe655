"""Cuts the power at every write, meddles with devices on trial, lets the flash fail, kills: `make
power`.

    build/venv/bin/python tests/power [--workers N] [--file-system fat] [--scenario revert] ...

Without options all of it. Ends with 1 where there was a violation.
"""

import argparse
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python")]

from power import fault_report, matrix, meddle_case, meddling, report, single  # noqa: E402
from power.cutting import LOST  # noqa: E402
from power.scenarios import SCENARIOS  # noqa: E402

KILLS = 2000
_PARTS = ("cuts", "meddling", "faults", "kills")


def main():
    """The command line."""
    options = _options()
    if options.cut is not None:
        return single.show(options)
    if options.fault_op:
        return fault_report.show(options)
    if options.meddle is not None:
        return single.show_meddle(options)
    start = time.monotonic()
    found = 0
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, context) as pool:
        if "cuts" in options.part:
            found += _cut(options, pool)
        if "meddling" in options.part:
            found += _meddle(options, pool)
    if "faults" in options.part:
        found += fault_report.run_all(options, context)
    if options.kills and "kills" in options.part:
        found += _kill(options)
    seconds = time.monotonic() - start
    print(f"{found or 'no'} violations, {seconds:.0f} s with {options.workers} workers")
    return 1 if found else 0


def _cut(options, pool):
    """Cut the power at every write; returns how many violations there were."""
    tasks = list(matrix.tasks(options.file_system, options.block, options.room, options.scenario))
    print(report.head())
    results = []
    for result in pool.map(matrix.run, tasks):
        results.append(result)
        task = result.task
        if task == tasks[-1] or _place(task) != _place(tasks[len(results)]):
            same = [one for one in results if _place(one.task) == _place(task)]
            print(*report.lines(same), *report.violations(same), sep="\n", flush=True)
    print(report.total(results), "", *report.costs(results), "", sep="\n", flush=True)
    found = sum(len(row.violations) for result in results for row in result.rows)
    return found + sum(bool(result.failed) for result in results)


def _meddle(options, pool):
    """Meddle with devices on trial; returns how many violations there were."""
    tasks = meddling.tasks(options.file_system, options.block, options.way)
    results = list(pool.map(meddling.run, tasks))
    print(meddling.head(), *meddling.lines(results), sep="\n")
    print(*meddling.violations(results), "", sep="\n", flush=True)
    return sum(len(result.violations) for result in results)


def _kill(options):
    """Kill the device at random moments; returns how many violations there were."""
    from power import kills

    rows = kills.run(options.kills, options.workers, options.seed)
    print(*kills.table(rows), "", sep="\n")
    return sum(row.violations for row in rows)


def _place(task):
    return task.kind, task.block, task.room, task.scenario, task.doubles


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    rooms = (matrix.PLENTY, matrix.SCARCE, matrix.SHIFTED)
    kinds = ("littlefs", "fat")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--file-system", nargs="+", choices=kinds, default=kinds)
    parser.add_argument(
        "--block", nargs="+", type=int, choices=matrix.BLOCKS, default=matrix.BLOCKS
    )
    parser.add_argument("--room", nargs="+", choices=rooms, default=rooms)
    names = list(SCENARIOS)
    parser.add_argument("--scenario", nargs="+", choices=names, default=names)
    parser.add_argument("--part", nargs="+", choices=_PARTS, default=_PARTS, help="default: all")
    ways = meddle_case.WAYS
    parser.add_argument("--way", nargs="+", choices=ways, default=ways, help="of meddling")
    parser.add_argument("--kills", type=int, default=KILLS, help="0: none")
    parser.add_argument("--seed", default="1", help="of the moments of the kills")
    alone = parser.add_argument_group(
        "one cut or meddle alone, told in full; needs the disk, and scenario or way"
    )
    alone.add_argument("--cut", type=int, help="number of the write, from 0")
    alone.add_argument("--second", type=int, help="number of the write of the recovery")
    alone.add_argument("--fault", default=LOST)
    alone.add_argument("--shift", type=int, default=0, help="entries before the names on FAT")
    alone.add_argument("--meddle", help="instead of a cut: one meddle, by its name")
    alone.add_argument("--bug", default="", help="one of tests/power/device/bugs.py")
    fault_report.add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
