"""Figures 2 to 4: the check with nothing due, MD5, and an update of many files."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench_host import FULL_PORT, NEW, OLD, OWN_PORT, Device, Failed, Site, make_tree, manifest_of

ENTRIES = 1000
FILE_BYTES = 2048
MD5_BYTES = 1 << 20


def check(work: Path, rounds: int = 21) -> dict[str, dict[str, int]]:
    """Medians in microseconds of a check with nothing due, by interpreter and way."""
    device = Device(work)
    tree = work / "check"
    make_tree(tree, ENTRIES, 64, NEW)
    extended = manifest_of(tree, extended=True)
    found = {}
    with Site(tree).serve() as site:
        device.configure(PORT=site.port, ROUNDS=rounds)
        for name, port in (("full", FULL_PORT), ("own", OWN_PORT)):
            device.erase()
            for copy in ("versions.json", "remote.json"):
                (device.flash / copy).write_text(site.manifest)
            (device.flash / "extended.json").write_text(extended)
            found[name] = device.run("check", port)
            print(f"  check, {name}: {found[name]}", file=sys.stderr)
    found["full"]["bytes"] = len(site.manifest)
    found["full"]["extended_bytes"] = len(extended)
    return found


def md5(work: Path, rounds: int = 101) -> dict[str, int]:
    """Medians in microseconds for MD5_BYTES in chunks of 512 bytes."""
    device = Device(work)
    device.erase()
    (device.flash / "data.bin").write_bytes(random.Random(1).randbytes(MD5_BYTES))
    device.configure(ROUNDS=rounds)
    found = device.run("md5")
    print(f"  md5: {found}", file=sys.stderr)
    return found


def openssl_md5() -> tuple[str, float]:
    """Who measured, and OpenSSL's speed with blocks of 512 bytes, in MB/s."""
    openssl = shutil.which("openssl")
    if openssl:
        command = [openssl, "speed", "-bytes", "512", "-seconds", "1", "md5"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        speed = re.search(r"^md5\s+([\d.]+)k", run.stdout, re.MULTILINE | re.IGNORECASE)
        if speed:
            return "openssl speed -bytes 512 md5", float(speed[1]) / 1000
    data = bytes(64 * MD5_BYTES)
    start = time.perf_counter()
    hashlib.md5(data).digest()
    return "CPython's hashlib, one block", len(data) / (time.perf_counter() - start) / 1e6


def update(work: Path, rounds: int = 5) -> dict[str, float]:
    """Medians in seconds of an update of ENTRIES files: `ours`, the same with `resume_downloads`,
    the plain updater by `load` and by `text`, and of fetching alone. Raises Failed for a wrong
    result or number of connections."""
    device = Device(work)
    old, new = work / "update-old", work / "update-new"
    make_tree(old, ENTRIES, FILE_BYTES, OLD)
    make_tree(new, ENTRIES, FILE_BYTES, NEW)
    manifest = manifest_of(old)
    sides = {
        "ours": ("update_ours", {}, "ota_state.txt", 1),
        "resume": ("update_ours", {"OPTIONS": {"resume_downloads": True}}, "ota_state.txt", 1),
        "load": ("update_plain", {"WHOLE_TEXT": False}, "plain_state.txt", ENTRIES + 1),
        "text": ("update_plain", {"WHOLE_TEXT": True}, "plain_state.txt", ENTRIES + 1),
        "fetch": ("fetch", {}, "", 1),
    }
    times: dict[str, list[float]] = {side: [] for side in sides}
    with Site(new).serve() as site:
        for _ in range(rounds):
            for side, (script, values, state_file, connections) in sides.items():
                device.configure(PORT=site.port, **values)
                device.erase(old, manifest)
                site.connections = 0
                times[side].append(device.run(script)["us"] / 1e6)
                if state_file:
                    device.check_updated(site, state_file)
                if site.connections != connections:
                    raise Failed(f"{side}: {site.connections} connections, not {connections}")
            last = {side: round(spent[-1], 3) for side, spent in times.items()}
            print(f"  update, s: {last}", file=sys.stderr)
    return {side: statistics.median(spent) for side, spent in times.items()}
