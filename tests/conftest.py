"""What the tests on a device need: an interpreter, and what a user copies to the device."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
import servers
from support import Device, Release

ROOT = Path(__file__).resolve().parent.parent

# The builds of the unix port, see tools/build_micropython.sh: as the source has it, and as old as
# the oldest firmware that the package is for.
PORTS = {"stock": "build/bin/micropython", "old": "build/bin/micropython-old"}
# What runs on both: whatever changes the flash, and above all the way back.
ON_BOTH = (
    "test_lifecycle",
    "test_options",
    "test_storage",
    "test_http_fs",
    "test_http_fs_failures",
    "test_recovery",
    "test_obstacles",
    "test_names",
    "test_confirm",
    "test_given_up",
    "test_last_resort",
    "test_prune",
    "test_prune_restore",
    "test_little_room",
    "test_locks",
    "test_resume",
    "test_resume_power",
)


def _made(path):
    if not path.exists():
        pytest.fail(f"{path.relative_to(ROOT)} is missing: run make dist", pytrace=False)
    return path


def pytest_addoption(parser):
    parser.addoption(
        "--frozen",
        action="store_true",
        help="run on MicroPython with SaguarOTA in it (make firmware), not on dist/",
    )
    parser.addoption(
        "--port",
        choices=PORTS,
        help="run all tests on this build of MicroPython; by default some run on both",
    )


def pytest_collection_modifyitems(config, items):
    """Tests of dist/ itself are none of the frozen package."""
    if config.getoption("--frozen"):
        for item in items:
            if item.get_closest_marker("dist"):
                item.add_marker(pytest.mark.skip("about the folder in dist"))


def pytest_generate_tests(metafunc):
    """The tests in ON_BOTH run on each build of the port."""
    config = metafunc.config
    if config.getoption("--frozen") or config.getoption("--port"):
        return
    if Path(metafunc.module.__file__).stem in ON_BOTH and "micropython" in metafunc.fixturenames:
        metafunc.parametrize("micropython", PORTS, indirect=True, scope="session")


@pytest.fixture(scope="session")
def micropython(pytestconfig, request):
    """MicroPython's unix port."""
    if pytestconfig.getoption("--frozen"):
        return _made(ROOT / "build/firmware/unix/micropython")
    port = pytestconfig.getoption("--port") or getattr(request, "param", "stock")
    return _made(ROOT / PORTS[port])


@pytest.fixture(scope="session")
def old_micropython(pytestconfig):
    """MicroPython's unix port as old as the oldest firmware that the package is for."""
    if pytestconfig.getoption("--frozen"):
        pytest.skip("no firmware of ours")
    return _made(ROOT / PORTS["old"])


@pytest.fixture(scope="session")
def other_micropython(pytestconfig):
    """An independent, newer build of the unix port, with ssl and hashlib.md5."""
    if pytestconfig.getoption("--frozen"):
        pytest.skip("no firmware of ours")
    path = ROOT / "build/venv/bin/micropython"
    if not path.exists() and not os.environ.get("CI"):
        pytest.skip("there is no wheel of MicroPython's unix port for this machine")
    return _made(path)


@pytest.fixture(scope="session")
def dist(pytestconfig):
    """The folder that a device has as its lib/."""
    if pytestconfig.getoption("--frozen"):
        return Path(".frozen")
    return _made(ROOT / "dist/x64_6.3")


@pytest.fixture(scope="session")
def plain(pytestconfig):
    """The same with the package's modules one by one, under their own names."""
    if pytestconfig.getoption("--frozen"):
        return Path(".frozen")
    return _made(ROOT / "build/plain")


@pytest.fixture
def release(tmp_path):
    """An empty release that is being served."""
    with Release(tmp_path / "release") as served:
        yield served


@pytest.fixture
def device(tmp_path, micropython, dist, release):
    """An empty device that follows `release`."""
    return Device(tmp_path / "flash", micropython, dist).follow(release)


@pytest.fixture
def insides(device, plain):
    """Makes `device` one whose scripts may reach into the package."""
    device.sys_path[:] = [str(plain)]


@pytest.fixture
def serve():
    """serve(Nginx, folder, ...) starts one of tests/servers.py; it ends with the test."""
    with ExitStack() as running:

        def start(kind, folder, **options):
            try:
                return running.enter_context(kind(folder, **options))
            except servers.Missing as missing:
                (pytest.fail if os.environ.get("CI") else pytest.skip)(str(missing))

        yield start
