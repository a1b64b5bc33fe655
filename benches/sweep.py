"""Figure 11: at every heap size that installs a release, the device can also go back."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from bench_host import DIST, FULL_PORT, OWN_PORT, PLAIN, ROOT

sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/unix")]

from small_heaps import BOOT_SCRIPTS, PROPERTIES, Boot, Sites, SmallDevice  # noqa: E402

STEP = 512
SIZES = range(30 << 10, (80 << 10) + 1, STEP)
FORMS = {"as shipped": DIST, "as modules": PLAIN}
PORTS = {"A": FULL_PORT, "B": OWN_PORT}
_KIB = 1024
# Nothing is timed here.
_AT_ONCE = 2


class Swept(NamedTuple):
    """What the sizes came to. `failures`: by property, the sizes at which it does not hold, with
    what was seen there."""

    form: str
    port: str
    boot: str
    installing: list[int]
    failures: dict[str, dict[int, str]]


def _sweep(folder: Path, form: str, port: str, boot: Boot, sites: Sites) -> Swept:
    device: Any = SmallDevice(folder, PORTS[port], FORMS[form], sites)
    swept = Swept(form, port, boot.name, [], {name: {} for name in PROPERTIES})
    for heap in SIZES:
        outcome = device.judge(heap)
        if outcome.installs:
            swept.installing.append(heap)
        for name, seen in outcome.failures.items():
            swept.failures[name][heap] = seen
    failed = {name: len(sizes) for name, sizes in swept.failures.items()}
    print(
        f"  {form}, port {port}, boot.py {boot.name}: installs at {len(swept.installing)} sizes; "
        f"failures: {failed}",
        file=sys.stderr,
    )
    for name, sizes in swept.failures.items():
        for heap, seen in sizes.items():
            print(f"    {heap / _KIB:g} KiB, not {name}: {seen}", file=sys.stderr)
    return swept


def measure(work: Path) -> list[Swept]:
    """Sweeps each form of the package on each port with each boot.py."""
    found = []
    for number, boot in enumerate(BOOT_SCRIPTS):
        folder = work / f"sweep{number}"
        with Sites(folder, boot) as sites, ThreadPoolExecutor(_AT_ONCE) as pool:
            running = [
                pool.submit(_sweep, folder / f"{form}-{port}", form, port, boot, sites)
                for form in FORMS
                for port in PORTS
            ]
            found += [each.result() for each in running]
    return found
