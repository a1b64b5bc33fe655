"""A MicroPython process that boots devices whose flash is in its RAM, and what it tells of them."""

import contextlib
import fcntl
import json
import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
INTERPRETER = ROOT / "build/bin/micropython"
LIB = ROOT / "dist/x64_6.3"
# The same, but bugs can be planted.
PLAIN = ROOT / "build/plain"
WORKER = Path(__file__).resolve().parent / "device/worker.py"
# The native module's code stays in memory when it is loaded anew: a process does so many boots.
_BOOTS = 60
_PIPE = 1 << 20
# Python's fcntl has no name for it before 3.10.
_F_SETPIPE_SZ = 1031
ERASED = b"\xff"
_ENVIRONMENT = {**os.environ, "MICROPYPATH": str(WORKER.parent)}
# Boots until the device is at rest; one that resets once more is in a loop.
BOOTS_MAX = 5


@dataclass(frozen=True)
class Disk:
    """A form of flash. `kind`: littlefs or fat; `block`: bytes of a block, `blocks`: how many."""

    kind: str
    block: int
    blocks: int

    @property
    def flags(self):
        """Of an interpreter with room for some copies of it; collecting a larger heap takes
        longer."""
        return "-X", f"heapsize={48 * self.block * self.blocks}"


DISKS = {
    ("littlefs", 512): Disk("littlefs", 512, 256),
    ("littlefs", 4096): Disk("littlefs", 4096, 64),
    ("fat", 512): Disk("fat", 512, 256),
    # The fewest sectors that FatFs makes a file system of.
    ("fat", 4096): Disk("fat", 4096, 128),
}


@dataclass(frozen=True)
class Plan:
    """What a boot does. `calls`: methods of OTAUpdater with their arguments; `online`: whether the
    network is there; `bug`: one of device/bugs.py."""

    calls: tuple
    options: dict
    online: bool = False
    bug: str = ""


class Crashed(Exception):
    """The interpreter has ended, which no boot may bring about."""


class Write(NamedTuple):
    """What reached the flash at once. `erase`: a block was erased, to `data`."""

    start: int
    data: bytes
    erase: bool


@dataclass
class Boots:
    """`boots`: of each what it came to: reset, value, code, message, writes, and `raised` where an
    exception got out. `logs`: of each its writes.
    `tree`: all files and folders in the end, as Device.tree(); None if it was not asked for."""

    boots: list
    logs: list
    tree: dict
    console: str

    @property
    def resting(self):
        """Whether the last boot did not reset."""
        return not self.boots[-1]["reset"]


class Machine:
    """A worker process, replaced when it has done its boots; for use in a `with` block."""

    def __init__(self, disk):
        self.disk = disk
        # Where the release is, for boots that are online.
        self.port = None
        self.boots = 0
        self._process = None
        self._left = 0

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def stop(self):
        """End the process; the next request starts another."""
        if self._process:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None
            self._left = 0

    def run(self, image, plan, boots=1, tree=False):
        """Boot an image, again after each reset, at most so many times; returns Boots. Raises
        Crashed, as the other methods do."""
        told, parts, console = self._ask(image, boots=boots, tree=tree, **self.words(plan))
        done = told["boots"]
        self.boots += len(done)
        self._left -= len(done)
        pairs = zip(parts[::2], parts[1::2])
        logs = [_log(*pair, self.disk.block) for pair, _ in zip(pairs, done)]
        return Boots(done, logs, _tree(told["tree"], parts[-1]), console)

    def words(self, plan):
        """What the device's side needs to know of a Plan, a dict."""
        return {
            "calls": plan.calls,
            "options": plan.options,
            "bug": plan.bug,
            "lib": str(PLAIN if plan.bug else LIB),
            # Nothing listens at port 9.
            "port": self.port if plan.online else 9,
            "kind": self.disk.kind,
            "block": self.disk.block,
        }

    def execute(self, image, source, **more):
        """Run a script on the mounted flash; returns the image after it and what it put into the
        dict `said`."""
        told, parts, _ = self._ask(image, calls=None, source=source, tree=False, **more)
        return parts[0], told["said"]

    def format(self):
        """An image with an empty file system."""
        empty = bytes(self.disk.block * self.disk.blocks)
        return self.execute(empty, "", format=True)[0]

    def tree(self, image):
        """All that is on an image, as Device.tree()."""
        told, parts, _ = self._ask(image, calls=None, source="", tree=True)
        return _tree(told["tree"], parts[-1])

    def _ask(self, image, **plan):
        if self._left <= 0:
            self.stop()
            self._start()
        plan = {"kind": self.disk.kind, "block": self.disk.block, **plan}
        line = repr(plan).encode()
        stream = self._process.stdin
        stream.write(struct.pack("<ii", len(line), len(image)))
        stream.write(line)
        stream.write(image)
        stream.flush()
        console = []
        while True:
            line = self._process.stdout.readline()
            if line.startswith(b"@"):
                break
            console.append(line.decode("utf-8", "replace"))
            if not line:
                status = self._process.wait()
                self.stop()
                raise Crashed(f"the interpreter ended ({status}): {''.join(console)[-2000:]}")
        told = json.loads(line[1:])
        parts = [self._process.stdout.read(size) for size in told["sizes"]]
        return told, parts, "".join(console)

    def _start(self):
        self._left = _BOOTS
        self._process = subprocess.Popen(
            [INTERPRETER, *self.disk.flags, WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_ENVIRONMENT,
        )
        for stream in (self._process.stdin, self._process.stdout):
            # Not all kernels let anyone do it; it only saves time.
            with contextlib.suppress(OSError):
                fcntl.fcntl(stream, _F_SETPIPE_SZ, _PIPE)


def alone(machine, path, image, plan, die_at=None):
    """Boot once in a process of its own, with the image in a file, killed at the write of a number;
    returns its status and the image as it is then."""
    path.write_bytes(image)
    words = path.with_suffix(".plan")
    words.write_text(repr({**machine.words(plan), "die_at": die_at}))
    script = WORKER.with_name("alone.py")
    done = subprocess.run(
        [INTERPRETER, *machine.disk.flags, script, path, words],
        env=_ENVIRONMENT,
        stdout=subprocess.PIPE,
    )
    return done.returncode, path.read_bytes()


def applied(image, *logs):
    """An image after the writes of some boots."""
    image = bytearray(image)
    for log in logs:
        for write in log:
            image[write.start : write.start + len(write.data)] = write.data
    return bytes(image)


def _log(heads, data, block):
    log = []
    at = 0
    for start, size in struct.iter_unpack("<ii", heads):
        if size < 0:
            log.append(Write(start, ERASED * block, True))
        else:
            log.append(Write(start, data[at : at + size], False))
            at += size
    return log


def _tree(names, data):
    if names is None:
        return None
    tree = {}
    at = 0
    for path, size in names:
        tree[path] = None if size is None else data[at : at + size]
        at += size or 0
    return tree
