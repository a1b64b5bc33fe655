"""A web server that lists folders, and a device in HTTP-FS mode that follows it."""

import pytest
from network.crawler import NEW, Crawler
from servers import PythonServer


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One for all tests, each of which has a folder of its own."""
    with PythonServer(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture
def crawler(tmp_path, micropython, dist, server):
    """A device with OLD, without backup skip lists, and NEW on the server that it follows."""
    device = Crawler(tmp_path / "flash", micropython, dist, server.folder / tmp_path.name)
    device.put({"versions.json": b'{"version": 7, "files": []}', "ota_state.txt": b"idle"})
    device.offer(NEW)
    device.follow(f"{server.url}{tmp_path.name}/", backup_skip_extensions=())
    return device
