"""The kinds of faults, and what came of them."""

from dataclasses import dataclass, field

ONCE, LASTING, BLOCK = "once", "lasting", "block"
READ, WRITE, ROOM = "read", "write", "room"
EIO, ENOSPC = 5, 28


@dataclass(frozen=True)
class Mode:
    """A kind of fault. `op`: read, write (an erase is one), or room: a file leaves `at` free
    blocks. `how`: once, operation number `at`; lasting, that and all after it; block, all on the
    block of the number `at`. The last two, and room that is lasting, are lifted when a boot has not
    reset, all others after one boot. `errno`: what the block device returns. `lands`: whether a
    failing write is done all the same."""

    op: str
    how: str
    errno: int = EIO
    lands: bool = False

    def __str__(self):
        error = {EIO: "EIO", ENOSPC: "ENOSPC"}[self.errno]
        return f"{self.op} {error} {self.how}" + " done" * self.lands


MODES = {
    "littlefs": (
        Mode(READ, ONCE),
        Mode(READ, LASTING),
        Mode(READ, BLOCK),
        Mode(WRITE, ONCE),
        Mode(WRITE, LASTING),
        Mode(WRITE, BLOCK),
        Mode(WRITE, ONCE, ENOSPC),
        Mode(WRITE, LASTING, ENOSPC),
        Mode(ROOM, ONCE, ENOSPC),
        Mode(ROOM, LASTING, ENOSPC),
    ),
    # FatFs makes EIO of any error of the block device.
    "fat": (
        Mode(READ, ONCE),
        Mode(READ, LASTING),
        Mode(READ, BLOCK),
        Mode(WRITE, ONCE),
        Mode(WRITE, ONCE, lands=True),
        Mode(WRITE, LASTING),
        Mode(WRITE, BLOCK),
        Mode(ROOM, ONCE, ENOSPC),
        Mode(ROOM, LASTING, ENOSPC),
    ),
}


@dataclass(frozen=True)
class Task:
    """Faults of one action that one process makes. `modes`: of MODES; `bug`: one of device/bugs.py;
    `sample`: at most so many operations of each mode, evenly spread, 0 for as many as there are;
    `every`: none of those is left out."""

    kind: str
    block: int
    action: str
    modes: tuple
    bug: str = ""
    sample: int = 0
    every: bool = False


@dataclass
class Row:
    """What came of all faults of one mode. `cases`: how many; `runs`: those after which the flash
    was like no other's before; `violations`: (at, text) of each; `excused`: the same of those that
    are littlefs's own; `seconds`: of wall time."""

    mode: Mode
    cases: int = 0
    runs: int = 0
    violations: list = field(default_factory=list)
    excused: list = field(default_factory=list)
    seconds: float = 0


@dataclass
class Result:
    """What came of a task: its rows, or why it could not even be prepared."""

    task: Task
    rows: list = field(default_factory=list)
    failed: str = ""
