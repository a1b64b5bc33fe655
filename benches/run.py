#!/usr/bin/env python3
"""Measures SaguarOTA beside plain MicroPython code that does the same work; `make bench`.

benches/run.py               print the figures
benches/run.py --markdown    print them as Markdown
benches/run.py --update      and put them into docs/BENCHMARKS.md, between its markers
"""

from __future__ import annotations

import argparse
import platform
import re
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import boards
import builder
import heap
import prune
import report
import speed
import sweep
from bench_host import (
    DIST,
    FULL_PORT,
    OWN_PORT,
    ROOT,
    Device,
    file_system,
    version_of,
    work_folder,
)

DOCUMENT = ROOT / "docs/BENCHMARKS.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def cpu_model() -> str:
    """The processor's name."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def machine(work: Path) -> list[str]:
    """What was measured with."""
    return [
        f"{date.today()}, {cpu_model()}, {platform.system()} {platform.release()}",
        f"port A: {version_of(FULL_PORT)}, from PyPI, with TLS and `hashlib.md5`",
        f"port B: {version_of(OWN_PORT)}, built here without TLS: no `hashlib.md5`, so the plain "
        "updater cannot run on it",
        f"server: OTAManifestServer on CPython {platform.python_version()}, loopback; devices' "
        f"flash: a folder on {file_system(work)}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure SaguarOTA beside plain MicroPython.")
    parser.add_argument("--markdown", action="store_true", help="print the figures as Markdown")
    parser.add_argument("--update", action="store_true", help=f"rewrite them in {DOCUMENT.name}")
    options = parser.parse_args()
    start = time.monotonic()
    with work_folder() as name:
        work = Path(name)
        facts = machine(work)
        print("==> measuring, about 7 minutes", file=sys.stderr)
        checks = speed.check(work)
        digests = speed.md5(work)
        updates = speed.update(work)
        heaps = heap.measure(work)
        device = Device(work)
        device.erase()
        taken = device.run("memory", OWN_PORT)
        built = builder.measure(work)
        pruned = prune.measure(work)
        swept = sweep.measure(work)
    tables = [
        report.heap_table(heaps),
        report.check_table(checks),
        report.md5_table(digests, speed.openssl_md5()),
        report.update_table(updates),
        report.size_table(DIST, taken),
        report.builder_table(built),
        report.prune_table(pruned),
        *boards.tables(),
        report.sweep_table(swept),
    ]
    markdown = report.markdown(facts, tables)
    print(markdown if options.markdown else report.text(facts, tables))
    if options.update:
        document = DOCUMENT.read_text()
        before, rest = document.split(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n{markdown}\n{END}{rest.split(END)[1]}")
    print(f"measured in {time.monotonic() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
