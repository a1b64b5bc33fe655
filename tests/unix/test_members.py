"""Membership in a manifest, as the native module tells it on MicroPython."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "device" / "members.py"


@pytest.mark.parametrize("interpreter", ["micropython", "other_micropython"])
def test_the_native_module_distinguishes_extra_files_from_the_manifests(request, dist, interpreter):
    done = subprocess.run(
        [request.getfixturevalue(interpreter), SCRIPT],
        env={"MICROPYPATH": str(dist)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stdout + done.stderr
