"""Figure 1: the least heap with which an update completes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench_host import FULL_PORT, NEW, OLD, OWN_PORT, Device, Failed, Site, make_tree, manifest_of

STEP = 256
FILE_BYTES = 64
COUNTS = (10, 100, 1000, 10000)
# The plain updater's need grows with the files; at 10000 it only takes time to say so.
PLAIN_COUNTS = (10, 100, 1000)
_LIMIT = 16 << 20
_SURE = 4 * STEP


class Update(NamedTuple):
    """An update that can be tried again and again."""

    device: Device
    old: Path
    manifest: str
    site: Site
    script: str
    state_file: str
    port: Path

    def completes(self, heap: int) -> bool:
        """Whether it does in a heap of so many bytes."""
        self.device.erase(self.old, self.manifest)
        try:
            self.device.run(self.script, self.port, heap)
            self.device.check_updated(self.site, self.state_file)
        except (Failed, OSError):
            return False
        return True


def least(completes: Callable[[int], bool], guess: int) -> int:
    """The smallest multiple of STEP that `completes`, as the next ones do, looked for around
    `guess`. Just below the true limit a heap may be lucky in where its garbage lies."""
    low, high, reach = 0, guess, 1024
    while not completes(high):
        if high > _LIMIT:
            raise Failed(f"does not complete in {high} bytes")
        low, high, reach = high, high + reach, 2 * reach
    while low == 0:
        probe = max(STEP, high - reach)
        if completes(probe):
            high, reach = probe, 2 * reach
        else:
            low = probe
    while high - low > STEP:
        middle = (low + high) // 2 // STEP * STEP
        if completes(middle):
            high = middle
        else:
            low = middle
    probe = high
    while probe < high + _SURE:
        if not completes(probe):
            high = probe + STEP
        probe += STEP
    return high


def measure(work: Path) -> dict[str, dict[int, int]]:
    """Bytes of heap by number of files, for `plain`, `ours`, and `ours` on the smaller port."""
    device = Device(work)
    sides = {
        "plain": ("update_plain", "plain_state.txt", FULL_PORT, PLAIN_COUNTS, 64 << 10),
        "ours": ("update_ours", "ota_state.txt", FULL_PORT, COUNTS, 46 << 10),
        "ours_small": ("update_ours", "ota_state.txt", OWN_PORT, COUNTS, 46 << 10),
    }
    found: dict[str, dict[int, int]] = {side: {} for side in sides}
    for count in COUNTS:
        old, new = work / f"heap-old{count}", work / f"heap-new{count}"
        make_tree(old, count, FILE_BYTES, OLD)
        make_tree(new, count, FILE_BYTES, NEW)
        manifest = manifest_of(old)
        with Site(new).serve() as site:
            device.configure(PORT=site.port, WHOLE_TEXT=False)
            for side, (script, state_file, port, counts, guess) in sides.items():
                if count not in counts:
                    continue

                update = Update(device, old, manifest, site, script, state_file, port)
                known = max(found[side].values(), default=guess)
                found[side][count] = least(update.completes, known)
                print(f"  {side}, {count} files: {found[side][count]} bytes", file=sys.stderr)
    return found
