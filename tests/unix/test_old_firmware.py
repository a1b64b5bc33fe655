"""The build of the port that stands for old firmwares is as old as it has to be.

What runs on it: ON_BOTH in tests/conftest.py.
"""

import subprocess

import pytest

# What the firmwares of MicroPython 1.23 lack, each as a line of Python that raises there.
LACKING = {
    "next(iter(()), None)": "TypeError",
    "micropython.RingIO": "AttributeError",
}
CODE = """
import micropython
try:
    {line}
    print("it is there")
except Exception as e:
    print(type(e).__name__)
"""


@pytest.mark.parametrize("line", LACKING)
def test_the_old_build_lacks_what_old_firmwares_lack(old_micropython, line):
    done = subprocess.run(
        [old_micropython, "-c", CODE.format(line=line)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, f"{LACKING[line]}\n"), done.stderr
