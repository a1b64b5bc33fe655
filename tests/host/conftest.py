"""What the tests of the host side share."""

import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from host_tree import MTIME

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True, scope="session")
def ctrl_c():
    """A shell that starts the tests in the background makes them, and all that they start, deaf to
    Ctrl-C; what a handler is set for, a new process hears again."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def put(tmp_path):
    """Write files below tmp_path/src, all with the same known mtime; returns that folder."""

    def write(*paths, mtime=MTIME, **contents):
        root = tmp_path / "src"
        root.mkdir(exist_ok=True)
        for path in paths:
            contents.setdefault(path, f"# {path}\n".encode("utf-8", "surrogateescape"))
        for path, content in contents.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            os.utime(file, (mtime, mtime))
        return root

    return write


@pytest.fixture
def src(put) -> Path:
    """An empty source folder."""
    return put()


def isolation():
    """Spare pip the download of setuptools where it is installed in the version that is needed."""
    try:
        version = importlib.metadata.version("setuptools")
    except importlib.metadata.PackageNotFoundError:
        return []
    return ["--no-build-isolation"] if int(version.split(".")[0]) >= 77 else []


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """A folder into which pip has installed the package."""
    # From a copy, for setuptools leaves its traces in the folder that it builds from.
    project, target = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("site")
    shutil.copytree(
        ROOT / "python",
        project / "python",
        ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"),
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, project)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-cache-dir"]
    pip += ["--disable-pip-version-check", *isolation(), "--target", str(target), str(project)]
    done = subprocess.run(pip, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def plain_git(monkeypatch):
    """Keep the user's configuration from git, which wants to know who commits, too."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "x")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "x@example.org")
