"""What somebody does to a device between an update and its rollback, one thing at a time."""

from dataclasses import dataclass

from power.expected import (
    BACKUP,
    JOURNAL,
    MANIFEST,
    OLD_MANIFEST,
    PREFIX,
    PROGRESS,
    STATE,
    TRIAL,
    parents,
)

FOREIGN = b"not of any release"
# Endings of the updater's own files, but for what is written for less than a moment.
_OWN = ["jrn", "prg", "swp", "old", "run", "sta", "new", "prt", "cut", "res", "lst", "bad", "due"]


@dataclass(frozen=True)
class Meddle:
    """`name`: as the command line takes it. `steps`: of the device, see _STEPS in meddling.py.
    `fixed`: the path that becomes read-only; `journal`: it still tells what the update did;
    `stateless`: nothing says any more that an update waits; `trial`: only after a boot on trial
    is there something to meddle with."""

    name: str
    steps: tuple = ()
    fixed: str = ""
    journal: bool = True
    stateless: bool = False
    trial: bool = False


def meddles(updated, journal, kind):
    """All of them, for the expected.Device that an update has left, on littlefs or fat; `journal`:
    the bytes of its journal."""
    yield from _paths(updated, kind)
    yield from _parents(updated)
    yield from _backups(updated, kind)
    yield from _own_files(updated, journal)


def _changed(updated):
    """What the update has created and replaced, folders too."""
    old = updated.before.app
    return {p: data for p, data in updated.app.items() if p not in old or old[p] != data}


def _file(name, path, data, **more):
    return Meddle(name, (("remove", path), ("file", path, data)), **more)


def _full_folder(name, path, **more):
    steps = ("remove", path), ("file", path + "/foreign.txt", FOREIGN)
    return Meddle(name, steps, **more)


def _paths(updated, kind):
    changed = _changed(updated)
    files = {path: data for path, data in changed.items() if data is not None}
    for path in sorted({**files, **updated.backup}):
        yield Meddle(f"folder {path}", (("remove", path), ("folder", path)))
        yield _full_folder(f"full folder {path}", path)
        if path in files:
            yield Meddle(f"removed {path}", (("remove", path),))
            yield _file(f"half {path}", path, files[path][: len(files[path]) // 2])
            yield _file(f"empty {path}", path, b"")
            if kind == "fat":
                yield Meddle(f"read-only {path}", fixed=path)
    for folder in sorted(path for path in changed if path.endswith("/")):
        yield Meddle(f"foreign {folder}foreign.txt", (("file", folder + "foreign.txt", FOREIGN),))
    taken = ("remove", "main.py"), ("folder", "main.py"), ("file", "main.py.old", FOREIGN)
    yield Meddle("folder main.py, main.py.old taken", taken)


def _parents(updated):
    paths = {*updated.backup, *_changed(updated)}
    for folder in sorted({above for path in paths for above in parents(path)}):
        path = folder[:-1]
        yield _file(f"file {path}", path, FOREIGN)
        if folder in updated.app:
            moved = ("move", path, "moved_away"), ("file", path, FOREIGN)
            yield Meddle(f"moved, file {path}", moved)


def _backups(updated, kind):
    for path, data in sorted(updated.backup.items()):
        backup = f"{BACKUP}/{path}"
        yield Meddle(f"removed {backup}", (("remove", backup),))
        yield _file(f"half {backup}", backup, data[: len(data) // 2])
        yield _file(f"empty {backup}", backup, b"")
        yield Meddle(f"folder {backup}", (("remove", backup), ("folder", backup)))
        if kind == "fat":
            yield Meddle(f"read-only {backup}", fixed=backup)
    folders = {above for path in updated.backup for above in parents(f"{BACKUP}/{path}")}
    for folder in sorted(folders):
        yield Meddle(f"removed {folder}", (("remove", folder[:-1]),))
        yield _file(f"file {folder[:-1]}", folder[:-1], FOREIGN)


def _own_files(updated, journal):
    there = {"jrn", "prg", "old", "run"}
    for end in _OWN:
        path = PREFIX + end
        more = {"trial": end == "run", "journal": end != "jrn"}
        yield _full_folder(f"full folder {path}", path, **more)
        if end in there:
            yield Meddle(f"removed {path}", (("remove", path),), **more)
            yield Meddle(f"folder {path}", (("remove", path), ("folder", path)), **more)
    for part in (0, 1, 2, 3):
        name = f"journal cut to {part} quarters"
        yield _file(name, JOURNAL, journal[: len(journal) * part // 4], journal=False)
    yield _file("journal without its last byte", JOURNAL, journal[:-1], journal=False)
    yield _file("journal of nonsense", JOURNAL, b"\xff\x00nonsense\n" * 9, journal=False)
    unknown = journal.replace(b"\t2\n", b"\t9\n", 1)
    yield _file("journal of an unknown format", JOURNAL, unknown, journal=False)
    yield _file("progress of nonsense", PROGRESS, b"\xff\x00?")
    yield _file("empty progress", PROGRESS, b"")
    old = updated.before.manifest
    yield _file("half old manifest", OLD_MANIFEST, old[: len(old) // 2])
    yield _file("trial of nonsense", TRIAL, b"\xff?", trial=True)
    yield Meddle("removed local manifest", (("remove", MANIFEST),))
    yield _file("local manifest of nonsense", MANIFEST, FOREIGN)
    yield _full_folder("local manifest a folder", MANIFEST)
    yield Meddle("removed state", (("remove", STATE),), stateless=True)
    yield _file("state of nonsense", STATE, FOREIGN, stateless=True)
    yield _full_folder("state a folder", STATE, stateless=True)
