"""What a device is killed in: each mode's releases, its state before, and how it may end.

A mode is a function that takes a Bench. It brings `bench.device` to where the call begins that is
going to be killed, and sets what differs from a plain update.
"""

import dataclasses
import shutil
from contextlib import ExitStack

from cutter import Cutter
from servers import PythonServer
from support import OFFLINE, application, noise

OLD = {
    "main.py": b"old main" * 300,
    "boot.py": b"old boot",
    "lib/a.py": b"old a" * 100,
    "lib/b.py": noise(5000, seed=3),
    "lib/same.py": b"same" * 50,
    "data/empty": b"",
    "assets/logo.png": noise(3000, seed=4),
}
# What the new release changes and adds; lib/same.py stays as it is.
NEW = {
    "main.py": b"new main",
    "boot.py": b"new boot" * 200,
    "lib/a.py": b"new a" * 300,
    "lib/b.py": noise(6000, seed=5),
    "lib/x/y/z.py": b"new z" * 20,
    "data/empty": b"no more",
    "new/one.py": b"1" * 1500,
    "assets/logo.png": noise(3500, seed=6),
}
EXTRA = {"extra.txt": b"E" * 600, "ex/tra/one.py": b"1", "ex/two.py": b"two" * 700, "lib/c": b""}
BIG = noise(9600)

# Of the updater's own files, what may lie on a device at rest: a partial download, what is
# remembered of a release that failed and of files that a rollback could not bring back, with copies
# that are being written, the next state of a confirmation, half written, and an empty file.
MAY_STAY = (".cut", ".res", ".bad", ".ba2", ".due", ".du2", ".sta", ".sw2")
# What a backup is besides its folder: the journal, the progress file, the old manifest. Without the
# progress file nothing is ever restored from it.
PROGRESS = ".prg"
BACKUP = (PROGRESS, ".jrn", ".old")


@dataclasses.dataclass(frozen=True)
class Rest:
    """A device at rest: `app`, its tree without the updater's files; `manifest`, bytes of the local
    one or None; `state`, the word; `backup`, names of all that belongs to it; `own`, names of the
    updater's other files, of which there are none."""

    app: dict
    manifest: bytes
    state: str
    backup: frozenset
    own: frozenset = frozenset()

    @classmethod
    def of(cls, tree):
        """What the oracle compares of a tree, as of Device.tree()."""
        app = application(tree)
        own = tree.keys() - app.keys() - {"versions.json", "ota_state.txt"}
        own = {path for path in own if not path.endswith(MAY_STAY)}
        backup = {path for path in own if "_backup/" in path or path.endswith(BACKUP)}
        state = (tree.get("ota_state.txt") or b"idle").decode("utf-8", "replace")
        return cls(
            app, tree.get("versions.json"), state, frozenset(backup), frozenset(own - backup)
        )

    @property
    def can_revert(self):
        """Whether there is a way back."""
        return any(path.endswith(PROGRESS) for path in self.backup)

    def differs(self, wanted, loose=None):
        """How this is other than `wanted`, in words; empty where it is not. `loose`: {path: (bytes,
        bytes)} of files that may be whole in either way.

        An idle device may have a backup that was not removed any more, if it is still of use.
        """
        found = []
        for path in sorted({*self.app, *wanted.app}):
            has, wants = self.app.get(path, "none"), wanted.app.get(path, "none")
            if has != wants and has not in (loose or {}).get(path, ()):
                found.append(f"{path}: {_short(has)} instead of {_short(wants)}")
        if self.manifest != wanted.manifest:
            found.append("the local manifest is another one")
        if self.state != wanted.state:
            found.append(f"state {self.state!r} instead of {wanted.state!r}")
        if self.own:
            found.append(f"own files {sorted(self.own)}")
        if self.backup != wanted.backup and not (self.state == "idle" and self.can_revert):
            more, less = self.backup - wanted.backup, wanted.backup - self.backup
            found.append(f"backup: {sorted(more)} too many, {sorted(less)} missing")
        return "; ".join(found)


def _short(content):
    return content if content is None or isinstance(content, str) else content[:12]


