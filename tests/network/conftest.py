"""A device that resumes its downloads; a device in HTTP-FS mode, and each of the servers for it."""

import pytest
from hostile.server import HostileServer
from network.crawler import ALL, Crawler
from network.resuming import Resume
from support import Device


@pytest.fixture
def resume(tmp_path, micropython, dist):
    """A device that resumes, and a server that only says what it is told."""
    with HostileServer() as server:
        yield Resume(Device(tmp_path / "flash", micropython, dist), server)


@pytest.fixture(params=ALL, ids=lambda kind: kind.__name__)
def kind(request):
    """Each of the servers in turn."""
    return request.param


@pytest.fixture
def crawler(tmp_path, micropython, dist):
    """A device in HTTP-FS mode that follows no server yet."""
    return Crawler(tmp_path / "flash", micropython, dist, tmp_path / "served")
