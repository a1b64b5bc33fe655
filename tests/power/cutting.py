"""Cuts a case at each of its writes, in each way, and judges what the device makes of it."""

import hashlib
import random
import time
from dataclasses import dataclass, field

from power.machine import BOOTS_MAX, Crashed, applied
from power.oracle import clusters, judge
from power.stage import without_filler

LOST, DONE, FIRST, SECOND, RANDOM = "lost", "done", "first half", "second half", "random"
# A sector of FAT is written whole or not at all.
FAULTS = {"littlefs": (LOST, DONE, FIRST, SECOND, RANDOM), "fat": (LOST, DONE)}
# Of a double cut, the second; the first is lost.
DOUBLE = "double, "


@dataclass
class Violation:
    """`cut`: number of the write; `second`: of the write of the recovery, None for a single cut;
    `what`: how the flash differs from what is right."""

    fault: str
    cut: int
    second: int
    what: str


@dataclass
class Row:
    """What came of all cuts of one fault. `points`: cut points; `doubles`: second cuts; `runs`:
    those of which the flash was like no other's before; `seconds`: of wall time."""

    fault: str
    points: int = 0
    doubles: int = 0
    runs: int = 0
    seconds: float = 0
    violations: list = field(default_factory=list)


@dataclass
class _Recovery:
    """What boots make of an image: what is wrong, and the writes of the boots without network."""

    what: str
    logs: list


class Cutting:
    """The cuts of one case on one machine."""

    def __init__(self, machine, case):
        self._machine = machine
        self._case = case
        self._seen = {}
        self._rests = {}

    def cut(self, fault, cuts):
        """Cut at the writes of these numbers, counted from 0, see torn(); returns the Row."""
        row = Row(fault)
        start = time.perf_counter()
        for cut in cuts:
            image = torn(self._case.image, self._case.log, cut, fault)
            recovery = self._recover(image, row)
            row.points += 1
            if recovery.what:
                row.violations.append(Violation(fault, cut, None, recovery.what))
        row.seconds = time.perf_counter() - start
        return row

    def cut_twice(self, fault, cuts, seconds=None):
        """Lose the writes of these numbers and cut the recovery from that at each of its own
        writes, or at those of the numbers `seconds`; returns the Row."""
        row = Row(DOUBLE + fault)
        start = time.perf_counter()
        for cut in cuts:
            image = torn(self._case.image, self._case.log, cut, LOST)
            row.points += 1
            log = [write for part in self._recover(image, row).logs for write in part]
            for second in range(len(log)) if seconds is None else seconds:
                recovery = self._recover(torn(image, log, second, fault), row, True)
                row.doubles += 1
                if recovery.what:
                    row.violations.append(Violation(fault, cut, second, recovery.what))
        row.seconds = time.perf_counter() - start
        return row

    def _recover(self, image, row, double=False):
        key = _digest(image)
        if key not in self._seen:
            row.runs += 1
            try:
                self._seen[key] = self._boot(image, double)
            except Crashed as e:
                self._seen[key] = _Recovery(str(e), [])
        return self._seen[key]

    def _boot(self, image, double):
        """Boot without network until at rest, then with it, unless it has been so from there: from
        the same bytes of flash or, where it was cut twice, from the same tree."""
        boots = self._machine.run(image, self._case.recovery, BOOTS_MAX, tree=True)
        what = _fault(boots) or judge(boots.tree, self._case.rest)
        rest = applied(image, *boots.logs)
        what = what or clusters(rest, self._machine.disk.kind)
        if what:
            return _Recovery("without network: " + what, boots.logs)
        key = _digest(repr(sorted(boots.tree.items())).encode() if double else rest)
        if key not in self._rests:
            self._rests[key] = self._go_online(rest)
        return _Recovery(self._rests[key], boots.logs)

    def _go_online(self, image):
        """What is wrong with the device when the network is back."""
        case = self._case
        if case.filled:
            image = without_filler(self._machine, image)
        if case.held:
            case.offer(False)
            what, image = self._boot_online(image, case.held)
            case.offer(True)
            if what:
                return "with network, and nothing new there: " + what
        what, image = self._boot_online(image, case.final)
        return what and "with network: " + what

    def _boot_online(self, image, ends):
        boots = self._machine.run(image, self._case.online, BOOTS_MAX, tree=True)
        image = applied(image, *boots.logs)
        what = _fault(boots) or judge(boots.tree, ends) or clusters(image, self._machine.disk.kind)
        said = [boot["message"] for boot in boots.boots if boot["message"]]
        return what and f"{what} {said or ''}", image


def _digest(data):
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _fault(boots):
    """What is wrong with boots, whatever they leave."""
    for boot in boots.boots:
        if "raised" in boot:
            return f"{boot['raised']} was raised"
    return "" if boots.resting else "does not come to rest"


def torn(image, log, number, fault):
    """An image after a cut at a write of a log, which lands as the fault says. The number of writes
    of the log: after the last of them."""
    image = bytearray(applied(image, log[:number]))
    if number == len(log):
        return bytes(image)
    start, data, _ = log[number]
    half = len(data) // 2
    if fault == DONE:
        image[start : start + len(data)] = data
    elif fault == FIRST:
        image[start : start + half] = data[:half]
    elif fault == SECOND:
        image[start + half : start + len(data)] = data[half:]
    elif fault == RANDOM:
        image[start : start + len(data)] = random.Random(number).randbytes(len(data))
    return bytes(image)
