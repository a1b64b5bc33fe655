"""All meddles on each disk: the tasks, what comes of them, and how that is printed."""

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from power.expected import JOURNAL
from power.machine import DISKS, Crashed, Machine
from power.meddle_case import TRIAL_OVER, Case, prepared
from power.meddles import meddles
from power.stage import Failed, Stage

_PARTS = 4
# How many things that are wrong are told of one meddle.
_TEXTS = 6


@dataclass(frozen=True)
class Task:
    """Meddles that one process makes one after the other. `way`: how the device comes to the
    rollback; `part`: (number, of how many); `name`: one meddle alone; `sample`: every so many."""

    kind: str
    block: int
    way: str
    part: tuple = (0, 1)
    name: str = ""
    sample: int = 1
    bug: str = ""


@dataclass
class Result:
    """What came of a Task. `violations`: {name of the meddle: what is wrong, a list of texts}."""

    task: Task
    cases: int = 0
    boots: int = 0
    seconds: float = 0
    violations: dict = field(default_factory=dict)


def tasks(kinds, blocks, ways):
    """All of them, or the chosen ones."""
    for kind in kinds:
        for block in blocks:
            for way in ways:
                for part in range(_PARTS):
                    yield Task(kind, block, way, (part, _PARTS))


def run(task, tell=None):
    """Do a task; returns its Result. `tell`: called with lines about each boot."""
    start = time.perf_counter()
    result = Result(task)
    with ExitStack() as running:
        machine = running.enter_context(Machine(DISKS[task.kind, task.block]))
        folder = running.enter_context(tempfile.TemporaryDirectory(prefix="power-"))
        try:
            stage = Stage(machine, running, folder, bug=task.bug)
            scene = prepared(stage, task.way, running)
        except (Failed, Crashed) as e:
            result.violations[""] = [f"FAILED, not meddled with at all: {e}"]
            return result
        made = meddles(stage.device, stage.tree()[JOURNAL], task.kind)
        made = [one for one in made if task.way == TRIAL_OVER or not one.trial]
        number, parts = task.part
        made = made[number * task.sample :: parts * task.sample]
        for meddle in made:
            if task.name in ("", meddle.name):
                result.cases += 1
                found = Case(scene, meddle, tell).run()
                result.violations.update({meddle.name: found} if found else {})
        result.boots = machine.boots
    result.seconds = time.perf_counter() - start
    return result


def head():
    """The line above the rows."""
    return _ROW.format("file system", "block", "way", "meddles", "boots", "violations", "seconds")


def lines(results):
    """A line for each file system, block size and way."""
    rows = {}
    for one in results:
        rows.setdefault((one.task.kind, one.task.block, one.task.way), []).append(one)
    for key, parts in rows.items():
        sums = [sum(getattr(one, name) for one in parts) for name in ("cases", "boots")]
        found = sum(len(one.violations) for one in parts)
        yield _ROW.format(*key, *sums, found, f"{sum(one.seconds for one in parts):.1f}")


def violations(results):
    """Each violation as text, with the command line that shows it alone."""
    for result in results:
        task = result.task
        for name, texts in result.violations.items():
            yield f"VIOLATION, {task.kind}, {task.block}, {task.way}, {name!r}:"
            yield from (f"    {text}" for text in texts[:_TEXTS])
            yield "    " + command(task, name)


def command(task, name):
    """The command line that makes one meddle and tells what comes of it."""
    words = f"build/venv/bin/python tests/power --file-system {task.kind} --block {task.block}"
    words += f" --way {task.way} --meddle '{name}'"
    return words + (f" --bug {task.bug}" if task.bug else "")


_ROW = "{:12}{:>6}  {:8}{:>9}{:>7}{:>12}{:>9}"
