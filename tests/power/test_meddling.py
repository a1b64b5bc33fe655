"""A part of the meddling, and what shows that its oracle can be believed.

All of it is in `make power`.
"""

import shlex
import subprocess
import sys

import pytest
from power import meddling
from power.expected import Device, Served
from power.fat_attributes import read_only
from power.machine import DISKS, ROOT, Machine
from power.meddle_case import REVERT, WAYS
from power.meddling import Task, run
from power.restored import rolled_back

KINDS = ("littlefs", "fat")
READ_ONLY = """
try:
    os.remove("folder/a long name.py")
except OSError as e:
    said["errno"] = e.errno
os.remove("folder/another name.py")
"""


def violations(task):
    """The texts of a task's violations; fails where nothing was meddled with."""
    result = run(task)
    assert result.cases
    return list(meddling.violations([result]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_one_thing_that_was_changed_keeps_nothing_else_from_coming_back(kind, way):
    assert violations(Task(kind, 512, way, sample=7)) == []


@pytest.mark.parametrize(
    ("bug", "name", "text"),
    [
        ("one_error_stops_all", "folder main.py", "the state is installing"),
        ("in_the_way_removed", "full folder main.py", "main.py.old/foreign.txt is absent"),
        ("half_a_backup_restored", "half saguarota_backup/main.py", "main.py is 550 bytes"),
        ("lost_without_a_word", "removed saguarota_backup/main.py", "does not name main.py"),
        ("left_new_unnoted", "removed main.py", "due is []"),
        ("journal_without_folders", "removed main.py", "new_folder/ is a folder, not absent"),
    ],
)
def test_a_planted_bug_is_seen(bug, name, text):
    """Of these, no power cut shows the first four."""
    for kind in KINDS:
        (*found, command) = violations(Task(kind, 512, REVERT, name=name, bug=bug))
        assert any(text in violation for violation in found), found
        assert command.endswith(f"--meddle '{name}' --bug {bug}")


def test_a_violation_is_printed_with_the_command_that_shows_it():
    task = Task("littlefs", 512, REVERT, name="folder main.py", bug="one_error_stops_all")
    *_, command = violations(task)
    words = [sys.executable, *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "VIOLATION, littlefs, 512, revert, 'folder main.py'" in done.stdout


def test_a_name_that_no_meddle_has_is_no_success():
    words = [sys.executable, "tests/power", "--file-system", "fat", "--block", "512"]
    words += ["--way", REVERT, "--meddle", "nothing"]
    assert subprocess.run(words, cwd=ROOT, stdout=subprocess.DEVNULL).returncode == 1


def test_a_file_that_is_marked_read_only_cannot_be_removed_on_fat():
    with Machine(DISKS["fat", 512]) as machine:
        source = "os.mkdir('folder')\n"
        source += "for name in ('a long name.py', 'another name.py'):\n"
        source += "    open('folder/' + name, 'w').close()"
        image, _ = machine.execute(machine.format(), source)
        image = read_only(image, "folder/a long name.py")
        assert machine.execute(image, READ_ONLY)[1] == {"errno": 13}


def test_the_oracle_knows_what_an_update_and_its_rollback_leave():
    """An example, worked out by hand."""
    old = Served({"a": b"1", "s": b"2"}, manifest(a=1, s=1))
    new = Served({"a": b"11", "s": b"22", "d/b": b"33"}, manifest(a=2, s=2, **{"d/b": 2}))
    before = Device().updated(old).confirmed().cleaned().put({"x.txt": b"4"})
    after = before.updated(new, skipped=(("s",), (".png",)), extras=(".txt",))
    assert after.tree() == {
        **{"a": b"11", "s": b"22", "d/": None, "d/b": b"33"},
        **{"saguarota_backup/": None, "saguarota_backup/a": b"1", "saguarota_backup/x.txt": b"4"},
        **{"versions.json": new.manifest, "ota_state.txt": b"confirm_pending"},
        **{"otac14f2.jrn": b"?", "otac14f2.prg": b"?", "otac14f2.old": old.manifest},
    }
    assert after.reverted().tree() == before.tree()
    assert before.tree() == {"a": b"1", "s": b"2", "x.txt": b"4", "versions.json": old.manifest}
    tree = {**after.tree(), "a/": None, "a/mine": b"5", "d": b"6"}
    for path in ("a", "d/", "d/b", "saguarota_backup/x.txt"):
        del tree[path]
    outcome = rolled_back(tree, after)
    assert outcome.app == {"a": b"1", "a.old/": None, "a.old/mine": b"5", "d.old": b"6", "s": b"22"}
    assert (outcome.lost, outcome.left) == (["x.txt"], ["s"])
    assert outcome.aside == {"a": "a.old", "d": "d.old"}


def manifest(**versions):
    """The bytes of a manifest with these versions."""
    files = ", ".join(f'{{"path": "{path}", "version": {versions[path]}}}' for path in versions)
    return f'{{"files": [{files}]}}'.encode()
