"""A sample of the flashes that fail, and what shows that violations are seen.

All of them are part of `make power`.
"""

import itertools
import subprocess
import sys
from contextlib import ExitStack

import pytest
from power import fault_report
from power.fault_devices import ACTIONS
from power.fault_machine import FaultMachine
from power.fault_modes import BLOCK, EIO, LASTING, MODES, ONCE, READ, ROOM, WRITE, Mode, Task
from power.faults import prepare, run
from power.machine import DISKS, INTERPRETER, PLAIN, ROOT
from unix.images import needs_errors

KINDS = ("littlefs", "fat")


def violations(task):
    """The texts of a task's violations; fails where no fault was made."""
    needs_errors(INTERPRETER, task.kind)
    result = run(task)
    assert not result.failed and all(row.cases for row in result.rows)
    return list(fault_report.violations(result))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_device_comes_back_when_its_flash_works_again(kind, action):
    assert violations(Task(kind, 512, action, MODES[kind], sample=2)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_device_comes_back_with_large_blocks(kind):
    modes = Mode(READ, ONCE), Mode(WRITE, ONCE), Mode(WRITE, LASTING)
    assert violations(Task(kind, 4096, "revert", modes, sample=2)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_block_that_cannot_be_read_stops_a_rollback(kind):
    """Neither one of the state, nor of the journal, nor of the backup's folder."""
    assert violations(Task(kind, 512, "rollback", (Mode(READ, BLOCK),))) == []


# -- what would be seen --


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_that_is_given_up_after_one_error_is_seen(kind):
    found = violations(Task(kind, 512, "rollback", (Mode(WRITE, ONCE),), "one_attempt", 16))
    assert any("not the old release" in text for text in found)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_at_one_path_that_stops_the_rest_is_seen(kind):
    modes = (Mode(READ, BLOCK),)
    found = violations(Task(kind, 512, "rollback", modes, "an_error_stops_the_rest"))
    assert any("stays at installing, but it can be written" in text for text in found)


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_of_resets_while_the_flash_fails_is_seen(kind):
    modes = (Mode(WRITE, LASTING),)
    found = violations(Task(kind, 512, "rollback", modes, "attempts_without_number", 4))
    assert any("more than 5 resets in a row" in text for text in found)


def test_a_violation_is_printed_with_the_command_that_shows_it():
    modes = (Mode(WRITE, ONCE),)
    *_, command = violations(Task("fat", 512, "rollback", modes, "one_attempt", 16))
    words = command.split()
    words[0] = sys.executable
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "VIOLATION: when it works again: not the old release" in done.stdout


# -- the failing flash itself --


@pytest.fixture
def counted():
    """counted(kind, mode) is how many operations or blocks an undisturbed revert has."""
    with ExitStack() as running:

        def count(kind, mode):
            return len(prepare(running, Task(kind, 512, "revert", ())).numbers(mode))

        yield count


@pytest.mark.parametrize("kind", KINDS)
def test_all_operations_of_an_action_are_counted(counted, kind):
    """Each block is read and written more than once."""
    for op in (READ, WRITE):
        assert counted(kind, Mode(op, ONCE)) > counted(kind, Mode(op, BLOCK)) > 10


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_fails_where_no_space_is_left(kind):
    with ExitStack() as running:
        made = prepare(running, Task(kind, 512, "incremental", ()))
        codes = []
        verdict = made.judge(
            Mode(ROOM, ONCE), 0, tell=lambda _, boots: codes.append(boots.boots[0]["code"])
        )
    assert (verdict.what, verdict.disturbed) == ("", True)
    assert codes[0] in ("apply_failed", "manifest_fetch_failed")


def test_an_error_within_a_rename_or_rmdir_is_recognized():
    """Only of those are losses excused."""
    with ExitStack() as running:
        made = prepare(running, Task("littlefs", 512, "revert", ()))
        seen = set()

        def tell(_, boots):
            seen.update(boots.boots[0].get("within", ()))

        for at in made.numbers(Mode(WRITE, ONCE)):
            made.judge(Mode(WRITE, ONCE), at, tell=tell)
    assert seen == {"rename", "rmdir"}


@pytest.mark.parametrize("anew", [False, True])
def test_littlefs_itself_loses_a_file_after_a_failed_rename(anew):
    """Without the package: where the device goes on. Where it mounts its flash anew, nothing is
    lost. For that, some missing files are excused."""
    with FaultMachine(DISKS["littlefs", 512]) as machine:
        image, _ = machine.execute(machine.format(), _FILES)
        steps = [_RENAME, _WRITE] if anew else [_RENAME + _WRITE]
        fault = WRITE, 0, ONCE, EIO
        for step in steps:
            image, _ = machine.execute(image, step, fault=fault)
            fault = None
        assert ("own.json" in machine.tree(image)) == anew


@pytest.mark.parametrize("look", ["os.stat(path)", "fs.kind(path)"])
def test_littlefs_reports_a_file_missing_after_some_read_errors_and_the_package_does_not(look):
    """Of all reads, each fails once."""
    seen = set()
    with FaultMachine(DISKS["littlefs", 512]) as machine:
        image, _ = machine.execute(machine.format(), _NESTED)
        source = _LOOK.format(lib=str(PLAIN), look=look)
        for at in itertools.count():
            _, said = machine.execute(image, source, fault=(READ, at, ONCE, EIO))
            seen.add(said["outcome"])
            if not said["failed"]:
                break
    assert at > 10 and seen == ({"found", 2, 5} if look.startswith("os") else {"found", 5})


# A folder of several blocks, in which commits end at different places.
_NESTED = """
os.mkdir("folder")
for number in range(24):
    with open("folder/file%d" % number, "w") as file:
        file.write("x" * 150)
    if number % 3:
        os.remove("folder/file%d" % number)
"""
_LOOK = """
import sys
sys.path.append({lib!r})
from saguarota import fs
for number in range(0, 24, 3):
    path = "folder/file%d" % number
    try:
        said["outcome"] = "found" if {look} else 2
    except OSError as e:
        said["outcome"] = e.errno
    if said["outcome"] != "found":
        break
said["failed"] = disk.fault.failed
"""
_FILES = """
for name in ("a.txt", "own.json", "part", "z.txt"):
    with open(name, "w") as file:
        file.write(name * 20)
os.mkdir("lib")
"""
_RENAME = """
try:
    os.rename("part", "lib/module.py")
    assert False
except OSError as e:
    assert e.errno == 5
"""
_WRITE = """
for name in ("new.txt", "z.txt"):
    with open(name, "w") as file:
        file.write(name)
os.remove("new.txt")
"""
