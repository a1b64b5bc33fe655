"""Figure 7: deleting what the manifest does not name, beside an update that does not."""

from __future__ import annotations

import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_host import FULL_PORT, NEW, OLD, OWN_PORT, Device, Failed, Site, make_tree, manifest_of
from heap import least

ENTRIES = 5000
# Of the device's files, which are as many: the manifest names all others.
EXTRAS = 1000
DUE = 10
FILE_BYTES = 64
PORTS = {"A": FULL_PORT, "B": OWN_PORT}
POLICIES = ("never", "all")
# What the plain way knows to be no extra.
OWN = ("versions.json", "otac14f2.jrn")
_HUNDRED = 100


class Pruned:
    """A device of which EXTRAS files are to be deleted and DUE to be replaced."""

    def __init__(self, work: Path) -> None:
        self.device = Device(work)
        self.old, self.new = work / "prune-old", work / "prune-new"
        make_tree(self.old, ENTRIES, FILE_BYTES, OLD)
        self.manifest = manifest_of(self.old)
        shutil.copytree(self.old, self.new)
        make_tree(self.new, DUE, FILE_BYTES, NEW)
        for number in range((ENTRIES - EXTRAS) // _HUNDRED, ENTRIES // _HUNDRED):
            (self.old / f"pkg{number}").rename(self.old / f"gone{number}")
        self.site = Site(self.new)

    def configure(self, policy: str = "never", **values: Any) -> None:
        """Tells the scripts their task."""
        options = {"delete_files_not_in_manifest_policy": policy}
        self.device.configure(PORT=self.site.port, OPTIONS=options, OWN=OWN, **values)

    def update(self, policy: str, port: Path, heap: int = 16 << 20) -> float:
        """Seconds of an update. Raises Failed if the tree is not what it should be then."""
        device = self.device
        device.erase(self.old, self.manifest)
        self.configure(policy)
        seconds = device.run("update_ours", port, heap)["us"] / 1e6
        if (device.flash / "ota_state.txt").read_text() != "confirm_pending":
            raise Failed("the update is not done")
        extras = len(list(device.flash.glob("gone*/*.py")))
        if extras != (0 if policy == "all" else EXTRAS):
            raise Failed(f"policy {policy}: {extras} files that the manifest does not name")
        kept = sorted(device.flash.glob("pkg*/*.py"))
        if len(kept) != ENTRIES - EXTRAS:
            raise Failed(f"policy {policy}: {len(kept)} files that the manifest names")
        for path in kept:
            if path.read_bytes() != (self.new / path.relative_to(device.flash)).read_bytes():
                raise Failed(f"{path} is not the release's")
        return seconds


def _completes(run: Callable[[int], object]) -> Callable[[int], bool]:
    def completes(heap: int) -> bool:
        try:
            run(heap)
        except (Failed, OSError):
            return False
        return True

    return completes


def _heaps(pruned: Pruned) -> dict[str, int]:
    """Least heaps: by port and policy, as `A never`, and by port for finding the extras in the
    plain way, as `A plain`."""
    found = {}
    for name, port in PORTS.items():
        for policy, guess in zip(POLICIES, (46 << 10, 90 << 10)):

            def update(heap: int, policy: str = policy, port: Path = port) -> float:
                return pruned.update(policy, port, heap)

            found[f"{name} {policy}"] = least(_completes(update), guess)
        pruned.device.erase(pruned.old, pruned.manifest)
        pruned.configure()

        def plain(heap: int, port: Path = port) -> dict[str, int]:
            return pruned.device.run("extras_plain", port, heap)

        found[f"{name} plain"] = least(_completes(plain), 2800 << 10)
        print(f"  prune, heap: {found}", file=sys.stderr)
    return found


def measure(work: Path, rounds: int = 5, updates: int = 3) -> dict[str, dict[str, Any]]:
    """`heap`: see `_heaps`; `find`: by port, medians in microseconds of `ours`, `plain_load` and
    `plain_text` looking for the extras; `update`: medians in seconds of whole updates by port and
    policy, as `A never`. Raises Failed for a wrong result."""
    pruned = Pruned(work)
    find, times = {}, {}
    with pruned.site.serve():
        heaps = _heaps(pruned)
        for name, port in PORTS.items():
            pruned.device.erase(pruned.old, pruned.manifest)
            pruned.configure(ROUNDS=rounds, EXTRAS=EXTRAS)
            find[name] = pruned.device.run("extras", port)
            print(f"  prune, {name}: {find[name]}", file=sys.stderr)
            spent: dict[str, list[float]] = {policy: [] for policy in POLICIES}
            for _ in range(updates):
                for policy in POLICIES:
                    spent[policy].append(pruned.update(policy, port))
            for policy in POLICIES:
                times[f"{name} {policy}"] = statistics.median(spent[policy])
    return {"heap": heaps, "find": find, "update": times}
