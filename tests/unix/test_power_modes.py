"""Power cuts in what is more than a plain update: deleting, HTTP-FS mode, resuming, cleaning up.

A sample of the block writes of each, lost with all that follows; then boots without network. The
device must have the old release or the new one, whole, and come to the new one with the network.
"""

from contextlib import ExitStack

import pytest
from cutter import Cutter
from images import FILE_SYSTEMS, ImageDevice, cuts
from servers import PythonServer
from support import OFFLINE, Release, application, noise

OLD = {"main.py": b"old main" * 200, "lib/a.py": b"old a", "lib/b.py": b"old b"}
NEW = {"main.py": b"new", "lib/a.py": b"new a" * 300, "lib/b.py": b"old b", "new/x/y.py": b"y"}
EXTRA = {"extra.txt": b"E" * 600, "ex/tra/one.py": b"1", "ex/two.py": b"two" * 300, "lib/c": b""}
CUTS = 6
BIG = noise(9600)


class Scenario:
    """A device on OLD with NEW on the server. `act` is what the power is cut in."""

    def __init__(self, device, release, running):
        self.device = device
        self.release = release
        self._running = running
        self.act = device.boot
        self.new_only = False
        device.follow(release, backup_skip_extensions=(), backup_skip_prefixes=())

    def adopt(self, more=None):
        self.device.adopt(self.release, {**OLD, **(more or {})})

    def offer(self, files):
        self.old = application(self.device.tree())
        self.release.put_all(files)
        self.new = self.release.tree()

    def deleting(self):
        self.adopt()
        self.device.put(EXTRA)
        self.device.options["delete_files_not_in_manifest_policy"] = "all"
        self.offer(NEW)

    def listed(self):
        server = self._running.enter_context(PythonServer(self.release.folder))
        self.device.options.update(base_file_url=server.url, recurse_http_fs=True)
        self.adopt()
        self.offer(NEW)

    def resuming(self):
        self.device.options.update(resume_downloads=True, download_retries=0)
        self.adopt({"big.bin": b"old"})
        self.offer({**NEW, "big.bin": BIG})
        with Cutter(self.release.url, after=5000, path="/big.bin") as cutter:
            boot = self.device.boot(base_file_url=cutter.url)
        assert boot.code == "download_failed"
        self.device.waits()
        assert len(self.device.tree()["otac14f2.cut"]) == 5000

    def update(self):
        """Cut in the update."""

    def rollback(self):
        """Cut in the rollback of an update that was cut at its end."""
        image = self.device.path.read_bytes()
        events = len(self.device.boot().events)
        self.device.path.write_bytes(image)
        assert self.device.boot(kill_at=events - 2).killed
        assert self.device.state() == "installing"
        self.act = lambda: self.device.boot(**OFFLINE)

    def revert(self):
        """Cut in the way back from an update that is done."""
        assert self.device.boot().reset
        self.act = lambda: self.device.call("revert_update")

    def confirm(self):
        """Cut in the confirmation with clean-up."""
        assert self.device.boot().reset
        self.new_only = True
        self.act = lambda: self.device.call("confirm_update", True)

    def cleanup(self):
        """Cut in the clean-up after the confirmation."""
        self.confirm()
        assert self.device.call("confirm_update").value
        self.act = lambda: self.device.call("cleanup_files")

    def recovers(self):
        """Boot without network until the device is at rest, then with it."""
        boots = [self.device.boot(**OFFLINE)]
        while boots[-1].reset:
            boots.append(self.device.boot(**OFFLINE))
            assert len(boots) < 4
        state, app = self.device.state(), self.device.app()
        assert state in ("idle", "confirm_pending"), boots[-1].log
        assert app == self.new or (app == self.old and state == "idle" and not self.new_only)
        self.device.check_clusters()
        if app == self.old:
            assert self.device.boot().reset
            assert self.device.state() == "confirm_pending"
            assert self.device.app() == self.new


@pytest.fixture
def scenario(tmp_path, micropython, dist):
    """scenario(kind of file system) makes a Scenario."""
    with ExitStack() as running:

        def make(kind):
            release = Release(tmp_path / "release")
            device = ImageDevice(tmp_path / "flash", micropython, dist, kind)
            return Scenario(device, running.enter_context(release), running)

        yield make


@pytest.mark.parametrize("kind", FILE_SYSTEMS)
@pytest.mark.parametrize(
    ("mode", "action"),
    [
        ("deleting", "update"),
        ("deleting", "rollback"),
        ("deleting", "revert"),
        ("deleting", "confirm"),
        ("deleting", "cleanup"),
        ("listed", "update"),
        ("listed", "rollback"),
        ("resuming", "update"),
        ("resuming", "rollback"),
    ],
)
def test_a_power_loss_in_any_mode_leaves_the_old_or_the_new_release(scenario, kind, mode, action):
    cutting = scenario(kind)
    getattr(cutting, mode)()
    getattr(cutting, action)()
    for _ in cuts(cutting.device, cutting.act, CUTS):
        cutting.recovers()


@pytest.mark.parametrize("files", [9, 11, 12])
def test_no_power_loss_makes_files_share_a_cluster_wherever_their_names_lie(scenario, files):
    """With so many others, the entries of a download's name, were it a long one, would lie in two
    sectors of the root folder, and a cut between them would leave it a short one."""
    cutting = scenario("fat")
    cutting.device.put({f"p{number}": b"" for number in range(files)})
    cutting.adopt()
    cutting.offer({"main.py": b"new main" * 100, "b.py": b"b" * 600})
    for _ in cuts(cutting.device, cutting.device.boot):
        cutting.device.boot(**OFFLINE)
        cutting.device.check_clusters()


@pytest.mark.parametrize("resume", [False, True])
def test_an_interrupted_download_costs_no_space_on_fat(scenario, resume):
    cutting = scenario("fat")
    cutting.device.options["resume_downloads"] = resume
    cutting.adopt({"big.bin": b"old"})
    free = _free(cutting.device)
    cutting.offer({"big.bin": BIG * 15})
    for writes in (150, 200, 250):
        cutting.device.writes_left = writes
        assert cutting.device.boot().killed
        cutting.device.writes_left = None
        assert cutting.device.boot(**OFFLINE).reset
        assert cutting.device.boot(resume_downloads=False, **OFFLINE).code
        assert _free(cutting.device) == free


def _free(device):
    """Free bytes, without a backup's or a partial file's."""
    assert not [path for path in device.tree() if path.startswith(("saguarota_b", "otac14f2"))]
    return device.free()
