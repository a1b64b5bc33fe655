"""Devices and releases for the tests that run an update.

`Device` is a folder that a MicroPython process has as its flash, each boot a new process; `Release`
is a folder behind the real development server. A test goes like this:

    with Release(tmp_path / "release", auth_key="k") as release:
        release.put("main.py", b"new", version=2)
        device.follow(release, manifest_auth_key="k")
        boot = device.boot()
        assert (boot.reset, boot.code) == (True, None)
        assert device.tree()["main.py"] == b"new"
"""

import dataclasses
import hashlib
import hmac
import json
import os
import random
import subprocess
from pathlib import Path
from typing import Optional

from own_files import MEMORY, application, memory, without_memory
from saguarota.py3utils import OTAManifestBuilder, OTAManifestServer, server
from saguarota.py3utils.handler import OTARequestHandler

SCRIPT = Path(__file__).parent / "unix" / "device" / "boot.py"
SIGKILL = -9
# Options of a boot without network: nothing listens there.
OFFLINE = {
    "manifest_url": "http://127.0.0.1:9/",
    "base_file_url": "http://127.0.0.1:9/",
    "download_retries": 0,
}

# Seconds between two looks whether to stop, for which the end of many a test waits.
server._Listener.timeout = 0.005


@dataclasses.dataclass
class Boot:
    """What one process did.

    `events`: (name, details) of each progress event. `calls`: what each call of a method came to,
    a dict of call, value, reset, code, message. `said`: what the test's own source has said.
    `log`: the console. `writes`: block writes of an ImageDevice that came to its end, else None.
    `status`: as of subprocess; SIGKILL for a device whose power was cut.
    """

    events: list
    calls: list
    said: list
    log: str
    writes: Optional[int]
    status: int

    @property
    def last(self):
        """The last call; fails where there was none, as nothing else says why."""
        assert self.calls, f"status {self.status}: {self.log}"
        return self.calls[-1]

    @property
    def value(self):
        """What the last call returned; None where it reset the device."""
        return self.last["value"]

    @property
    def reset(self):
        """Whether the last call reset the device."""
        return self.last["reset"]

    @property
    def code(self):
        """`last_error_code` after the last call."""
        return self.last["code"]

    @property
    def message(self):
        """`last_error_message` after the last call."""
        return self.last["message"]

    @property
    def killed(self):
        """Whether the power was cut."""
        return self.status == SIGKILL

    def named(self, name):
        """The details of each event of this name."""
        return [details for event, details in self.events if event == name]

    @property
    def updated(self):
        """The paths that were installed, in order."""
        return [details["path"] for details in self.named("file_update_done")]


