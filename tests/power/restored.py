"""What a rollback has to make of a device that somebody meddled with, path by path.

Each path of the update gets its old state back. What stands in its way is moved aside, to a free
name beside it. A path whose backup is gone or damaged stays as it is, is reported, and is due
again, whatever its version. Whatever else is there stays.
"""

from dataclasses import dataclass, field

from power.expected import (
    BACKUP,
    DUE,
    IDLE,
    MANIFEST,
    OLD_MANIFEST,
    STATE,
    inside,
    parents,
)
from power.oracle import due, own, state
from support import application

ABSENT = "absent"


@dataclass
class Outcome:
    """A device at rest, before the network is back. `app`: its tree without the updater's own;
    `loose`: {path: contents}, paths that may have any of these instead; `manifests`: what the
    local manifest may be. `lost`: paths that could not be restored; `left`: those that never have
    a backup; `aside`: {path: its new name}; `spare`: own files that may be there or not; `rolled`:
    whether it was rolled back at all."""

    app: dict
    manifests: tuple
    loose: dict = field(default_factory=dict)
    lost: list = field(default_factory=list)
    left: list = field(default_factory=list)
    aside: dict = field(default_factory=dict)
    spare: tuple = ()
    rolled: bool = True

    def differences(self, tree):
        """How a tree is other, a list of texts."""
        found = []
        if self.rolled and state(tree) != IDLE:
            found.append(f"the state is {state(tree)}")
        if tree.get(MANIFEST) not in self.manifests:
            found.append(f"the local manifest is {_what(tree.get(MANIFEST, ABSENT))}")
        has = application(tree)
        for path in sorted(has.keys() | self.app.keys()):
            is_there, wanted = has.get(path, ABSENT), self.app.get(path, ABSENT)
            if is_there != wanted and is_there not in self.loose.get(path, ()):
                found.append(f"{path} is {_what(is_there)}, not {_what(wanted)}")
        return found + (self._own(tree) + self._due(tree) if self.rolled else [])

    def _own(self, tree):
        names = {STATE, MANIFEST, DUE, *self.spare}
        kept = [f"{BACKUP}/{path}" for path in self.lost]
        names.update(kept, (above for path in kept for above in parents(path)))
        return [
            f"{path} is left"
            for path in sorted(own(tree))
            if path not in names and not path.startswith(tuple(kept))
        ]

    def _due(self, tree):
        noted, wanted = due(tree), sorted(self.lost + self.left)
        noted = [path for path in noted if path in wanted or path not in self.loose]
        return [] if noted == wanted else [f"due is {noted}, not {wanted}"]

    def unsaid(self, console, messages):
        """What the boots did not say, a list of texts; `messages`: last_error_message of each."""
        found = [f"the console does not name {path}" for path in self.lost if path not in console]
        if self.lost and not any(all(path in one for path in self.lost) for one in messages):
            found.append(f"no message names {self.lost}: {messages}")
        for path, name in self.aside.items():
            if path not in console or name not in console:
                found.append(f"the console does not say that {path} was moved to {name}")
        return found


def rolled_back(tree, updated, fixed=(), journal=True, spare=()):
    """The Outcome of a rollback. `tree`: all that is on the flash; `updated`: the expected.Device
    before the meddling; `fixed`: read-only paths; `journal`: whether it tells what the update has
    done; otherwise the backups are all there is to go by."""
    old = updated.before
    made = Outcome(application(tree), (old.manifest,), spare=spare)
    kept = tree.get(OLD_MANIFEST) == old.manifest
    if not kept:
        # An old release with the manifest of the new one would never become that again.
        made.manifests = (None,)
    whole = {p: data for p, data in updated.backup.items() if tree.get(f"{BACKUP}/{p}") == data}
    created = [path for path in updated.app if path not in old.app]
    skipped = [path for path in updated.app if updated.app[path] != old.app.get(path, ABSENT)]
    skipped = [path for path in skipped if path not in (*created, *updated.backup)]
    if journal:
        made.lost = sorted(path for path in updated.backup if path not in whole)
        made.left = sorted(skipped)
        _uncreate(made, created, fixed)
    else:
        made.loose = {path: (ABSENT, updated.app[path]) for path in created}
        made.loose.update(dict.fromkeys(skipped, ()))
    for path, data in whole.items():
        _make_way(made, path, fixed)
        made.app[path] = data
        made.app.update(dict.fromkeys(parents(path)))
    for path in skipped if journal else ():
        _make_way(made, path, ())
    folders = [name for name in (STATE, MANIFEST) if name + "/" in tree]
    for name in [*folders, *([BACKUP] if BACKUP in tree else [])]:
        found = {path: tree[path] for path in tree if path == name or path.startswith(name + "/")}
        made.app.update(found)
        _move_aside(made, name)
    return made


def untouched(tree):
    """The Outcome where nothing tells that an update waits: it stays."""
    return Outcome(application(tree), (tree.get(MANIFEST),), rolled=False)


def _uncreate(made, created, fixed):
    for path in created:
        if not path.endswith("/"):
            if path + "/" in made.app or path in fixed:
                _move_aside(made, path)
            made.app.pop(path, None)
    for folder in sorted((path for path in created if path.endswith("/")), reverse=True):
        if folder[:-1] in made.app:
            _move_aside(made, folder[:-1])
        elif not inside(folder, made.app):
            made.app.pop(folder, None)


def _make_way(made, path, fixed):
    """Moves aside what keeps a file from being written."""
    for above in parents(path):
        if above[:-1] in made.app:
            _move_aside(made, above[:-1])
    if path + "/" in made.app or (path in fixed and path in made.app):
        _move_aside(made, path)


def _move_aside(made, path):
    number = 0
    while True:
        name = f"{path}.old{number or ''}"
        if name not in made.app and name + "/" not in made.app:
            break
        number += 1
    made.aside[path] = name
    for one in [one for one in made.app if one == path or one.startswith(path + "/")]:
        made.app[name + one[len(path) :]] = made.app.pop(one)


def _what(content):
    if content is None:
        return "a folder"
    return content if content == ABSENT else f"{len(content)} bytes, {content[:16]!r}"
