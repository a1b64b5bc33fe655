"""`dist/` is installed by MicroPython's own package installer, `mip`, from a server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import servers

pytestmark = pytest.mark.dist

ROOT = Path(__file__).resolve().parent.parent.parent
LIB = ROOT / "build/micropython/lib/micropython-lib"
INSTALL = """
import sys
sys.path[:0] = {paths!r}
import mip
mip.install({url!r}, target={target!r})
"""


@pytest.fixture(scope="module")
def mip():
    """The folders that mip is imported from."""
    paths = [LIB / "python-ecosys/mip", LIB / "micropython/requests"]
    if not all(path.is_dir() for path in paths):
        pytest.skip("this MicroPython source has no micropython-lib")
    return [str(path) for path in paths]


def make_dist(folder, dist, *options):
    """What `make dist` leaves, anew, from what it left."""
    command = [sys.executable, ROOT / "tools/make_dist.py", folder]
    command += [dist / "_saguarota.mpy", dist / "saguarota", *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def content(folder):
    """{path: bytes} of what is to be installed."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "package.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_mip_installs_every_file_and_the_package_can_be_imported(
    tmp_path, micropython, dist, serve, mip
):
    served = tmp_path / "served"
    served.mkdir()
    server = serve(servers.PythonServer, served)
    printed = make_dist(served / "x64_6.3", dist, "--url", server.url + "x64_6.3/")
    assert f"{len(content(dist))} files, " in printed

    lib = tmp_path / "device/lib"
    url = server.url + "x64_6.3/package.json"
    program = INSTALL.format(paths=mip, url=url, target=str(lib))
    done = subprocess.run([micropython, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.endswith("Done\n"), done.stdout + done.stderr
    assert content(lib) == content(dist)

    program = (
        f"import sys; sys.path[:] = [{str(lib)!r}]; import saguarota; print(saguarota.OTAState)"
    )
    done = subprocess.run([micropython, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout == "<class 'OTAState'>\n", done.stderr


def test_paths_are_relative_where_no_url_is_given(dist):
    index = json.loads((dist / "package.json").read_text())
    assert sorted(path for path, _ in index["urls"]) == sorted(content(dist))
    assert all(path == source for path, source in index["urls"])
    assert index["version"] and index["deps"] == []


def test_make_dist_removes_files_that_are_no_longer_built(tmp_path, dist):
    folder = tmp_path / "x64_6.3"
    (folder / "saguarota").mkdir(parents=True)
    (folder / "saguarota/old.mpy").write_bytes(b"M")
    make_dist(folder, dist)
    assert content(folder) == content(dist)
