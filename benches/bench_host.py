"""What every figure needs: releases, a server that counts connections, and devices to run."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socketserver
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

from saguarota.py3utils import OTAManifestBuilder, OTAManifestServer  # noqa: E402

BENCHES = ROOT / "benches"
DIST = ROOT / "dist/x64_6.3"
# The same with the package's modules under their own names, for scripts that call parts of it.
PLAIN = ROOT / "build/plain"
_INSIDES = ("check", "extras", "fetch")
MPY_CROSS = ROOT / "build/bin/mpy-cross"
# Two unix ports: the project's own, small (no TLS, so no hashlib.md5), and an independent one.
OWN_PORT = ROOT / "build/bin/micropython"
FULL_PORT = ROOT / "build/venv/bin/micropython"

HOST = "127.0.0.1"
KEY = "the key of the benchmark"
OLD, NEW = 1_700_000_000, 1_700_000_100


class Failed(Exception):
    """A device did not do what it was run for."""


def work_folder() -> tempfile.TemporaryDirectory[str]:
    """A temporary folder, in memory where there is such a file system: a disk's journal would be
    measured otherwise, on both sides alike."""
    memory = Path("/dev/shm")
    parent = memory if os.access(memory, os.W_OK) else ROOT / "build"
    return tempfile.TemporaryDirectory(prefix="saguarota-bench-", dir=parent)


def file_system(path: Path) -> str:
    """The type of the file system that holds `path`."""
    run = subprocess.run(
        ["stat", "-f", "-c", "%T", str(path)], capture_output=True, text=True, check=False
    )
    return run.stdout.strip() or "unknown"


def make_tree(folder: Path, files: int, size: int, mtime: int) -> None:
    """A release of `files` files of `size` random bytes, of which every hundred have a folder."""
    for number in range(files):
        path = folder / f"pkg{number // 100:02d}/mod{number % 100:03d}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(mtime + number).randbytes(size))
        os.utime(path, (mtime, mtime))


def manifest_of(folder: Path, extended: bool = False) -> str:
    """The signed manifest of a release; `extended`: with sizes and SHA-256s."""
    return OTAManifestBuilder(folder, auth_key=KEY, extended=extended).generate_manifest()


class MadeManifest:
    """Serves a manifest that was made before, so that making it is not measured."""

    followlinks = True

    def __init__(self, text: str) -> None:
        self.text = text

    def generate_manifest(self) -> str:
        return self.text


class Site:
    """A release that is served, and the number of connections that came in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = manifest_of(folder)
        self.connections = 0
        self.port = 0

    @contextlib.contextmanager
    def serve(self) -> Iterator[Site]:
        """Serves on a free port; counts what the server accepts."""
        accept = socketserver.TCPServer.get_request

        def count(server):
            self.connections += 1
            return accept(server)

        socketserver.TCPServer.get_request = count
        server = OTAManifestServer(
            self.folder, host=HOST, port=0, builder=MadeManifest(self.manifest)
        )
        try:
            with server:
                self.port = server.port
                yield self
        finally:
            socketserver.TCPServer.get_request = accept


class Device:
    """Runs scripts of benches/device, each in a fresh process, on a folder as flash.

    All that it loads is in a folder beside that one: MicroPython keeps the path of each module on
    the heap, and where the repository lies must not show in a figure.
    """

    def __init__(self, work: Path) -> None:
        self.flash = work / "flash"
        self.libs = {DIST: work / "lib", PLAIN: work / "insides"}
        for source, lib in self.libs.items():
            shutil.copytree(source, lib, dirs_exist_ok=True)
            shutil.copytree(BENCHES / "device", lib, dirs_exist_ok=True)
            plain = lib / "plain.mpy"
            command = [MPY_CROSS, "-O3", "-s", "plain.py", "-o", plain, BENCHES / "plain.py"]
            subprocess.run(command, check=True)

    def configure(self, **values: object) -> None:
        """Writes the module `served`, by which scripts know the server and their task. `OPTIONS`
        are those of the updater beyond the usual ones."""
        values = {"OPTIONS": {}, **values, "HOST": HOST, "KEY": KEY}
        text = "".join(f"{name} = {value!r}\n" for name, value in values.items())
        for lib in self.libs.values():
            (lib / "served.py").write_text(text)

    def erase(self, tree: Path | None = None, manifest: str = "") -> None:
        """Makes the flash hold a copy of `tree` and its manifest, and nothing else."""
        shutil.rmtree(self.flash, ignore_errors=True)
        if tree:
            shutil.copytree(tree, self.flash)
            (self.flash / "versions.json").write_text(manifest)
        else:
            self.flash.mkdir()

    def run(self, script: str, port: Path = FULL_PORT, heap: int = 16 << 20) -> dict[str, int]:
        """Runs a script; what it printed, lines of a name and a number. Raises Failed."""
        lib = self.libs[PLAIN if script in _INSIDES else DIST].name
        run = subprocess.run(
            [port, "-X", f"heapsize={heap}", f"../{lib}/{script}.py"],
            cwd=self.flash,
            env={**os.environ, "MICROPYPATH": f"../{lib}"},
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            pairs = [line.split() for line in run.stdout.splitlines() if "saguarota:" not in line]
            found = {name: int(number) for name, number in pairs}
        except ValueError:
            found = {}
        if run.returncode or not found:
            raise Failed(f"{script}: {run.stdout[-300:]}{run.stderr[-300:]}")
        return found

    def check_updated(self, site: Site, state_file: str) -> None:
        """Raises Failed unless the flash holds the release that is served."""
        if (self.flash / state_file).read_text() != "confirm_pending":
            raise Failed("the update is not done")
        for path in site.folder.rglob("*.py"):
            if path.read_bytes() != (self.flash / path.relative_to(site.folder)).read_bytes():
                raise Failed(f"{path} was not updated")


def version_of(port: Path) -> str:
    """What an interpreter says it is."""
    code = (
        "import sys; version = sys.implementation.version;"
        "print('.'.join(str(part) for part in version if part != ''), sys.version.split('; ')[1])"
    )
    run = subprocess.run([port, "-c", code], capture_output=True, text=True, check=True)
    number, built = run.stdout.strip().split(" ", 1)
    return f"MicroPython {number} ({built.replace('MicroPython ', '')})"
