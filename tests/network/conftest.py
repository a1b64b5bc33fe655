"""The device that resumes its downloads."""

import pytest
from hostile.server import HostileServer
from network.resuming import Resume
from support import Device


@pytest.fixture
def resume(tmp_path, micropython, dist):
    """A device that resumes, and a server that only says what it is told."""
    with HostileServer() as server:
        yield Resume(Device(tmp_path / "flash", micropython, dist), server)
