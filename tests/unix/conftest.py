"""A device with a real file system; a web server that lists folders, and a device that follows it
in HTTP-FS mode."""

import pytest
from images import FILE_SYSTEMS, ImageDevice
from network.crawler import NEW, Crawler
from servers import PythonServer


@pytest.fixture(params=FILE_SYSTEMS)
def flash(request, tmp_path, micropython, dist, release):
    """A device with an empty file system of 256 KiB that follows `release`."""
    return ImageDevice(tmp_path / "image", micropython, dist, request.param).follow(release)


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
