"""What the matrix has found, as tables."""

from dataclasses import replace

from power.matrix import PLENTY, merged

_ROW = "{:12}{:>6}  {:8}{:13}{:21}{:>11}{:>13}{:>12}{:>9}"
_COST = "{:12}{:>6}  {:13}{:>8}{:>18}{:>15}{:>18}{:>8}"
_HEAD = ("file system", "block", "room", "scenario", "fault", "cut points", "double cuts")


def head():
    """The line above the rows."""
    return _ROW.format(*_HEAD, "violations", "seconds")


def lines(results):
    """A line for each fault of a scenario on one disk, from all tasks that were a part of it."""
    rows = {}
    for result in results:
        task = result.task
        for row in result.rows:
            key = task.kind, task.block, task.room, task.scenario, row.fault
            rows.setdefault(key, []).append(row)
    for key, parts in rows.items():
        yield _ROW.format(*key, *_numbers(merged(parts)))


def total(results):
    """The line below the rows."""
    rows = [row for result in results for row in result.rows]
    # The first cuts of double ones are counted with the single ones.
    points = sum(row.points for row in rows if not row.doubles)
    return _ROW.format("all", "", "", "", "", points, *_numbers(merged(rows))[1:])


def costs(results):
    """What an undisturbed update writes to flash, beside what it downloads: a line for each."""
    yield _COST.format(
        "file system",
        "block",
        "scenario",
        "writes",
        "bytes programmed",
        "blocks erased",
        "bytes downloaded",
        "ratio",
    )
    for result in results:
        task = result.task
        if result.downloaded and task.room == PLENTY and not task.doubles:
            ratio = result.programmed / result.downloaded
            yield _COST.format(
                task.kind,
                task.block,
                task.scenario,
                result.writes,
                result.programmed,
                result.erased,
                result.downloaded,
                f"{ratio:.1f}",
            )


def violations(results):
    """Each violation as text: what is wrong, by which cuts it came about, and the command line that
    shows the first of them alone."""
    found = {}
    for result in results:
        if result.failed:
            yield f"FAILED, not cut at all: {result.task}: {result.failed}"
        for row in result.rows:
            for violation in row.violations:
                task = replace(result.task, faults=(), doubles=(), part=(0, 1))
                found.setdefault((task, violation.what), []).append(violation)
    for (task, what), cuts in found.items():
        yield f"VIOLATION, {task.kind}, {task.block}, {task.room}, {task.scenario}: {what}"
        for fault in dict.fromkeys(violation.fault for violation in cuts):
            same = [violation for violation in cuts if violation.fault == fault]
            yield f"    {fault}: " + ", ".join(_number(violation) for violation in same)
        yield "    " + command(task, cuts[0])


def _number(violation):
    if violation.second is None:
        return str(violation.cut)
    return f"{violation.cut} and {violation.second}"


def command(task, violation):
    """The command line that makes one cut and tells what comes of it."""
    words = ["build/venv/bin/python", "tests/power", "--file-system", task.kind]
    words += ["--block", task.block, "--room", task.room, "--scenario", task.scenario]
    words += ["--fault", f"'{violation.fault}'", "--cut", violation.cut]
    if violation.second is not None:
        words += ["--second", violation.second]
    if task.shift:
        words += ["--shift", task.shift]
    if task.bug:
        words += ["--bug", task.bug]
    return " ".join(str(word) for word in words)


def _numbers(row):
    points = 0 if row.doubles else row.points
    return points, row.doubles, len(row.violations), f"{row.seconds:.1f}"
