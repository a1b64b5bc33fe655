"""Warnings about names: what FAT cannot hold, by MicroPython's own, and paths that are one."""

import json
import subprocess
from pathlib import Path

import pytest
from saguarota.py3utils import OTAManifestBuilder
from saguarota.py3utils.fat_names import cautions, unfit
from saguarota.py3utils.tree import path_error

FLASH = Path(__file__).parents[1] / "power" / "device"
# Prints a list for each file system: of the names that were given, those that a folder has after
# a file with just this name was made in it.
HOLDS = """
import flash
import json
import os
import sys

with open(sys.argv[1]) as file:
    names = json.load(file)
for kind in ("fat", "littlefs"):
    disk = flash.Flash(bytearray(1 << 18), 512 if kind == "fat" else 4096)
    disk.writes = None
    flash.make(disk, kind)
    flash.mount(disk, kind)
    held = []
    for name in names:
        try:
            open(name, "w").close()
        except OSError:
            continue
        found = os.listdir()
        if found == [name]:
            held.append(name)
        for each in found:
            os.remove(each)
    print(json.dumps(held))
    flash.unmount()
"""


@pytest.fixture(params=["micropython", "other_micropython"])
def held(request, tmp_path):
    """Gives, of some names, those that FAT holds, and those that littlefs holds."""

    def ask(names):
        path = tmp_path / "names"
        path.write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
        done = subprocess.run(
            [request.getfixturevalue(request.param), "-c", HOLDS, path],
            env={"MICROPYPATH": str(FLASH)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return ask


def test_fat_holds_what_there_is_no_warning_of(held):
    """Every ASCII character within a name, at its start and at its end."""
    letters = [chr(code) for code in range(1, 128)]
    names = [name.replace("*", c) for c in letters for name in ("x*y", "*xy", "xy*", "xy.*z")]
    names = [name for name in names if "/" not in name]
    on_fat, on_littlefs = held(names)
    accepted = [name for name in names if not path_error(name)]
    assert [name for name in accepted if not unfit(name)] == on_fat
    assert set(accepted) <= set(on_littlefs)
    assert {c for c in letters if unfit(f"x{c}y")} == set('"*:<>?|')


def test_names_of_255_bytes_fit_on_fat_and_littlefs_and_256_do_not(held):
    names = ["a" * 255, "\u00e9" * 127 + "b", "\U0001f335" * 63 + "abc", "a" * 251 + ".py"]
    assert not any(path_error(name) or unfit(name) for name in names)
    assert held([*names, "a" * 256]) == [names, names]
    assert "255" in path_error("a" * 256)


def found(*paths):
    """The paths that are warned of, and what is said."""
    return [(path, what) for _, path, what in cautions(paths)]


def test_paths_that_are_one_file_on_fat_are_reported_with_the_earlier_one():
    same = "on FAT, it is the same file as {!a}".format
    assert found("Lib/a.py", "b.py", "lib/A.py", "LIB/a.PY") == [
        ("lib/A.py", same("Lib/a.py")),
        ("LIB/a.PY", same("Lib/a.py")),
    ]
    assert found("\u00c8.py", "\u00c9.py", "\u00c8-module.py", "\u00c9-module.py") == [
        ("\u00c9.py", same("\u00c8.py"))
    ]
    assert found("a/x.py", "A/y.py", "B/x.py") == []


def test_a_file_and_a_folder_of_one_name_are_in_the_way_of_each_other():
    assert found("a", "x/y", "A/b/c", "X") == [
        ("A/b/c", "on FAT, the file 'a' is in the way of its folder"),
        ("X", "on FAT, it is in the way of a folder of 'x/y'"),
    ]


def test_paths_that_differ_only_in_unicode_case_are_reported():
    assert found("\u00e4-1.py", "\u00c4-1.py", "stra\u00dfe", "STRASSE", "K", "\u212a") == [
        ("\u00c4-1.py", "where case does not count, it is the same file as '\\xe4-1.py'"),
        ("STRASSE", "where case does not count, it is the same file as 'stra\\xdfe'"),
        ("\u212a", "where case does not count, it is the same file as 'K'"),
    ]


def test_a_path_may_be_warned_of_twice_and_equal_ones_are_not_warned_of():
    assert found("a", "b:c?", "B:c?", "a") == [
        ("b:c?", "FAT can't hold a name with : ?"),
        ("B:c?", "FAT can't hold a name with : ?"),
        ("B:c?", "on FAT, it is the same file as 'b:c?'"),
    ]


def test_the_builder_warns_and_lists_the_files_all_the_same(put, tmp_path):
    builder = OTAManifestBuilder(put("sub/a.py", "Sub/b<c>.py", "SUB/A.py"))
    expected = [
        "'Sub/b<c>.py': FAT can't hold a name with < >",
        "'sub/a.py': on FAT, it is the same file as 'SUB/A.py'",
    ]
    with pytest.warns(UserWarning) as warned:
        data = builder.write_manifest(tmp_path / "out.json")
    assert [str(warning.message) for warning in warned] == expected
    assert [file["path"] for file in data["files"]] == ["SUB/A.py", "Sub/b<c>.py", "sub/a.py"]
