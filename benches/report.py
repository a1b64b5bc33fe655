"""The figures as tables, for the terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import builder
import heap
import prune
import speed
import sweep

KIB = 1024


class Table(NamedTuple):
    """One figure: all columns but the first hold numbers."""

    title: str
    header: list[str]
    rows: list[list[str]]
    remarks: list[str]


def reached(reached: bool) -> str:
    return "reached" if reached else "not reached"


def heap_table(heaps: dict[str, dict[int, int]]) -> Table:
    """Figure 1."""
    rows = []
    for count in heap.COUNTS:
        cells = [heaps[side].get(count) for side in ("plain", "ours", "ours_small")]
        rows.append([str(count), *("-" if n is None else f"{n / KIB:.2f}" for n in cells)])
    remarks = []
    for name, side in (("A", "ours"), ("B", "ours_small")):
        sizes = heaps[side].values()
        most, spread = max(sizes) / KIB, (max(sizes) - min(sizes)) / KIB
        remarks += [
            f"at most 50 KiB on port {name}: {reached(most <= 50)}, {most:.2f} KiB",
            f"within 4 KiB of each other on port {name}: {reached(spread <= 4)}, "
            f"{spread:.2f} KiB apart",
        ]
    return Table(
        "1. Least heap that completes a signed update of every file, KiB",
        ["files", "plain, port A", "SaguarOTA, port A", "SaguarOTA, port B"],
        rows,
        remarks,
    )


def _timed(what: str, plain: float, ours: float, target: float | None, unit: str) -> list[str]:
    ratio = plain / ours
    verdict = "" if target is None else f"{target:g}x, {reached(ratio >= target)}"
    shown = f"{ratio:.1f}x" if ratio >= 10 else f"{ratio:.2f}x"
    return [what, f"{plain:.2f} {unit}", f"{ours:.2f} {unit}", shown, verdict]


_TIMED = ["", "plain", "SaguarOTA", "ratio", "target"]


def check_table(checks: dict[str, dict[str, int]]) -> Table:
    """Figure 2."""
    rows = []
    for name, port in (("A", "full"), ("B", "own")):
        for scope, label in (("whole", "with HTTP"), ("own", "device alone")):
            ours = checks[port][f"{scope}_ours"] / 1000
            for way, how, target in (("load", "json.load", 10), ("text", "json.loads", None)):
                plain = checks[port][f"{scope}_{way}"] / 1000
                what = f"port {name}, {label}, plain by {how}"
                rows.append(_timed(what, plain, ours, target, "ms"))
    size = checks["full"]["bytes"]
    title = f"2. Check of a signed manifest, {speed.ENTRIES} entries, {size} bytes, nothing due"
    extended = checks["full"]["own_extended"] / checks["full"]["own_ours"]
    remarks = [
        "with sizes and SHA-256s, both signatures checked: "
        f"{checks['full']['own_extended'] / 1000:.2f} ms, {extended:.2f} times as long (port A, "
        f"device alone, {checks['full']['extended_bytes']} bytes)"
    ]
    return Table(title, _TIMED, rows, remarks)


def md5_table(digests: dict[str, int], openssl: tuple[str, float]) -> Table:
    """Figure 3."""
    reading = digests["reading"]
    rows = [
        _timed("port A", digests["plain"] / 1000, digests["ours"] / 1000, None, "ms"),
        _timed(
            "the same, less the time of reading alone",
            (digests["plain"] - reading) / 1000,
            (digests["ours"] - reading) / 1000,
            1,
            "ms",
        ),
    ]
    source, speed_mb = openssl
    remarks = [
        f"reading alone: {reading / 1000:.2f} ms",
        f"OpenSSL's MD5 ({source}): {speed_mb:.0f} MB/s, "
        f"{speed.MD5_BYTES / speed_mb / 1000:.2f} ms without any reading; SaguarOTA's: "
        f"{speed.MD5_BYTES / digests['ours']:.0f} MB/s with reading, "
        f"{speed.MD5_BYTES / (digests['ours'] - reading):.0f} MB/s without",
    ]
    return Table("3. MD5 of a 1 MiB file in chunks of 512 bytes", _TIMED, rows, remarks)


def update_table(updates: dict[str, float]) -> Table:
    """Figure 4."""
    rows = [
        _timed("port A, plain by json.load", updates["load"], updates["ours"], 3, "s"),
        _timed("port A, plain by json.loads", updates["text"], updates["ours"], None, "s"),
    ]
    remarks = [
        f"TCP connections: plain {speed.ENTRIES + 1}, SaguarOTA 1 (counted by the server)",
        f"a file: plain {updates['load'] / speed.ENTRIES * 1e6:.0f} and "
        f"{updates['text'] / speed.ENTRIES * 1e6:.0f} us, "
        f"SaguarOTA {updates['ours'] / speed.ENTRIES * 1e6:.0f} us, of which a client that only "
        f"fetches and keeps nothing takes {updates['fetch'] / speed.ENTRIES * 1e6:.0f} us",
        f"with `resume_downloads=True`: {updates['resume']:.2f} s, "
        f"{updates['resume'] / updates['ours']:.2f} times as long",
    ]
    size = speed.FILE_BYTES
    title = f"4. Update of {speed.ENTRIES} installed files of {size} bytes over loopback"
    return Table(title, _TIMED, rows, remarks)


def size_table(dist: Path, taken: dict[str, int]) -> Table:
    """Figure 5."""
    paths = sorted(path for path in dist.rglob("*") if path.is_file())
    rows = [[str(path.relative_to(dist)), f"{path.stat().st_size}"] for path in paths]
    rows.append(["together", str(sum(path.stat().st_size for path in paths))])
    remarks = [
        f"heap taken by `import saguarota`: {taken['import']} bytes (native code, which the unix "
        "port keeps outside of the heap, not included)",
        f"heap taken by a constructed updater: {taken['updater']} bytes",
    ]
    return Table(f"5. Size of {dist.name}, bytes", ["file", "bytes"], rows, remarks)


def builder_table(built: dict[str, float]) -> Table:
    """Figure 6."""
    ratio = built["builder"] / built["plain"]
    names = {
        "plain": "hashlib alone: walk, open, read, MD5",
        "builder": "the manifest as text",
        "signed": "the same, signed",
        "extended": "the same, with sizes and SHA-256s",
    }
    rows = [
        [what, f"{built[side]:.3f} s", f"{built[side] / built['plain']:.2f}"]
        for side, what in names.items()
    ]
    return Table(
        f"6. The builder's first manifest of {builder.FILES} files of {builder.FILE_BYTES} bytes",
        ["", "time", "ratio"],
        rows,
        [f"at most 1.3 times hashlib: {reached(ratio <= 1.3)}, {ratio:.2f}"],
    )


def prune_table(pruned: dict[str, dict[str, Any]]) -> Table:
    """Figure 7."""
    heaps, times = pruned["heap"], pruned["update"]
    rows, remarks = [], []
    for port in prune.PORTS:
        for way, label in (("load", "json.load"), ("text", "json.loads")):
            plain = pruned["find"][port][f"plain_{way}"] / 1000
            ours = pruned["find"][port]["ours"] / 1000
            what = f"port {port}, finding them, plain by {label}"
            rows.append(_timed(what, plain, ours, None, "ms"))
    for port in prune.PORTS:
        without, pruning = heaps[f"{port} never"] / KIB, heaps[f"{port} all"] / KIB
        more = pruning - without
        remarks += [
            f"least heap, port {port}: {without:.2f} KiB without, {pruning:.2f} KiB with; at most "
            f"48 KiB more: {reached(more <= 48)}, {more:.2f} KiB",
            f"least heap in which the plain way finds them, port {port}, by json.load: "
            f"{heaps[f'{port} plain'] / KIB:.0f} KiB",
            f"the update, port {port}: {times[f'{port} never']:.3f} s without, "
            f"{times[f'{port} all']:.3f} s with",
        ]
    title = (
        f"7. Deleting {prune.EXTRAS} of {prune.ENTRIES} files that a manifest of {prune.ENTRIES} "
        "does not name"
    )
    return Table(title, _TIMED, rows, remarks)


def _ranges(sizes: Iterable[int]) -> str:
    """Heap sizes in KiB, those that follow each other as from-to; `none` if there are none."""
    runs: list[list[int]] = []
    for size in sizes:
        if runs and size == runs[-1][-1] + sweep.STEP:
            runs[-1].append(size)
        else:
            runs.append([size])
    shown = ["-".join(f"{size / KIB:g}" for size in sorted({run[0], run[-1]})) for run in runs]
    return ", ".join(shown) or "none"


def sweep_table(swept: list[sweep.Swept]) -> Table:
    """Figure 11."""
    rows, remarks = [], []
    for each in swept:
        what = f"{each.form}, port {each.port}, boot.py {each.boot}"
        least = f"{min(each.installing) / KIB:g}" if each.installing else "-"
        failing = [_ranges(each.failures[name]) for name in sweep.PROPERTIES]
        rows.append([what, least, str(len(each.installing)), *failing])
        for name, seen in each.failures.items():
            if seen:
                size, console = min(seen.items())
                console = " / ".join(console.splitlines())
                remarks.append(f"{what}, {size / KIB:g} KiB, not {name}: {console}")
    found = sum(len(seen) for each in swept for seen in each.failures.values())
    first, last = sweep.SIZES[0] // KIB, sweep.SIZES[-1] // KIB
    return Table(
        f"11. What a heap can install, it can take back: {first} to {last} KiB in steps of "
        f"{sweep.STEP} bytes, {len(sweep.SIZES)} sizes",
        ["", "least, KiB", "sizes that install", *(f"not {name}" for name in sweep.PROPERTIES)],
        rows,
        [f"failures: {found}; 0 wanted: {reached(found == 0)}", *remarks],
    )


def text(facts: list[str], tables: list[Table]) -> str:
    """Everything for a terminal."""
    lines = [fact.replace("`", "") for fact in facts]
    for table in tables:
        lines += ["", table.title]
        grid = [table.header, *table.rows]
        widths = [max(len(row[column]) for row in grid) for column in range(len(table.header))]
        for row in grid:
            cells = [row[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
            lines.append(("  " + "  ".join(cells)).rstrip())
        lines += [f"  {remark}".replace("`", "") for remark in table.remarks]
    return "\n".join(lines)


def markdown(facts: list[str], tables: list[Table]) -> str:
    """Everything as Markdown."""
    lines = [f"- {fact}" for fact in facts]
    for table in tables:
        lines += ["", f"### {table.title}", ""]
        lines.append("| " + " | ".join(table.header) + " |")
        lines.append("|---" + "|--:" * (len(table.header) - 1) + "|")
        lines += ["| " + " | ".join(row) + " |" for row in table.rows]
        if table.remarks:
            lines += ["", *(f"- {remark}" for remark in table.remarks)]
    return "\n".join(lines)
