"""Lets the flash fail at each read and at each write, or leaves little room on it, and judges what
becomes of the device when it works again.

Part of `make power`. Each case begins at a device of fault_devices.py that makes its call on a
flash that fails; the tree after that is compared with what the releases say.
"""

import contextlib
import hashlib
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace

from power.expected import DUE
from power.fault_devices import CLEAN, CONFIRM, REVERT, given_up, make, without_filler
from power.fault_machine import FaultMachine, Hurt
from power.fault_modes import BLOCK, LASTING, ONCE, READ, ROOM, Result, Row
from power.fault_probe import missed
from power.machine import BOOTS_MAX, DISKS, Crashed, applied
from power.oracle import clusters, judge, state
from power.stage import CHECK, FILLER, Failed, Stage
from unix.fat import without_times

# Boots in a row that may end in a reset while the fault lasts; the next one must not.
RESETS_MAX = 5
# Boots without network in which a device comes to rest when the fault is lifted.
_BOOTS = 3
_NEVER = 1 << 30
# Of the operations of a mode, each so manieth where not all are asked for: littlefs reads the same
# blocks again and again, thousands of times.
_STRIDES = {("littlefs", READ, ONCE): 3, ("littlefs", READ, LASTING): 8}
# Of the amounts of room, so many without any effect in a row are enough.
_UNDISTURBED = 3


@dataclass(frozen=True)
class Verdict:
    """`what`: is wrong with a device, empty where nothing is. `disturbed`: the fault had an effect
    on its action. `excused`: littlefs itself has lost files, after an error within a rename or the
    removal of a folder, as tests/power/test_faults.py shows without the package."""

    what: str
    disturbed: bool = True
    excused: bool = False