def at_fixed_addresses():
    """The start of a command that gives a process the same addresses each time, so that the same
    heap has the same things in the same places; empty where the machine does not allow that."""
    command = ["setarch", "-R"]
    try:
        allowed = subprocess.run([*command, "true"], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        allowed = False
    return command if allowed else []


class Device:
    """A device whose flash is `folder`, which is also its current folder.

    `options` are those of OTAUpdater that each boot has; any value whose repr is a literal. Set
    `sys_path` to change what the device can import from, `flags` for the interpreter's own options,
    and `command` for what starts it.
    """

    # What device/disk.py mounts; None: the host's folder is the flash.
    image = None

    def __init__(self, folder, interpreter, lib):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.command = []
        self.interpreter = interpreter
        self.lib = Path(lib)
        self.sys_path = [str(self.lib)]
        self.options = {"retry_base_delay_ms": 0, "http_timeout_s": 5}
        self.flags = []

    def follow(self, release, **options):
        """Take updates from a release from now on, with these options on top; returns self."""
        self.options.update(
            manifest_url=release.url + "versions.json", base_file_url=release.url, **options
        )
        return self

    def adopt(self, release, files, version=1000):
        """Put `files`, {path: bytes}, into the release, take it, confirm it; returns the tree."""
        release.put_all(files, version)
        assert self.boot().reset
        assert self.call("confirm_update", True).value is True
        return self.tree()

    # -- booting --

    def boot(self, kill_at=None, **options):
        """Boot and call check_and_perform_ota(). `kill_at`: SIGKILL within the event of this
        number, counted from 0. `options`: on top of the device's own, for this boot only."""
        return self.run(["check_and_perform_ota"], kill_at=kill_at, **options)

    def call(self, name, *args, **options):
        """Boot and call another method of a new updater, e.g. call("confirm_update", True)."""
        return self.run([name, *args], **options)

    def run(self, *calls, kill_at=None, **options):
        """Boot and make several calls on one updater, each a list of name and arguments; a reset
        ends them."""
        return self._start(calls=calls, kill_at=kill_at, options={**self.options, **options})

    def execute(self, source, timeout=60):
        """Boot and run a script in the names of device/boot.py: say(**line), make(**more) for an
        updater with the device's options, call(updater, name, *args) and what saguarota exports."""
        return self._start(source=source, timeout=timeout)

    def _start(self, timeout=60, **plan):
        done = subprocess.run(**self.process(**plan), timeout=timeout)
        return heard(done.stdout, done.returncode)

    def process(self, **plan):
        """What subprocess.Popen takes for a boot by `plan`, see device/boot.py; all that the device
        says comes from its stdout, which heard() understands."""
        plan = {
            "sys_path": self.sys_path,
            "image": self.image,
            "options": self.options,
            "calls": (),
            "source": None,
            "kill_at": None,
            **plan,
        }
        # Beside the flash: a device's tree has nothing that the updater didn't write.
        file = self.folder.with_name(self.folder.name + ".plan")
        file.write_text(repr(plan), encoding="utf-8")
        return {
            "args": [*self.command, str(self.interpreter), *self.flags, str(SCRIPT), str(file)],
            "cwd": self.folder,
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "env": {**os.environ, "MICROPYPATH": str(SCRIPT.parent)},
        }

    def waits(self, **options):
        """Boot with the release on offer that has just failed, as often as it takes until the next
        attempt: nothing is installed, there is no reset, and the message tells what failed and how
        many boots are left. Returns the last boot."""
        before = self.tree()
        _, failures, boots, _, code, message, _ = memory(before).decode().split("\n", 6)
        assert 1 <= int(boots) <= min(2 ** (int(failures) - 1), 32)
        for left in range(int(boots), 0, -1):
            boot = self.boot(**options)
            assert (boot.status, boot.reset, boot.events) == (0, False, []), boot.log
            assert boot.code == code
            expected = f"boots until the next attempt: {left}; {message}"
            assert boot.message == expected, (boot.message, boot.log)
        assert without_memory(self.tree()) == without_memory(before)
        return boot

    def forgets(self):
        """Remove what the device remembers of the release that failed, so that the next boot tries
        again: for tests that would wait for dozens of boots."""
        boot = self.execute(f"os.remove({MEMORY!r})")
        assert boot.status == 0, boot.log

    # -- what is on the flash --

    def put(self, files, root="."):
        """Write files, {path: bytes}, below `root`, which is relative to the flash."""
        write_files(self.folder / root, files)

    def tree(self):
        """All that is on the flash: {path: bytes}, and {path + "/": None} for folders, the
        updater's own files (versions.json, ota_state.txt, backups ...) included."""
        return read_tree(self.folder)

    def app(self):
        """The tree without the updater's own files and the backup, for default names."""
        return application(self.tree())

    def undone(self):
        """The tree after a failed install that was rolled back, without what is remembered of it,
        which must be there."""
        tree = self.tree()
        assert memory(tree)
        return without_memory(tree)

    def state(self):
        """The text of the state file, None where there is none."""
        content = self.tree().get("ota_state.txt")
        return None if content is None else content.decode()

    def manifest(self):
        """The local manifest, None where there is none."""
        content = self.tree().get("versions.json")
        return None if content is None else json.loads(content)


def heard(output, status):
    """The Boot of a process that has said `output`, bytes."""
    lines = output.decode("utf-8", "replace").splitlines()
    told = [json.loads(line[1:]) for line in lines if line.startswith("@")]
    return Boot(
        events=[(line["event"], line["details"]) for line in told if "event" in line],
        calls=[line for line in told if "call" in line],
        said=[line for line in told if not line.keys() & {"event", "call", "writes"}],
        log="\n".join(line for line in lines if not line.startswith("@")),
        writes=next((line["writes"] for line in told if "writes" in line), None),
        status=status,
    )


def read_tree(folder):
    """As Device.tree(), for any folder."""
    return {
        path.relative_to(folder).as_posix() + "/" * path.is_dir(): path.read_bytes()
        if path.is_file()
        else None
        for path in sorted(Path(folder).rglob("*"))
    }


def write_files(folder, files):
    """Write files, {path: bytes}, below a folder."""
    for path, content in files.items():
        file = Path(folder) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def only_files(tree):
    """A tree without its folders."""
    return {path: content for path, content in tree.items() if content is not None}


def noise(size, seed=1):
    """Bytes of which no two places look alike: whatever is spliced in the wrong place shows."""
    return random.Random(seed).randbytes(size)


def entry(path, content=b"", version=2, **more):
    """A file as a manifest lists it."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return {"path": path, "version": version, "md5": md5, **more}


def sign(manifest, key):
    """The signature of a manifest by CPython's hmac: the contract in other code than the
    project's."""
    lines = [f"v={manifest.get('version', 0)}"]
    for file in sorted(manifest["files"], key=lambda file: file["path"]):
        lines.append(f"{file['path']}\t{file.get('version', 0)}\t{file.get('md5') or ''}")
    return hmac.new(key.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


class Release:
    """A folder behind the real server, on a free port while the `with` block lasts.

    Takes the options of OTAManifestBuilder; by default it has files of any name. Set `manifest` to
    text or bytes to serve a manifest that no builder made. `requests`: (path, status, client's
    port) of each request, in order.
    """

    def __init__(self, folder, **builder_options):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.builder = OTAManifestBuilder(
            self.folder, **{"allowed_extensions": ("",), **builder_options}
        )
        self.manifest = None
        self.requests = []
        self.server = OTAManifestServer(self.folder, host="127.0.0.1", port=0, builder=self)

    def generate_manifest(self):
        """What the server sends: `manifest`, or else what the builder makes."""
        if self.manifest is None:
            return self.builder.generate_manifest()
        if isinstance(self.manifest, bytes):
            return _Bytes(self.manifest)
        return self.manifest

    @property
    def url(self):
        """What a device takes as base_file_url; "versions.json" follows it."""
        return self.server.url

    @property
    def fetched(self):
        """The paths that were asked for, in order, without the manifest."""
        paths = [path[len("/ota/") :] for path, _, _ in self.requests]
        return [path for path in paths if path != "versions.json"]

    @property
    def connections(self):
        """How many connections the requests came in by."""
        return len({port for _, _, port in self.requests})

    def put(self, path, content, version):
        """Write a file of the release; its version is its mtime. Returns self."""
        write_files(self.folder, {path: content})
        os.utime(self.folder / path, (version, version))
        return self

    def put_all(self, files, version=2000):
        """Write files, {path: bytes}, all of one version. Returns self."""
        for path, content in files.items():
            self.put(path, content, version)
        return self

    def offer(self, path, version):
        """Serve a manifest of this one path, without an md5, whether the file exists or not."""
        files = [{"path": path, "version": version}]
        self.manifest = json.dumps({"version": version, "files": files})

    def remove(self, path):
        """Take a file out of the release."""
        (self.folder / path).unlink()

    def tree(self):
        """The files as they have to arrive, in the form of Device.tree()."""
        return read_tree(self.folder)

    def __enter__(self):
        self.server.start(background=True)
        release = self

        class Recorder(OTARequestHandler):
            """Remembers the requests."""

            def log_request(self, code="-", size="-"):
                release.requests.append((self.path, int(code), self.client_address[1]))

        self.server._listener.RequestHandlerClass = Recorder
        return self

    def __exit__(self, *exception):
        self.server.stop()


class _Bytes(str):
    """Bytes that the server sends as they are, UTF-8 or not."""

    def __new__(cls, content):
        made = super().__new__(cls)
        made.content = content
        return made

    def encode(self, *_):
        return self.content
