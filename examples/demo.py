#!/usr/bin/env python3
"""The demo, `make demo`: a device goes through an update and two broken releases.

The device is MicroPython's unix port with the folder build/demo/flash as its flash and nothing but
dist/x64_6.3 as its lib/; a boot is a fresh process. The application is several hundred files of
MicroPython's own test suite. All that is claimed is checked; the exit code is 1 if it isn't so.
"""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

from saguarota.py3utils import OTAManifestBuilder, OTAManifestServer  # noqa: E402

MICROPYTHON = ROOT / "build/bin/micropython"
DIST = ROOT / "dist/x64_6.3"
PAYLOAD = ROOT / "build/micropython/tests"
DEVICE = ROOT / "examples/device"
WORK = ROOT / "build/demo"
FLASH = WORK / "flash"

KEY = "a secret that the device shares with whoever makes releases"
HEAP = "128k"
FIRST_TIME = 1_700_000_000  # of release 1's files; each release is a day younger


class Release:
    """A folder of files, and the signed manifest made of it."""

    def __init__(self, number: int, base: Release | None = None) -> None:
        """Starts as a copy of `base`, with the times of its files."""
        self.number = number
        self.folder = WORK / f"release{number}"
        self._time = FIRST_TIME + 86400 * number
        self.manifest = ""
        if base:
            shutil.copytree(base.folder, self.folder)
        self.write("release.py", f"NUMBER = {number}\n".encode())

    def write(self, path: str, content: bytes) -> None:
        """Puts a file into the release."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        os.utime(target, (self._time, self._time))

    def publish(self) -> Release:
        """Makes the manifest; what changes in the folder later does not match it any more."""
        self.manifest = OTAManifestBuilder(self.folder, auth_key=KEY).generate_manifest()
        return self

    def generate_manifest(self) -> str:
        """What the server asks of a builder."""
        return self.manifest

    def versions(self) -> dict[str, int]:
        """Each file's version."""
        return {file["path"]: file["version"] for file in json.loads(self.manifest)["files"]}


class Boot(NamedTuple):
    """What a boot took."""

    exit_code: int
    seconds: float
    connections: int


class Stage:
    """The server and the device."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.boots = 0
        accept = socketserver.TCPServer.get_request

        def count(server):
            self.connections += 1
            return accept(server)

        socketserver.TCPServer.get_request = count

    def boot(self, offered: Release) -> Boot:
        """Boots the device while the server offers a release; it prints for itself."""
        server = OTAManifestServer(
            offered.folder, host="127.0.0.1", port=self.port, builder=offered
        )
        self.connections = 0
        self.boots += 1
        with server:
            self.port = server.port
            config = f"URL = {server.url!r}\nKEY = {KEY!r}\nTERMINAL = {sys.stdout.isatty()}\n"
            (FLASH / "config.py").write_text(config)
            start = time.monotonic()
            run = subprocess.run(
                [MICROPYTHON, "-X", f"heapsize={HEAP}", "-c", "import boot, main"],
                cwd=FLASH,
                env={**os.environ, "MICROPYPATH": str(DIST)},
                stderr=subprocess.STDOUT,
                check=False,
            )
            seconds = time.monotonic() - start
        return Boot(run.returncode, seconds, self.connections)


def say(text: str) -> None:
    """Prints at once: the device writes to the same place."""
    print(text, flush=True)


def check(claim: str, holds: bool) -> None:
    """Says what was checked; ends the demo where it does not hold."""
    if not holds:
        sys.exit(f"  NOT SO: {claim}")
    say(f"  checked: {claim}")


def flash() -> dict[str, bytes]:
    """Everything on the device's flash, byte for byte, but the note of releases that failed."""
    note = FLASH / "otac14f2.bad"
    files = (path for path in FLASH.rglob("*") if path.is_file() and path != note)
    return {str(path.relative_to(FLASH)): path.read_bytes() for path in files}


def state() -> str:
    """The device's state file."""
    path = FLASH / "ota_state.txt"
    return path.read_text() if path.exists() else "idle"


def holds(release: Release) -> bool:
    """Whether the device has a release's manifest and files, and no others of the application."""
    own = ("boot.py", "config.py", "ota_state.txt", "versions.json")
    own += ("saguarota_backup", "otac14f2.")
    found = {path: content for path, content in flash().items() if not path.startswith(own)}
    expected = {path: (release.folder / path).read_bytes() for path in release.versions()}
    return found == expected and (FLASH / "versions.json").read_text() == release.manifest


def due(old: Release, new: Release) -> tuple[int, int]:
    """How many files an update has to fetch, and their bytes."""
    known = old.versions()
    paths = [path for path, version in new.versions().items() if version > known.get(path, 0)]
    return len(paths), sum((new.folder / path).stat().st_size for path in paths)


