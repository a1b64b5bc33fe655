"""The demo keeps its promises: its exit code says so, and its summary tells the story."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_demo_updates_and_rolls_back(micropython, dist):
    run = subprocess.run(
        [sys.executable, ROOT / "examples/demo.py"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"100% (\d+)/\1 ", run.stdout), "no progress was shown"
    story, summary = run.stdout.split("What happened\n")
    assert re.search(r"1 -> 2: \d{3} files, \d+ bytes in .* over 1 connection, confirmed", summary)
    assert re.search(r"2 -> 3: \d+ files due, .* rolled back in the same boot", summary)
    assert re.search(r"2 -> 4: \d+ files, .* reverted by the next boot", summary)
    assert "the device runs release 2" in summary
    assert "md5_mismatch: app/" in story
    assert story.count("byte for byte") == 2
