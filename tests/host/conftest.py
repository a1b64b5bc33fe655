"""What the tests of the host side share."""

import os
from pathlib import Path

import pytest
from host_tree import MTIME


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
