"""The device that is attacked, and the server that attacks it."""

import pytest
from hostile.attack import Attack
from hostile.listings import AnyPathServer, ListingAttack
from hostile.server import HostileServer
from support import Device


@pytest.fixture
def server():
    """A hostile server that runs."""
    with HostileServer() as running:
        yield running


@pytest.fixture
def attack(server, tmp_path, micropython, dist):
    """A device with an old release that asks this server for a new one."""
    return Attack(Device(tmp_path / "flash", micropython, dist), server)


@pytest.fixture
def listed(tmp_path, micropython, dist):
    """The same in HTTP-FS mode."""
    with AnyPathServer() as server:
        yield ListingAttack(Device(tmp_path / "flash", micropython, dist), server)


@pytest.fixture(params=[True, False], ids=["strict", "lenient"])
def strict(request, listed):
    """Has the device be strict, or not, about what it finds in listings."""
    listed.device.options["strict_http_fs"] = request.param
    return request.param