def make_releases() -> list[Release]:
    """Release 1; 2, a good one; 3, damaged on the server; 4, whose main.py crashes."""
    first = Release(1)
    first.write("main.py", (DEVICE / "main.py").read_bytes())
    sources = sorted((PAYLOAD / "basics").glob("*.py")) + sorted((PAYLOAD / "extmod").glob("*.py"))
    sources = [path for path in sources if not path.name.startswith("test_")]
    added = sources[::25]
    for path in sources:
        if path not in added:
            first.write(f"app/{path.parent.name}/{path.name}", path.read_bytes())

    second = Release(2, first)
    for place, path in enumerate(sources):
        if path in added or place % 4:
            content = path.read_bytes() + b"\n# of release 2\n"
            second.write(f"app/{path.parent.name}/{path.name}", content)

    third = Release(3, second)
    for path in sources[::2]:
        content = path.read_bytes() + b"\n# of release 3\n"
        third.write(f"app/{path.parent.name}/{path.name}", content)

    fourth = Release(4, third)
    fourth.write("main.py", b"import sensors\n\n" + (DEVICE / "main.py").read_bytes())

    releases = [release.publish() for release in (first, second, third, fourth)]
    # Half of release 3 is installed by the time its damaged file is reached.
    changed = [
        path for path, version in third.versions().items() if version > second.versions()[path]
    ]
    damaged = third.folder / changed[len(changed) // 2]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    return releases


def play(stage: Stage, releases: list[Release]) -> list[str]:
    """The story; returns the lines of its summary."""
    first, second, third, fourth = releases
    total = len(first.versions())

    say(f"\n1. The device has release 1, {total} files. The server offers nothing newer.")
    boot = stage.boot(first)
    check("boot.py found nothing to do, main.py ran", boot.exit_code == 0 and state() == "idle")

    count, size = due(first, second)
    say(f"\n2. Release 2 is published: {count} files of {len(second.versions())} are due.")
    boot = stage.boot(second)
    check("the device has restarted into confirm_pending", state() == "confirm_pending")
    check("it has every byte of release 2, and its manifest", holds(second))
    check("one TCP connection served manifest and files", boot.connections == 1)
    update = (
        f"release 1 -> 2: {count} files, {size} bytes in {boot.seconds:.1f} s "
        f"over {boot.connections} connection, confirmed"
    )
    boot = stage.boot(second)
    check("release 2 confirmed itself", boot.exit_code == 0 and state() == "idle")
    check("the backup is gone", not (FLASH / "saguarota_backup").exists())
    good = flash()

    count, size = due(second, third)
    say(f"\n3. Release 3: {count} files are due, and one was damaged after the manifest was made.")
    boot = stage.boot(third)
    check("the device is back at idle", state() == "idle")
    check(f"all {len(good)} files on it are as before, byte for byte", flash() == good)
    damaged = (
        f"release 2 -> 3: {count} files due, one did not match its MD5: rolled back in the same "
        f"boot, {boot.seconds:.1f} s"
    )
    boot = stage.boot(second)
    check("release 2 still runs", boot.exit_code == 0)

    count, size = due(second, fourth)
    say(f"\n4. Release 4 arrives whole ({count} files), but its main.py needs a missing module.")
    boot = stage.boot(fourth)
    check("it is installed and waits for its confirmation", state() == "confirm_pending")
    check("every byte is release 4's", holds(fourth))
    boot = stage.boot(fourth)
    check("its main.py crashed before it confirmed", boot.exit_code == 1)
    boot = stage.boot(fourth)
    check("boot.py took the update back", state() == "idle")
    reverted = (
        f"release 2 -> 4: {count} files, {size} bytes; crashed, never confirmed: reverted by the "
        f"next boot, {boot.seconds:.1f} s"
    )
    boot = stage.boot(second)
    check("release 2 runs", boot.exit_code == 0 and state() == "idle")
    check(f"all {len(good)} files are as before, byte for byte", flash() == good)
    return [update, damaged, reverted]


def main() -> None:
    start = time.monotonic()
    shutil.rmtree(WORK, ignore_errors=True)
    releases = make_releases()
    shutil.copytree(releases[0].folder, FLASH)
    shutil.copy(DEVICE / "boot.py", FLASH)
    (FLASH / "versions.json").write_text(releases[0].manifest)
    say(f"A device: MicroPython with a heap of {HEAP}B; its flash is {FLASH.relative_to(ROOT)}.")
    say("Lines without a mark are its own output. Each boot is a fresh process.")
    stage = Stage()
    summary = play(stage, releases)
    say("\nWhat happened")
    for line in summary:
        say(f"  {line}")
    say(f"  the device runs release 2; {stage.boots} boots in {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
