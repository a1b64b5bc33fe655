"""A part of the matrix, and what shows that the simulator can be believed.

The whole matrix is `make power`.
"""

import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest
from power import report
from power.cutting import FAULTS, LOST, torn
from power.machine import BOOTS_MAX, DISKS, ROOT, Machine, alone, applied
from power.matrix import PLENTY, SCARCE, SHIFTED, Task, prepare, run
from power.scenarios import SCENARIOS

KINDS = ("littlefs", "fat")
SIGKILL = -9


def violations(task):
    """The texts of a task's violations; fails where nothing was cut."""
    result = run(task)
    assert result.rows and all(row.points for row in result.rows)
    return list(report.violations([result]))


# -- a part of the matrix --


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_power_loss_at_sampled_writes_leaves_the_old_or_the_new_release(kind, scenario):
    assert violations(Task(kind, 512, PLENTY, scenario, FAULTS[kind], sample=6)) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenario", ["confirm", "cleanup"])
def test_power_loss_at_every_write_leaves_the_old_or_the_new_release(kind, scenario):
    assert violations(Task(kind, 512, PLENTY, scenario, FAULTS[kind])) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenario", ["incremental", "revert"])
def test_power_loss_with_large_blocks_leaves_the_old_or_the_new_release(kind, scenario):
    assert violations(Task(kind, 4096, PLENTY, scenario, (LOST,), sample=6)) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenario", ["incremental", "revert"])
def test_power_loss_with_little_space_leaves_the_old_or_the_new_release(kind, scenario):
    assert violations(Task(kind, 512, SCARCE, scenario, (LOST,), sample=6)) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenario", ["incremental", "revert"])
def test_a_second_power_loss_leaves_the_old_or_the_new_release(kind, scenario):
    assert violations(Task(kind, 512, PLENTY, scenario, doubles=(LOST,), sample=3)) == []


@pytest.mark.parametrize("shift", [3, 7, 11])
def test_long_names_in_two_sectors_leave_no_short_names(shift):
    assert violations(Task("fat", 512, SHIFTED, "rollback", (LOST,), shift=shift)) == []


# -- the simulator itself --


@pytest.mark.parametrize(
    ("bug", "scenario", "kinds", "text"),
    [
        # littlefs replaces what is written to a file when it is closed: it is no bug there.
        ("state_in_place", "revert", ["fat"], "the state is idle, not confirm_pending"),
        ("backup_counted_early", "incremental", KINDS, "not the old release"),
        ("backup_not_synced", "incremental", KINDS, "lib/sensor_driver.py is"),
        ("journal_without_folders", "revert", KINDS, "new_folder/nested/ is there"),
        ("journal_without_folders", "incremental", KINDS, "new_folder/ is there"),
        ("swap_stays", "skip_lists", KINDS, "otac14f2.swp is left"),
        ("left_new_unnoted", "skip_lists", KINDS, "is new and not noted as due"),
    ],
)
def test_a_planted_bug_is_seen(bug, scenario, kinds, text):
    for kind in kinds:
        found = violations(Task(kind, 512, PLENTY, scenario, (LOST,), sample=20, bug=bug))
        assert any(text in violation for violation in found), kind


@pytest.mark.parametrize("kind", KINDS)
def test_two_writes_in_the_wrong_order_are_seen(kind):
    """Which are among the last of an update."""
    bug = "state_before_manifest"
    found = violations(Task(kind, 512, PLENTY, "incremental", (LOST,), part=(8, 9), bug=bug))
    assert any("the local manifest is" in text for text in found)


def test_a_bug_that_an_undisturbed_run_has_is_seen():
    """The last cut point comes after the last write."""
    bug = "swap_stays"
    result = run(Task("littlefs", 512, PLENTY, "skip_lists", (LOST,), part=(39, 40), bug=bug))
    last = result.rows[0].violations[-1]
    assert last.cut == result.writes and "otac14f2.swp is left" in last.what


def test_a_short_name_that_is_left_is_seen():
    """It depends on where the names lie."""
    task = Task("fat", 512, SHIFTED, "rollback", (LOST,), bug="short_names_stay")
    found = [violations(replace(task, shift=shift)) for shift in (6, 8, 9, 11)]
    assert any("~1" in text for texts in found for text in texts)


def test_a_loop_of_resets_is_seen():
    """The device that never comes to rest."""
    found = violations(Task("littlefs", 512, PLENTY, "revert", (LOST,), sample=3, bug="restless"))
    assert any("does not come to rest" in text for text in found)


def test_a_violation_is_printed_with_the_command_that_shows_it():
    bug = "backup_counted_early"
    *_, command = violations(Task("fat", 512, PLENTY, "incremental", (LOST,), sample=20, bug=bug))
    words = command.replace("'", "").split()
    words[0] = sys.executable
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "VIOLATION: without network: not the old release" in done.stdout


@pytest.fixture
def prepared():
    """prepared(kind) is the Machine and the Case of an incremental update."""
    with ExitStack() as running:

        def make(kind):
            machine = running.enter_context(Machine(DISKS[kind, 512]))
            return machine, prepare(machine, running, Task(kind, 512, PLENTY, "incremental"))[1]

        yield make


def at_one_time(action):
    """What `action` returns, done between two ticks of the clock that FAT notes times by, of two
    seconds."""
    while True:
        tick = time.time() // 2
        done = action()
        if time.time() // 2 == tick:
            return done


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0, 0.2, 0.4, 0.6, 0.8, 0.97])
def test_simulated_power_loss_leaves_what_a_killed_process_leaves(prepared, tmp_path, kind, share):
    """A process that is killed with SIGKILL at a write, the flash being a file."""
    machine, case = prepared(kind)

    def both():
        log = machine.run(case.image, case.action).logs[0]
        number = int(share * len(log))
        status, image = alone(machine, tmp_path / "image", case.image, case.action, number)
        assert status == SIGKILL
        return torn(case.image, log, number, LOST), image

    simulated, killed = at_one_time(both)
    assert simulated == killed


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_fresh_process_for_each_boot_comes_to_the_same_end(prepared, tmp_path, kind, share):
    """Each boot a process, instead of all in one."""
    machine, case = prepared(kind)

    def both():
        image = torn(case.image, case.log, int(share * len(case.log)), LOST)
        boots = machine.run(image, case.recovery, BOOTS_MAX)
        rest = applied(image, *boots.logs)
        for _ in boots.boots:
            status, image = alone(machine, tmp_path / "image", image, case.recovery)
            assert status == 0
        return rest, image

    one, many = at_one_time(both)
    assert one == many
