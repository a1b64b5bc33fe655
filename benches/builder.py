"""Figure 6: the builder on the computer beside hashlib over the same files."""

from __future__ import annotations

import hashlib
import os
import statistics
import sys
import time
from pathlib import Path

from bench_host import KEY, NEW, Failed, make_tree
from saguarota.py3utils import OTAManifestBuilder

FILES = 10_000
FILE_BYTES = 2048


def plain(folder: Path) -> list[str]:
    """The MD5 of each file, in the plainest way."""
    found = []
    for location, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            with open(os.path.join(location, name), "rb") as file:
                found.append(hashlib.md5(file.read()).hexdigest())
    return found


def measure(work: Path, rounds: int = 9) -> dict[str, float]:
    """Medians in seconds of `plain`, and of a new builder's first text: `builder`, `signed` and
    `extended`. The sides take turns. Raises Failed for a wrong MD5."""
    tree = work / "builder"
    make_tree(tree, FILES, FILE_BYTES, NEW)
    data = OTAManifestBuilder(tree).generate_manifest_data()
    if [file["md5"] for file in data["files"]] != plain(tree):
        raise Failed("the builder's MD5s are not hashlib's")
    sides = {
        "plain": lambda: plain(tree),
        "builder": lambda: OTAManifestBuilder(tree).generate_manifest(),
        "signed": lambda: OTAManifestBuilder(tree, auth_key=KEY).generate_manifest(),
        "extended": lambda: OTAManifestBuilder(
            tree, auth_key=KEY, extended=True
        ).generate_manifest(),
    }
    times: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, work_of in sides.items():
            start = time.perf_counter()
            work_of()
            times[side].append(time.perf_counter() - start)
    found = {side: statistics.median(spent) for side, spent in times.items()}
    print(f"  builder, s: { {side: round(t, 3) for side, t in found.items()} }", file=sys.stderr)
    return found
