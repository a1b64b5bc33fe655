"""A heap that is enough to install a release is enough to go back: some sizes of those that
`make bench` tries."""

import pytest
from small_heaps import BOOT_SCRIPTS, REPLACED, RETRIED, Sites, SmallDevice

STEP = 512
# In steps from the least heap that installs: near it, where most goes wrong, and up to where
# nothing does.
ABOVE = (0, 1, 2, 5, 9, 14)
BELOW = (-1, -2, -4, -8)
# Bytes that a check takes more where a failure is noted: within that, the first update may fit and
# the next one not. With a few names more, MicroPython's table of names takes 3.6 KiB.
NOTED = 4096

pytestmark = pytest.mark.dist


@pytest.fixture(params=["dist", "plain"])
def lib(request):
    """The package as it is shipped, and as modules."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=BOOT_SCRIPTS, ids=[boot.name for boot in BOOT_SCRIPTS])
def device(request, tmp_path, micropython, lib):
    """A device with a release on its server, and one that fails."""
    with Sites(tmp_path, request.param) as sites:
        yield SmallDevice(tmp_path / "device", micropython, lib, sites)


def find_least(device):
    """The least heap that installs, but for lucky ones below."""
    heap = next(heap for heap in range(44 << 10, 80 << 10, 4 * STEP) if device.installs(heap))
    while device.installs(heap - STEP):
        heap -= STEP
    return heap


def judge(device, steps):
    """The outcomes of the heaps so many steps from the least one that installs."""
    least = find_least(device)
    outcomes = [device.judge(least + number * STEP) for number in steps]
    failures = [
        f"{outcome.heap} bytes, not {name}: {seen}"
        for outcome in outcomes
        for name, seen in outcome.failures.items()
        if name not in (REPLACED, RETRIED) or outcome.heap > least + NOTED
    ]
    assert not failures, "\n".join(failures)
    return outcomes


def test_what_a_heap_can_install_it_can_take_back(device):
    outcomes = judge(device, ABOVE)
    assert outcomes[0].installs and outcomes[-1].installs


def test_a_heap_that_is_too_small_to_install_leaves_the_old_release(device):
    outcomes = judge(device, BELOW)
    assert not outcomes[0].installs
