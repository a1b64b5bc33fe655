"""What `make dist` leaves: a folder for each architecture, as README tells of them."""

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DIST = ROOT / "dist"
# MicroPython's numbers of the architectures, as in the header of a .mpy file.
ARCHITECTURES = {
    "x86": 1,
    "x64": 2,
    "armv6m": 4,
    "armv7m": 5,
    "armv7emsp": 7,
    "armv7emdp": 8,
    "xtensa": 9,
    "xtensawin": 10,
    "rv32imc": 11,
}


def content(folder):
    """{path: bytes} of what is to be installed."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "package.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_dist_has_one_folder_for_each_architecture_and_no_others():
    assert {path.name for path in DIST.iterdir() if path.is_dir()} == {
        f"{name}_6.3" for name in ARCHITECTURES
    }


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_each_folder_of_dist_has_the_package_for_its_architecture(name):
    folder = DIST / f"{name}_6.3"
    files = content(folder)
    assert sorted(files) == ["_saguarota.mpy", "saguarota/__init__.mpy", "saguarota/pack"]
    # M, version 6, architecture and sub-version 3, as py/persistentcode.h has it.
    assert files["_saguarota.mpy"][:3] == bytes([ord("M"), 6, ARCHITECTURES[name] << 2 | 3])
    assert files["saguarota/pack"] == (DIST / "x64_6.3/saguarota/pack").read_bytes()
    index = json.loads((folder / "package.json").read_text())
    assert sorted(path for path, _ in index["urls"]) == sorted(files)


def test_sha256sums_lists_every_file_of_dist():
    lines = (DIST / "SHA256SUMS").read_text().splitlines()
    sums = {path: digest for digest, path in (line.split("  ") for line in lines)}
    files = {path.relative_to(DIST).as_posix(): path for path in DIST.glob("*/**/*")}
    expected = {path: file for path, file in files.items() if file.is_file()}
    assert sorted(sums) == sorted(expected)
    for path, file in expected.items():
        assert sums[path] == hashlib.sha256(file.read_bytes()).hexdigest(), path


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_readme_has_the_sizes_of_each_folder_of_dist(name):
    told = re.search(
        rf"`{name}_6\.3`.*?\| (\d+) \| (\d+) \|", (ROOT / "README.md").read_text(encoding="utf-8")
    )
    sizes = {path: len(data) for path, data in content(DIST / f"{name}_6.3").items()}
    assert abs(int(told[1]) - sum(sizes.values())) < 1000
    assert abs(int(told[2]) - sizes["_saguarota.mpy"]) < 500
