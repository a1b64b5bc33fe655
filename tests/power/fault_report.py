"""What the faults have found: a part of `make power`, and one fault alone, told boot by boot."""

from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack

from power import faults
from power.fault_devices import ACTIONS
from power.fault_modes import (
    BLOCK,
    EIO,
    ENOSPC,
    LASTING,
    MODES,
    ONCE,
    READ,
    ROOM,
    WRITE,
    Mode,
    Task,
)

# Of blocks of 4096 bytes, so many operations of each mode.
_LARGE = 20
_ROW = "{:12}{:>6}  {:13}{:24}{:>8}{:>9}{:>12}{:>9}{:>9}"

_EXCUSED = "excused: littlefs itself loses files after an error within a rename or an rmdir\n"


def add_options(parser):
    """The options that choose faults, on a parser of tests/power."""
    ops, hows, errors = (READ, WRITE, ROOM), (ONCE, LASTING, BLOCK), (EIO, ENOSPC)
    parser.add_argument("--every", action="store_true", help="let every single read fail")
    alone = parser.add_argument_group("one fault alone, told in full; needs a scenario, too")
    alone.add_argument("--fault-op", choices=ops)
    alone.add_argument("--at", type=int, help="number of the operation or block; free blocks")
    alone.add_argument("--how", choices=hows, default=ONCE)
    alone.add_argument("--errno", type=int, choices=errors, default=EIO)
    alone.add_argument("--lands", action="store_true", help="a failing write is done all the same")


def run_all(options, context):
    """Let the flash fail in all ways, on the chosen disks, in the chosen scenarios; prints a table
    and returns how many violations there were. `context`: of multiprocessing."""
    tasks = [
        Task(kind, block, action, MODES[kind], "", _LARGE * (block != 512), options.every)
        for kind in options.file_system
        for block in options.block
        for action in ACTIONS
        if action in options.scenario
    ]
    print(head())
    cases = found = excused = 0
    with ProcessPoolExecutor(options.workers, context) as pool:
        for result in pool.map(faults.run, tasks):
            print(*lines(result), *violations(result), sep="\n", flush=True)
            cases += sum(row.cases for row in result.rows)
            excused += sum(len(row.excused) for row in result.rows)
            found += sum(len(row.violations) for row in result.rows) + bool(result.failed)
    print(_ROW.format("all", "", "", "", cases, "", found, excused, ""), _EXCUSED, sep="\n")
    return found


def head():
    """The line above the rows."""
    names = "file system", "block", "scenario", "fault", "cases", "distinct", "violations"
    return _ROW.format(*names, "excused", "seconds")


def lines(result):
    """A line for each mode of a task."""
    task = result.task
    for row in result.rows:
        counts = row.cases, row.runs, len(row.violations), len(row.excused)
        names = task.kind, task.block, task.action, str(row.mode)
        yield _ROW.format(*names, *counts, f"{row.seconds:.1f}")


def violations(result):
    """Each violation as text: what is wrong, by which faults it came about, and the command line
    that shows the first of them alone."""
    task = result.task
    if result.failed:
        yield f"FAILED, no fault was made: {task}: {result.failed}"
    for row in result.rows:
        found = {}
        for at, what in row.violations:
            found.setdefault(what, []).append(at)
        for what, ats in found.items():
            yield f"VIOLATION, {task.kind}, {task.block}, {task.action}, {row.mode}: {what}"
            yield f"    at {', '.join(str(at) for at in ats)}"
            yield "    " + command(task, row.mode, ats[0])


def command(task, mode, at):
    """The command line that makes one fault and tells what comes of it."""
    words = ["build/venv/bin/python", "tests/power", "--file-system", task.kind]
    words += ["--block", task.block, "--scenario", task.action]
    words += ["--fault-op", mode.op, "--at", at, "--how", mode.how, "--errno", mode.errno]
    words += ["--lands"] * mode.lands
    if task.bug:
        words += ["--bug", task.bug]
    return " ".join(str(word) for word in words)


def show(options):
    """Make the fault that the command line names and print what the device does; returns 1 where
    it is a violation."""
    (kind,), (block,), (action,) = options.file_system, options.block, options.scenario
    mode = Mode(options.fault_op, options.how, options.errno, options.lands)
    with ExitStack() as running:
        made = faults.prepare(running, Task(kind, block, action, (mode,), options.bug))
        verdict = made.judge(mode, options.at, tell=_tell)
    if verdict.excused:
        print(f"excused, littlefs's own: {verdict.what}")
        return 0
    print(f"VIOLATION: {verdict.what}" if verdict.what else "no violation")
    return 1 if verdict.what else 0


def _tell(when, boots):
    print(f"boots {when}:\n{boots.console}")
    for number, boot in enumerate(boots.boots):
        boot.pop("blocks", None)
        print(f"    {number}: {boot}")
    for path, content in sorted((boots.tree or {}).items()):
        print(f"    {path:40}", "" if content is None else f"{len(content):6}  {content[:40]!r}")
    print()
