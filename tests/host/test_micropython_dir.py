"""MPY_DIR: a caller's own source of MicroPython is used as it is now, and never written to."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
BUILDS = ("unix", "unix-old", "mpy-cross", "natmod", "firmware")
SOURCES = (
    "py/mpconfig.h",
    "py/dynruntime.mk",
    "py/nativeglue.h",
    "tools/mpy_ld.py",
    "ports/unix/Makefile",
)


@pytest.fixture
def source(tmp_path):
    """As much of a source tree of MicroPython 1.23 as is looked at."""
    made = tmp_path / "micropython"
    for name in SOURCES:
        file = made / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{name}\n", encoding="utf-8")
    version(made, 1, 23)
    return made


@pytest.fixture
def fetch(tmp_path, source):
    """fetch(*words): run the script with this source in a repository of its own; returns what
    subprocess does. Its builds are folders with a file."""
    repository = tmp_path / "repository"
    shutil.copytree(TOOLS, repository / "tools")

    def run(*words, directory=source):
        return subprocess.run(
            [repository / "tools/fetch_micropython.sh", *words],
            env={**os.environ, "MPY_DIR": str(directory)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    run.build = repository / "build"
    return run


def version(source, major, minor):
    """Says in a header which version the source is."""
    (source / "py/mpconfig.h").write_text(
        f"#define MICROPY_VERSION_MAJOR {major}\n#define MICROPY_VERSION_MINOR {minor}\n",
        encoding="utf-8",
    )


def build(folder):
    """What seems to have been built; returns the files."""
    files = [folder / name / "object.o" for name in BUILDS]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return files


def test_another_source_takes_the_place_of_the_first(fetch, source, tmp_path):
    assert fetch().returncode == 0
    assert (fetch.build / "micropython").resolve() == source
    other = shutil.copytree(source, tmp_path / "other")
    assert fetch("origin").stdout != fetch("origin", directory=other).stdout
    assert "1.23 in" in fetch(directory=other).stdout
    assert (fetch.build / "micropython").resolve() == other


def test_nothing_that_was_built_from_another_source_is_kept(fetch, source, tmp_path):
    assert fetch().returncode == 0
    made = build(fetch.build)
    other = shutil.copytree(source, tmp_path / "other")
    assert fetch(directory=other).returncode == 0
    assert not any(file.exists() for file in made)


def test_a_source_that_changes_is_another_one(fetch, source):
    assert fetch().returncode == 0
    before = fetch("origin").stdout
    assert fetch("origin").stdout == before
    made = build(fetch.build)
    version(source, 1, 24)
    assert fetch("origin").stdout != before
    assert "1.24 in" in fetch().stdout
    assert not any(file.exists() for file in made)


def test_what_the_caller_builds_in_his_source_changes_nothing(fetch, source):
    before = fetch("origin").stdout
    for name in ("ports/unix/build-standard/main.o", "tools/__pycache__/mpy_ld.pyc"):
        file = source / name
        file.parent.mkdir(parents=True)
        file.touch()
    assert fetch("origin").stdout == before


def test_a_source_that_is_too_old_is_refused(fetch, source):
    version(source, 1, 22)
    done = fetch()
    assert done.returncode == 1
    assert "is MicroPython 1.22; 1.23 or newer is needed" in done.stderr
    assert not (fetch.build / "micropython").exists()


@pytest.mark.parametrize("name", SOURCES[1:])
def test_a_folder_that_is_no_source_is_refused(fetch, source, name):
    (source / name).unlink()
    done = fetch()
    assert done.returncode == 1
    assert f"is no MicroPython source tree: no {name}" in done.stderr


def test_a_missing_folder_is_reported(fetch, tmp_path):
    done = fetch("origin", directory=tmp_path / "nowhere")
    assert done.returncode == 1 and "nowhere" in done.stderr