class Faults:
    """The faults of one Device on one machine."""

    def __init__(self, machine, device, bug=""):
        self._machine = machine
        self._device = device
        self._bug = bug
        self._rests = {}
        self._ends = {}

    def numbers(self, mode):
        """What `at` may be: the operations, or the blocks, of the action undisturbed, or all that
        may be left free."""
        machine, device = self._machine, self._device
        if mode.op == ROOM:
            return range(machine.disk.blocks)
        machine.port = device.ports[0]
        boot = machine.run(device.image, self._plan(mode, _NEVER)).boots[0]
        return boot["blocks"] if mode.how == BLOCK else range(boot["operations"])

    def row(self, mode, sample=0, every=False):
        """Let each operation or block fail, as _STRIDES says if not `every` one, or `sample` of
        them; leave each amount of room from none on until there is enough."""
        row = Row(mode)
        start = time.perf_counter()
        calm = 0
        numbers = self.numbers(mode)
        if mode.op == ROOM:
            # Those are few.
            numbers = numbers[:: 1 + 4 * bool(sample)]
        elif sample and len(numbers) > sample:
            numbers = [numbers[index * len(numbers) // sample] for index in range(sample)]
        elif not sample and not every:
            numbers = numbers[:: _STRIDES.get((self._machine.disk.kind, mode.op, mode.how), 1)]
        for at in numbers:
            verdict = self.judge(mode, at, row)
            row.cases += 1
            if verdict.excused:
                row.excused.append((at, verdict.what))
            elif verdict.what:
                row.violations.append((at, verdict.what))
            calm = 0 if verdict.disturbed else calm + 1
            if mode.op == ROOM and calm == _UNDISTURBED:
                break
        row.seconds = time.perf_counter() - start
        return row

    def judge(self, mode, at, row=None, tell=None):
        """The Verdict on the device after one fault. `tell(what, boots)` gets to know of all
        boots."""
        tell = tell or (lambda *_: None)
        machine, device = self._machine, self._device
        image = self._fill(device.image, at) if mode.op == ROOM else device.image
        machine.port = device.ports[0]
        lasted = mode.how != ONCE
        plan = self._plan(mode, at)
        try:
            boots = machine.run(image, plan, RESETS_MAX + 1 if lasted else 1, tree=lasted)
        except Crashed as e:
            return Verdict(f"while it fails: {_end_of(e)}")
        tell("while it fails", boots)
        disturbed = boots.boots[0]["code"] != device.code or "raised" in boots.boots[0]
        image = applied(image, *boots.logs)
        what = _raised(boots, device.call != CHECK)
        if lasted and not boots.resting:
            what = what or f"more than {RESETS_MAX} resets in a row"
        if mode.how == BLOCK or (mode.op == ROOM and lasted):
            # Of a flash of which all fails nothing can be asked.
            what = what or "; ".join(missed(machine, device, image, boots.tree, plan.fault))
        if what:
            return Verdict(f"while it fails: {what}", disturbed)
        if mode.op == ROOM:
            image = machine.execute(image, _LIFT.format(path=FILLER))[0]
        said = boots.console if lasted else ""
        key = self._fingerprint(image), hash(said)
        if key not in self._rests:
            if row:
                row.runs += 1
            try:
                self._rests[key] = self._rest(image, said, lasted, tell)
            except Crashed as e:
                self._rests[key] = f"when it works again: {_end_of(e)}"
        what = self._rests[key]
        within = any(boot.get("within") for boot in boots.boots)
        return Verdict(what, disturbed, machine.disk.kind == "littlefs" and within and _lost(what))

    def _plan(self, mode, at):
        device = self._device
        fault = None
        if mode.op != ROOM:
            fault = (mode.op, at, mode.how, mode.errno, mode.lands)
        return Hurt((device.call,), device.options, device.online, self._bug, fault=fault)

    def _fill(self, image, free):
        """An image with a file that leaves so many free blocks."""
        block = self._machine.disk.block
        return self._machine.execute(image, _FILL.format(path=FILLER, free=free, block=block))[0]

    def _fingerprint(self, image):
        if self._machine.disk.kind == "fat":
            # Where the chains of clusters are broken, it is compared as it is.
            with contextlib.suppress(AssertionError):
                image = without_times(image)
        return hashlib.sha1(image, usedforsecurity=False).digest()

    def _rest(self, image, said, lasted, tell):
        """What is wrong when the fault is lifted. `lasted`: paths may have been given up."""
        boots, image, what = self._boot_until_rest(image, (CHECK,), tell)
        if what:
            return "when it works again: " + what
        what = _judge(boots.tree, self._device.rest)
        if what and lasted and not given_up(self._device, boots.tree, said + boots.console):
            what = ""
        if what:
            return "when it works again: " + what
        key = hashlib.sha1(repr(sorted(boots.tree.items())).encode()).digest()
        if key not in self._ends:
            self._ends[key] = self._end(image, boots.tree, tell)
        return self._ends[key]

    def _end(self, image, tree, tell):
        """What is wrong when the device goes on from its rest: makes its call again, goes back,
        takes the next release."""
        device = self._device
        for call, wanted in device.after.items():
            if state(tree) == "confirm_pending" or call != REVERT:
                boots, image, what = self._boot_until_rest(image, (call,), tell)
                what = what or _judge(boots.tree, [wanted])
                if what:
                    return f"{call[0]} again: {what}"
                tree = boots.tree
        if state(tree) == "confirm_pending":
            boots, _, what = self._boot_until_rest(image, (REVERT,), tell)
            what = what or _judge(boots.tree, [device.old])
            if what:
                return f"reverted: {what}"
            boots, image, what = self._boot_until_rest(image, (CONFIRM,), tell)
            what = what or _judge(boots.tree, [device.confirmed])
            if what:
                return f"confirmed: {what}"
        self._machine.port = device.ports[1]
        boots, image, what = self._boot_until_rest(image, (CHECK,), tell, True)
        if not what and state(boots.tree) != "confirm_pending":
            what = f"the state is {state(boots.tree)}: {boots.boots[-1]['message']}"
        if what:
            return f"with the next release: {what}"
        boots, image, what = self._boot_until_rest(image, (CONFIRM, CLEAN), tell)
        what = what or _judge(boots.tree, [device.next])
        return what and f"with the next release: {what}"

    def _boot_until_rest(self, image, calls, tell, online=False):
        """Boot until the device is at rest: (the last Boots, the image, what is wrong)."""
        device = self._device
        left = BOOTS_MAX if online else _BOOTS
        plan = Hurt(calls, device.options, online, self._bug)
        what = said = ""
        while not what:
            boots = self._machine.run(image, plan, left, tree=True)
            tell(f"{calls[0][0]}, {'with' if online else 'without'} network", boots)
            said = boots.console = said + boots.console
            image = applied(image, *boots.logs)
            left -= len(boots.boots)
            what = _raised(boots, False) or clusters(image, self._machine.disk.kind)
            if boots.resting and state(boots.tree) != "installing":
                break
            if left == 0:
                resting = "resets" if not boots.resting else f"is {state(boots.tree)}"
                what = what or f"it does not come to rest, and {resting}: {_messages(boots)}"
            plan = replace(plan, calls=(CHECK,))
        return boots, image, what


def _raised(boots, may_raise):
    """What got out of a method; `may_raise`: an OSError out of that of the first boot is fine."""
    for number, boot in enumerate(boots.boots):
        raised = boot.get("raised")
        if raised and not (may_raise and number == 0 and raised.startswith("OSError")):
            return f"{raised} was raised"
    return ""


def _lost(what):
    """Whether all that is wrong is that some files are missing; or that all are due again, as their
    backups were lost when they had been restored."""
    _, _, differences = what.partition("when it works again: not ")
    _, _, differences = differences.partition(": ")
    texts = differences.split("; ")
    if texts == [f"{DUE} is left"]:
        return True
    return len(texts) <= 4 and all(text.endswith(" is missing") for text in texts)


def _end_of(crash):
    return " / ".join(str(crash).split("\n")[-4:]).strip(" /")


def _messages(boots):
    return [boot["message"] for boot in boots.boots if boot["message"]]


def _judge(tree, ends):
    return judge(without_filler(tree), ends)


def run(task):
    """Prepare the task's device and let its flash fail; returns the Result."""
    try:
        with ExitStack() as running:
            faults = prepare(running, task)
            return Result(task, [faults.row(mode, task.sample, task.every) for mode in task.modes])
    except (Failed, Crashed) as e:
        return Result(task, failed=str(e))


def prepare(running, task):
    """The Faults of a task; `running`: an ExitStack. Raises Failed, Crashed."""
    machine = running.enter_context(FaultMachine(DISKS[task.kind, task.block]))
    folders = [
        running.enter_context(tempfile.TemporaryDirectory(prefix="power-")) for _ in range(2)
    ]
    stage = Stage(machine, running, folders[0])
    return Faults(machine, make(stage, task.action, folders[1]), task.bug)


_FILL = """
size = {block} * max(os.statvfs(".")[3] - {free} - 8, 0)
size -= size // 16
with open({path!r}, "wb") as file:
    while size > 0:
        size -= file.write(bytes(min({block}, size)))
piece = bytes({block} // 4)
while os.statvfs(".")[3] > {free}:
    with open({path!r}, "ab") as file:
        file.write(piece)
"""
_LIFT = """
os.remove({path!r})
"""