class Bench:
    """A device, and the release that it follows; OLD is its release before, with `more` on top.

    `call`: what is killed, a method's name and arguments; `options`: those of that boot alone.
    `recovers`: whether that is a way back already. `old`, `new`: the device at rest with either
    release, a Rest. `ends`: {name: Rest} of what boots without network may end in. `loose`: files
    that need not come back, see Rest.differs().
    """

    def __init__(self, device, release, running: ExitStack):
        self.device = device
        self.release = release
        self.running = running
        self.call = ["check_and_perform_ota"]
        self.options = {}
        self.recovers = False
        self.loose = {}
        self.ends = {}
        self.old = self.new = None
        # Files without backup have a mode of their own.
        device.follow(release, backup_skip_extensions=(), backup_skip_prefixes=())

    def adopt(self, more=None, own=None):
        """The device takes OLD and gets `own` files; then the server has NEW."""
        self.device.adopt(self.release, {**OLD, **(more or {})}, version=1000)
        self.device.put(own or {})

    def offer(self, files):
        """The server has these files from now on; finds out how the device ends with them."""
        self.release.put_all(files, version=2000)
        # Made once, not for each of thousands of requests.
        self.release.manifest = self.release.builder.generate_manifest()
        before = self.device.tree()
        self.old = Rest.of(before)
        self.updated()
        self.new = Rest.of(self.device.tree())
        self.restore(before)
        self.ends = {"old": self.old, "new": self.new}

    def updated(self):
        """The device takes the new release; returns the boot."""
        boot = self.device.boot()
        assert boot.reset and self.device.state() == "confirm_pending", boot.log
        return boot

    def restore(self, tree):
        """Put a tree, as of Device.tree(), on the flash."""
        for path in self.device.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        for path, content in tree.items():
            if content is None:
                (self.device.folder / path).mkdir(exist_ok=True)
            else:
                self.device.put({path: content})

    def confirming(self, *before):
        """The call confirms the update, or comes later; there is no way back to the old release."""
        self.updated()
        for call in before:
            assert self.device.call(*call).value is True
        confirmed = dataclasses.replace(self.new, state="idle", backup=frozenset())
        self.ends = {"new": self.new, "confirmed": confirmed}


def update(bench):
    """An update of some files of many."""
    bench.adopt()
    bench.offer(NEW)


def first(bench):
    """The first update of an empty device."""
    bench.offer({**OLD, **NEW})


def forced(bench):
    """An update of all files, changed or not."""
    bench.adopt()
    bench.device.options["force_update"] = True
    bench.offer(NEW)


def prune(bench):
    """An update that deletes what is not in the manifest."""
    bench.adopt(own=EXTRA)
    bench.device.options["delete_files_not_in_manifest_policy"] = "all"
    bench.offer(NEW)


def http_fs(bench):
    """An update by the server's listings."""
    server = bench.running.enter_context(PythonServer(bench.release.folder))
    bench.device.options.update(base_file_url=server.url, recurse_http_fs=True)
    bench.adopt()
    bench.offer(NEW)


def resumed(bench):
    """An update that goes on with a download which was broken off."""
    bench.device.options.update(resume_downloads=True, download_retries=0)
    bench.adopt(more={"big.bin": b"old"})
    bench.offer({**NEW, "big.bin": BIG})
    with Cutter(bench.release.url, after=5000, path="/big.bin") as cutter:
        boot = bench.device.boot(base_file_url=cutter.url)
    assert boot.code == "download_failed", boot.log
    assert len(bench.device.tree()["otac14f2.cut"]) == 5000
    # That was a failed installation, which leaves the next boot to the application.
    assert not bench.device.boot().reset


def skipped(bench):
    """An update of files of which one gets no backup."""
    path = "assets/logo.png"
    bench.device.options.update(backup_skip_extensions=None, backup_skip_prefixes=None)
    bench.adopt()
    bench.offer(NEW)
    bench.loose = {path: (OLD[path], NEW[path])}


def rollback(bench):
    """The first boot after an update that lost its power at the end."""
    update(bench)
    before = bench.device.tree()
    events = len(bench.updated().events)
    bench.restore(before)
    assert bench.device.boot(kill_at=events - 2).killed
    assert bench.device.state() == "installing"
    bench.options = OFFLINE
    bench.recovers = True
    bench.ends = {"old": bench.old}


def revert(bench):
    """revert_update() of an update with deletions that waits for its confirmation."""
    prune(bench)
    bench.updated()
    bench.call = ["revert_update"]
    bench.options = OFFLINE
    bench.recovers = True


def confirm(bench):
    """confirm_update(True)."""
    prune(bench)
    bench.call = ["confirm_update", True]
    bench.confirming()


def cleanup(bench):
    """cleanup_files() after the confirmation."""
    prune(bench)
    bench.call = ["cleanup_files"]
    bench.confirming(["confirm_update"])


MODES = {
    made.__name__: made
    for made in (
        update,
        first,
        forced,
        prune,
        http_fs,
        resumed,
        skipped,
        rollback,
        revert,
        confirm,
        cleanup,
    )
}
