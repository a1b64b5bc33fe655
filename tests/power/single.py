"""One cut or meddle, told boot by boot: for whoever looks into a violation."""

from contextlib import ExitStack

from power import meddling
from power.cutting import DOUBLE, LOST, Cutting, torn
from power.machine import BOOTS_MAX, DISKS, Machine, applied
from power.matrix import Task, prepare
from power.stage import without_filler


def show(options):
    """Make the cut that the command line names and print what the device does; returns 1 where it
    is a violation."""
    (kind,), (block,) = options.file_system, options.block
    (room,), (scenario,) = options.room, options.scenario
    task = Task(kind, block, room, scenario, bug=options.bug, shift=options.shift)
    with ExitStack() as running:
        machine = running.enter_context(Machine(DISKS[kind, block]))
        _, case = prepare(machine, running, task)
        cutting = Cutting(machine, case)
        fault = options.fault.replace(DOUBLE, "")
        if options.second is None:
            image = torn(case.image, case.log, options.cut, fault)
            row = cutting.cut(fault, [options.cut])
        else:
            image = torn(case.image, case.log, options.cut, LOST)
            recovery = machine.run(image, case.recovery, BOOTS_MAX)
            log = [write for part in recovery.logs for write in part]
            image = torn(image, log, options.second, fault)
            row = cutting.cut_twice(fault, [options.cut], [options.second])
        print("the flash after the cut:")
        _tell(machine.tree(image))
        image = _boot(machine, image, case.recovery, "without network")
        if case.filled:
            image = without_filler(machine, image)
        if case.held:
            case.offer(False)
            image = _boot(machine, image, case.online, "with network, and nothing new there")
            case.offer(True)
        _boot(machine, image, case.online, "with network")
    for violation in row.violations:
        print(f"VIOLATION: {violation.what}")
    return 1 if row.violations else 0


def show_meddle(options):
    """Do the meddle that the command line names and print what the device does; returns 1 where it
    is a violation."""
    (kind,), (block,), (way,) = options.file_system, options.block, options.way
    task = meddling.Task(kind, block, way, name=options.meddle, bug=options.bug)
    result = meddling.run(task, print)
    print(*meddling.violations([result]), sep="\n")
    return 0 if result.cases and not result.violations else 1


def _boot(machine, image, plan, how):
    boots = machine.run(image, plan, BOOTS_MAX, tree=True)
    print(f"boots {how}:\n{boots.console}")
    for number, boot in enumerate(boots.boots):
        print(f"    {number}: {boot}")
    _tell(boots.tree)
    return applied(image, *boots.logs)


def _tell(tree):
    for path, content in sorted(tree.items()):
        print(f"    {path:40}", "" if content is None else f"{len(content):6}  {content[:40]!r}")
    print()
