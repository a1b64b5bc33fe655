"""The device that is attacked, and the server that attacks it."""

import pytest
from hostile.attack import Attack
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
