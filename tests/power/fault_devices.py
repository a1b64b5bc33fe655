"""The devices whose flash fails, what they are doing then, and what may come of it.

Every tree that is right is made of the releases and of what was put on the device.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from power.machine import Plan, applied
from power.oracle import BACKUP, MANIFEST, PREFIX, STATE, own, state
from power.scenarios import MEMORY, OLD, OWN, PAGE, new_release
from power.stage import CHECK, FILLER, Failed
from support import Release, application, noise

REVERT = ("revert_update",)
CONFIRM = ("confirm_update", True)
CLEAN = ("cleanup_files",)
DUE = PREFIX + "due"
# What an update keeps beside the backups for its rollback; the first two are always there.
JOURNAL = frozenset({PREFIX + "jrn", PREFIX + "prg"})
KEPT = JOURNAL | {PREFIX + "old", PREFIX + "run"}


@dataclass(frozen=True)
class Wanted:
    """One state of a device that is right. `files`: {path: bytes} of the application; `manifest`:
    the local one, bytes. `backup`: {path: bytes}, what was there before, or None where there is no
    way back. `cleaning`: some of that may be gone. `spare`: names of own files that may be there.
    """

    label: str
    state: str
    files: dict
    manifest: bytes
    backup: dict = None
    cleaning: bool = False
    spare: frozenset = frozenset()

    def differences(self, tree):
        """What is not as it has to be, a list of texts."""
        found = []
        if state(tree) != self.state:
            found.append(f"the state is {state(tree)}, not {self.state}")
        if tree.get(MANIFEST) != self.manifest:
            found.append("the local manifest is " + _what(tree.get(MANIFEST)))
        found += _differences(application(tree), with_folders(self.files))
        found += self._own(own(tree))
        return found

    def _own(self, has):
        has = {path: data for path, data in has.items() if path not in (STATE, MANIFEST)}
        backup = {f"{BACKUP}/{path}": data for path, data in (self.backup or {}).items()}
        wants = with_folders(backup)
        needed = set() if self.backup is None else set(wants) | JOURNAL
        allowed = set(self.spare) if self.backup is None else self.spare | needed | KEPT
        found = [f"{path} is left" for path in sorted(has.keys() - allowed)]
        if not self.cleaning:
            found += [f"{path} is gone" for path in sorted(needed - has.keys())]
        for path in sorted(has.keys() & wants.keys()):
            if has[path] != wants[path]:
                found.append(f"{path} is {_what(has[path])}")
        return found


@dataclass
class Device:
    """A device before its flash fails.

    `call`: what it does then, `online` with network; `code`: of the error that it ends with
    undisturbed. `rest`: the ends that are right when it is at rest without network. `after`: the
    call that it makes then, if any, and the end that is right after that. `old`, `new`: before and
    after the update; `confirmed`: the latter when it is confirmed; `next`: the release after that,
    confirmed. `ports`: of what is offered, and of the next release.
    """

    name: str
    image: bytes
    options: dict
    call: tuple
    online: bool
    code: str
    rest: list
    old: Wanted
    new: Wanted
    confirmed: Wanted
    next: Wanted
    ports: tuple
    after: dict = field(default_factory=dict)


def make(stage, name, folder):
    """The Device for one of ACTIONS, on a Stage; `folder`: for the release after the next. Raises
    Failed where it cannot be prepared."""
    stage.put(OWN)
    stage.adopt(OLD)
    old_files = {**OWN, **OLD}
    old_manifest = stage.release.manifest.encode()
    release = new_release(stage)
    stage.offer(release)
    new_files = {**old_files, **release}
    new_manifest = stage.release.manifest.encode()
    if name == "failed":
        stage.release.manifest = _broken(stage.release.manifest)
    changed = {path for path in OLD if release.get(path, OLD[path]) != OLD[path]}
    backup = {path: OLD[path] for path in changed}
    spare = MEMORY if name in ("incremental", "failed") else frozenset()
    old = Wanted("the old release", "idle", old_files, old_manifest, spare=spare)
    new = Wanted("the new release", "confirm_pending", new_files, new_manifest, backup, spare=spare)
    confirmed = Wanted("the new release, confirmed", "idle", new_files, new_manifest)
    following, port = _following(stage, folder, new_files, release)
    online = name in ("incremental", "failed")
    call = {"revert": REVERT, "confirm": CONFIRM, "cleanup": CLEAN}.get(name, CHECK)
    device = Device(
        name,
        stage.image,
        stage.options,
        call,
        online,
        "md5_mismatch" if name == "failed" else None,
        [old, new] if name == "incremental" else [old],
        old,
        new,
        confirmed,
        following,
        (stage.port, port),
    )
    _prepare(stage, device, backup)
    device.image = stage.image
    return device


def _prepare(stage, device, backup):
    """Brings the device to where the action begins, and notes what the action may come to."""
    if device.name == "rollback":
        stage.image = _installing(stage)
    elif device.name in ("revert", "confirm", "cleanup"):
        stage.update()
        found = device.new.differences(stage.tree())
        if found:
            raise Failed(f"{device.name}: {found}")
    if device.name == "revert":
        device.rest = [device.new, device.old]
        device.after = {REVERT: device.old}
    if device.name in ("confirm", "cleanup"):
        files, manifest = device.new.files, device.new.manifest
        cleaning = Wanted("confirmed", "idle", files, manifest, backup, cleaning=True)
        device.rest = [device.confirmed, cleaning]
        device.after = {device.call: device.confirmed}
    if device.name == "confirm":
        device.rest.append(device.new)
    if device.name == "cleanup":
        stage.boot("confirm_update", online=False)


def _following(stage, folder, new_files, release):
    """The release after the next one, with some of the next one's files as they are; returns it as
    it is wanted, and its port."""
    files = {
        **release,
        "main.py": noise(450, 61),
        "settings_default.json": OLD["settings_default.json"],
        "third_folder/third_module.py": noise(120, 62),
    }
    served = stage.running.enter_context(Release(Path(folder)))
    served.put_all(release, 2000)
    served.put_all({path: data for path, data in files.items() if release.get(path) != data}, 3000)
    served.manifest = served.generate_manifest()
    everything = {**new_files, **files}
    wanted = Wanted("the release after it", "idle", everything, served.manifest.encode())
    return wanted, served.server.port


def _broken(manifest):
    """A manifest of which one file does not have the MD5 that it says."""
    document = json.loads(manifest)
    for entry in document["files"]:
        if entry["path"] == PAGE:
            entry["md5"] = "0" * 32
    return json.dumps(document)


def _installing(stage):
    """The image of a power cut in the update, as late as the state says installing."""
    stage.machine.port = stage.port
    (log,) = stage.machine.run(stage.image, Plan((CHECK,), stage.options, True)).logs
    for end in range(len(log) - 1, 0, -1):
        image = applied(stage.image, log[:end])
        tree = stage.machine.tree(image)
        # With the next state beside it, it would go forward.
        if state(tree) == "installing" and PREFIX + "sta" not in tree:
            return image
    raise Failed("the update never says that it installs")


def given_up(device, tree, said):
    """How a tree differs from the old release where paths were given up: each of these is named in
    `said`, the console's text, is due, has its backup, and is whole, old or new. A list of texts.
    """
    due = (tree.get(DUE) or b"").decode().split("\n")
    kept = {path for path in own(tree) if path.startswith(BACKUP)}
    old, new = with_folders(device.old.files), with_folders(device.new.files)
    has = application(tree)
    found = []
    for path in sorted((old.keys() | new.keys()) - {path for path in old if path.endswith("/")}):
        if has.get(path, 0) == old.get(path, 0) or path.endswith("/"):
            continue
        if path not in has or has[path] != new.get(path):
            found.append(f"{path} is {_what(has.get(path))}, neither old nor new")
        elif path not in due:
            found.append(f"{path} is new and not due")
        elif path not in said:
            found.append(f"{path} is new, and nothing says so")
        elif path in old and f"{BACKUP}/{path}" not in kept:
            found.append(f"{path} is new, and has no backup")
    found += [f"{path} is there" for path in sorted(has.keys() - old.keys() - new.keys())]
    if state(tree) != "idle":
        found.append(f"the state is {state(tree)}")
    if tree.get(MANIFEST) != device.old.manifest:
        found.append("the local manifest is " + _what(tree.get(MANIFEST)))
    left = own(tree).keys() - kept - {STATE, MANIFEST, DUE} - MEMORY
    return found + [f"{path} is left" for path in sorted(left)]


def with_folders(files):
    """{path: contents} of files and of the folders above them, as a tree has them."""
    tree = dict(files)
    for path in files:
        parts = path.split("/")[:-1]
        tree.update({"/".join(parts[:end]) + "/": None for end in range(1, len(parts) + 1)})
    return tree


def without_filler(tree):
    """A tree without the file that takes the room."""
    return {path: data for path, data in tree.items() if path != FILLER}


def _differences(has, wants):
    found = []
    for path in sorted(has.keys() | wants.keys()):
        if path not in wants:
            found.append(f"{path} is there: {_what(has[path])}")
        elif path not in has:
            found.append(f"{path} is missing")
        elif has[path] != wants[path]:
            found.append(f"{path} is {_what(has[path])}")
    return found


def _what(content):
    if content is None:
        return "a folder or nothing"
    return f"{len(content)} bytes, {content[:24]!r}"


ACTIONS = ("incremental", "failed", "rollback", "revert", "confirm", "cleanup")
