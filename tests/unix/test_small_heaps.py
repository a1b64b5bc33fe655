"""A heap that is enough to install a release is enough to go back: some sizes of those that
`make bench` tries."""

import pytest
from small_heaps import BOOT_SCRIPTS, Sites, SmallDevice

STEP = 512
# The least heap that installs is looked for from here up.
START, END = 40 * 1024, 80 * 1024
# In steps from that one: near the limit, where most goes wrong, and up to where nothing does.
ABOVE = (0, 1, 2, 4, 7, 11, 16)
BELOW = (-1, -2, -3, -5, -8, -12)

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


def judge(device, steps):
    """The outcomes of the heaps so many steps from the least one that installs."""
    least = next(heap for heap in range(START, END, STEP) if device.installs(heap))
    outcomes = [device.judge(least + number * STEP) for number in steps]
    failures = [
        f"{outcome.heap} bytes, not {name}: {seen}"
        for outcome in outcomes
        for name, seen in outcome.failures.items()
    ]
    assert not failures, "\n".join(failures)
    return outcomes


def test_what_a_heap_can_install_it_can_take_back(device):
    outcomes = judge(device, ABOVE)
    assert outcomes[0].installs and outcomes[-1].installs


def test_a_heap_that_is_too_small_to_install_leaves_the_old_release(device):
    outcomes = judge(device, BELOW)
    assert not any(outcome.installs for outcome in outcomes)
