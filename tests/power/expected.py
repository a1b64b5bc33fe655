"""What a device has to have on its flash: from what was put there and from what the server offers.

Nothing here is taken from the code under test, nor from a run of it: a bug that shows in an
undisturbed update shows as well. A tree is as that of Device.tree() in tests/support.py: {path:
bytes}, and {path + "/": None} for folders.
"""

import json
from dataclasses import dataclass, field, replace

STATE = "ota_state.txt"
MANIFEST = "versions.json"
BACKUP = "saguarota_backup"
PREFIX = "otac14f2."
JOURNAL, PROGRESS, OLD_MANIFEST, TRIAL, DUE = (
    PREFIX + end for end in ("jrn", "prg", "old", "run", "due")
)
IDLE, CONFIRM_PENDING = "idle", "confirm_pending"
# The file that no delete policy takes.
PROTECTED = "boot.py"
# What these files say is the updater's own matter: they have to be there.
_SOMETHING = b"?"


@dataclass(frozen=True)
class Served:
    """What a server offers. `files`: {path: bytes}; `manifest`: its bytes, None where the server
    lists its folders instead."""

    files: dict
    manifest: bytes

    def due(self, device, force=False):
        """The paths that an update of a Device installs, in path order."""
        if self.manifest is None:
            return [path for path in sorted(self.files) if device.app.get(path) != self.files[path]]
        local = _versions(device.manifest)
        remote = _versions(self.manifest)
        return [path for path in sorted(remote) if force or remote[path] > local.get(path, -1)]


@dataclass(frozen=True)
class Device:
    """A device at rest. `app`: the tree of all that is not the updater's own; `manifest`: bytes of
    the local one, None where there is none; `state`: the word; `backup`: old bytes of what the last
    update replaced and deleted, {path: bytes}, None where there is no backup; `before`: the Device
    that a rollback brings back; `counted`: a boot of a trial was counted."""

    app: dict = field(default_factory=dict)
    manifest: bytes = None
    state: str = IDLE
    backup: dict = None
    before: object = None
    counted: bool = False

    def put(self, files):
        """With these files on top."""
        return replace(self, app=with_parents({**self.app, **files}))

    def without(self, path):
        """Without one file."""
        return replace(self, app={name: self.app[name] for name in self.app if name != path})

    def updated(self, served, force=False, skipped=((), ()), extras=None):
        """After an update. `skipped`: beginnings and endings of paths that get no backup;
        `extras`: endings of files that are deleted if the release lacks them, None for no file."""
        due = served.due(self, force)
        app = with_parents({**self.app, **{path: served.files[path] for path in due}})
        gone = [] if extras is None else [path for path in app if _is_extra(path, served, extras)]
        kept = [path for path in due if path in self.app and not _is_skipped(path, *skipped)]
        return Device(
            _without(app, gone),
            self.manifest if served.manifest is None else served.manifest,
            CONFIRM_PENDING,
            {path: self.app[path] for path in kept + gone},
            self,
        )

    def reverted(self):
        """After a rollback."""
        return replace(self.before, state=IDLE)

    def confirmed(self):
        """After confirm_update()."""
        return replace(self, state=IDLE)

    def cleaned(self):
        """After cleanup_files(), which leaves no way back."""
        return replace(self, backup=None, before=None, counted=False)

    def on_trial(self):
        """After a boot with max_unconfirmed_boots."""
        return replace(self, counted=True)

    def tree(self):
        """All that has to be on the flash."""
        found = dict(self.app)
        if self.manifest is not None:
            found[MANIFEST] = self.manifest
        if self.state != IDLE:
            found[STATE] = self.state.encode()
        if self.backup is not None:
            found.update(dict.fromkeys((JOURNAL, PROGRESS), _SOMETHING))
            found.update({f"{BACKUP}/{path}": data for path, data in self.backup.items()})
            if self.before.manifest is not None:
                found[OLD_MANIFEST] = self.before.manifest
        if self.counted:
            found[TRIAL] = _SOMETHING
        return with_parents(found)


def with_parents(tree):
    """A tree with the folders above its files."""
    folders = {above: None for path in tree for above in parents(path)}
    return {**folders, **tree}


def parents(path):
    """The folders above a file or folder, outer ones first, each with a slash at its end."""
    path = path.rstrip("/")
    return [path[: at + 1] for at, letter in enumerate(path) if letter == "/"]


def inside(folder, tree):
    """The paths of a tree that lie in a folder, which ends with a slash."""
    return [path for path in tree if path.startswith(folder) and path != folder]


def _without(tree, paths):
    """A tree without these files, and without the folders that get empty by that."""
    tree = {path: data for path, data in tree.items() if path not in paths}
    for path in paths:
        for above in reversed(parents(path)):
            if inside(above, tree):
                break
            tree.pop(above, None)
    return tree


def _versions(manifest):
    files = json.loads(manifest)["files"] if manifest else ()
    return {entry["path"]: entry["version"] for entry in files}


def _is_skipped(path, prefixes, extensions):
    return path.startswith(tuple(prefixes)) or path.lower().endswith(tuple(extensions))


def _is_extra(path, served, endings):
    ends = path.lower().endswith(tuple(endings)) and not path.endswith("/")
    return ends and path not in served.files and path != PROTECTED
