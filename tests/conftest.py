"""What the tests on a device need: an interpreter, and what a user copies to the device."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _made(path):
    if not path.exists():
        pytest.fail(f"{path.relative_to(ROOT)} is missing: run make dist", pytrace=False)
    return path


@pytest.fixture(scope="session")
def micropython():
    """MicroPython's unix port."""
    return _made(ROOT / "build/bin/micropython")


@pytest.fixture(scope="session")
def dist():
    """The folder that a device has as its lib/."""
    return _made(ROOT / "dist/x64_6.3")
