"""The tasks that make up the matrix, and how one of them is run."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field

from power.cutting import DONE, FAULTS, FIRST, LOST, RANDOM, SECOND, Cutting, Row
from power.machine import DISKS, Crashed, Machine
from power.scenarios import SCENARIOS
from power.stage import Failed, Stage

# Those whose recovery is cut as well, on blocks of 512 bytes.
DOUBLES = ("incremental", "revert")
# How the second cut's write lands.
DOUBLE = {"littlefs": (LOST, RANDOM), "fat": (LOST,)}
_CHUNKS = 8
BLOCKS = (512, 4096)
# Blocks beyond the least room: a cut may cost FAT a cluster, which it has given to a file that no
# entry knows of, and a replacement needs one.
_SPARE = {"littlefs": 0, "fat": 1}
PLENTY, SCARCE, SHIFTED = "plenty", "scarce", "shifted"
# On FAT, with each number of entries before them that a sector may have.
_SHIFTS = range(1, 16)
_TO_SHIFT = ("incremental", "prune", "rollback", "revert", "confirm", "cleanup")


@dataclass(frozen=True)
class Task:
    """Cuts that one process makes one after the other.

    `room`: PLENTY; SCARCE, a disk that has the least room with which the undisturbed action
    succeeds, see _SPARE; SHIFTED, names lie `shift` entries further on. `faults`: of single cuts;
    `doubles`: of second cuts. `part`: (number, of how many) of the cut points. `bug`: one of
    device/bugs.py.
    """

    kind: str
    block: int
    room: str
    scenario: str
    faults: tuple = ()
    doubles: tuple = ()
    part: tuple = (0, 1)
    bug: str = ""
    shift: int = 0
    # At most so many cut points of each fault, evenly spread; 0 for all.
    sample: int = 0

    def range(self, points):
        """The numbers of the cut points, of so many, to cut at; the last of all is one of them."""
        number, parts = self.part
        chosen = range(points * number // parts, points * (number + 1) // parts)
        if self.sample and len(chosen) > self.sample:
            step = (len(chosen) - 1) / (self.sample - 1)
            chosen = [chosen[int(index * step)] for index in range(self.sample)]
        return chosen


@dataclass
class Result:
    """What came of a task. `rows`: of each fault. The rest is of the undisturbed action: its
    `writes`, the bytes that it `programmed`, the blocks that it `erased`, the bytes of bodies that
    it `downloaded`; `filler`: bytes that were taken of the disk before it. `failed`: why the action
    could not even be done undisturbed."""

    task: Task
    rows: list = field(default_factory=list)
    writes: int = 0
    programmed: int = 0
    erased: int = 0
    downloaded: int = 0
    filler: int = 0
    failed: str = ""


def tasks(kinds, blocks, rooms, scenarios):
    """The whole matrix, or the chosen part of it."""
    for kind in kinds:
        for block in blocks:
            for room in (one for one in rooms if one != SHIFTED):
                for scenario in scenarios:
                    yield Task(kind, block, room, scenario, _faults(kind, block, room))
    if "fat" in kinds and 512 in blocks and SHIFTED in rooms:
        for scenario in (one for one in _TO_SHIFT if one in scenarios):
            for shift in _SHIFTS:
                yield Task("fat", 512, SHIFTED, scenario, FAULTS["fat"], shift=shift)
    for kind in kinds:
        for scenario in DOUBLES:
            if 512 in blocks and PLENTY in rooms and scenario in scenarios:
                for part in range(_CHUNKS):
                    yield Task(kind, 512, PLENTY, scenario, doubles=(LOST,), part=(part, _CHUNKS))


def _faults(kind, block, room):
    """How a write lands. With little room, what matters is where it is cut, not how it is torn; and
    a torn write is as long in large blocks as in small ones."""
    if room != PLENTY:
        return LOST, DONE
    halves = (FIRST, SECOND) if block == 4096 else ()
    return tuple(fault for fault in FAULTS[kind] if fault not in halves)


def run(task):
    """Prepare the task's case and cut it; returns the Result."""
    with ExitStack() as running:
        machine = running.enter_context(Machine(DISKS[task.kind, task.block]))
        try:
            stage, case = prepare(machine, running, task)
        except (Failed, Crashed) as e:
            return Result(task, failed=str(e))
        result = Result(task, writes=len(case.log), downloaded=case.downloaded)
        result.programmed = sum(len(write.data) for write in case.log if not write.erase)
        result.erased = sum(write.erase for write in case.log)
        result.filler = stage.filler
        cutting = Cutting(machine, case)
        # The last cut point is that after the last write: the action undisturbed.
        chosen = task.range(len(case.log) + 1)
        result.rows += [cutting.cut(fault, chosen) for fault in task.faults]
        result.rows += [cutting.cut_twice(fault, chosen) for fault in task.doubles]
        return result


def prepare(machine, running, task):
    """The task's Stage and Case; `running`: an ExitStack. Raises Failed, Crashed."""
    if task.room != SCARCE:
        return _build(machine, running, task, 0)
    with ExitStack() as trial:
        stage, _ = _build(machine, trial, task, 0)
    # Bytes with which it succeeds, and with which it does not.
    good, bad = 0, stage.room + 1
    while bad - good > machine.disk.block:
        filler = (good + bad) // 2
        try:
            with ExitStack() as trial:
                _build(machine, trial, task, filler)
            good = filler
        except (Failed, Crashed):
            bad = filler
    filler = max(good - _SPARE[task.kind] * machine.disk.block, 0)
    return _build(machine, running, task, filler)


def _build(machine, running, task, filler):
    folder = running.enter_context(tempfile.TemporaryDirectory(prefix="power-"))
    stage = Stage(machine, running, folder, filler, task.bug, task.shift)
    return stage, SCENARIOS[task.scenario](stage)


def merged(rows):
    """Rows of the same fault as one."""
    total = Row(rows[0].fault if rows else "")
    for row in rows:
        for name in ("points", "doubles", "runs", "seconds", "violations"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
    return total
