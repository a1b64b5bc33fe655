"""The devices whose flash fails, what they are doing then, and what may come of it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from power.expected import BACKUP, DUE, JOURNAL, MANIFEST, PREFIX, STATE, TRIAL, Served
from power.machine import Plan, applied
from power.oracle import End, due, own, state
from power.scenarios import MEMORY, OLD, OWN, PAGE, new_release
from power.stage import CHECK, FILLER, Failed
from support import Release, application, noise

ACTIONS = ("incremental", "failed", "rollback", "revert", "confirm", "cleanup")
REVERT = ("revert_update",)
CONFIRM = ("confirm_update", True)
CLEAN = ("cleanup_files",)


@dataclass
class Device:
    """A device before its flash fails.

    `call`: what it does then, `online` with network; `code`: of the error that it ends with
    undisturbed. `rest`: the Ends that are right when it is at rest without network. `after`: the
    call that it makes then, if any, and the End that is right after that. `old`, `new`: before and
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
    after: dict
    old: End
    new: End
    confirmed: End
    next: End
    ports: tuple


def make(stage, name, folder):
    """The Device for one of ACTIONS, on a Stage; `folder`: for the release after the next. Raises
    Failed where it cannot be prepared."""
    stage.put(OWN)
    stage.adopt(OLD)
    stage.offer(new_release(stage))
    updated = stage.updated()
    # A failed attempt is remembered until an update is confirmed.
    spare = MEMORY if name in ("incremental", "failed") else frozenset()
    old = End("the old release", stage.device.tree(), spare)
    new = End("the new release", updated.tree(), spare)
    confirmed = End("the new release, confirmed", updated.confirmed().cleaned().tree())
    served, port = _following(stage, folder)
    following = updated.confirmed().cleaned().updated(served).confirmed().cleaned()
    device = Device(
        name,
        None,
        stage.options,
        {"revert": REVERT, "confirm": CONFIRM, "cleanup": CLEAN}.get(name, CHECK),
        name in ("incremental", "failed"),
        "md5_mismatch" if name == "failed" else None,
        [old],
        {},
        old,
        new,
        confirmed,
        End("the release after it", following.tree()),
        (stage.port, port),
    )
    _prepare(stage, device)
    device.image = stage.image
    return device


def _prepare(stage, device):
    """Brings the device to where the action begins, and notes what the action may come to."""
    name = device.name
    if name == "incremental":
        device.rest = [device.old, device.new]
    elif name == "failed":
        stage.release.manifest = _broken(stage.release.manifest)
    elif name == "rollback":
        stage.image = _installing(stage)
    else:
        stage.update()
    if name == "revert":
        # An attempt that came to nothing may have been counted.
        device.rest = [replace(device.new, spare=frozenset({TRIAL})), device.old]
        device.after = {REVERT: device.old}
    if name in ("confirm", "cleanup"):
        # A clean-up may have come to any point.
        files = frozenset(own(device.new.tree))
        cleaning = replace(device.confirmed, spare=files)
        device.rest = [device.confirmed, cleaning]
        device.after = {device.call: device.confirmed}
    if name == "confirm":
        device.rest.append(device.new)
    if name == "cleanup":
        stage.boot("confirm_update", online=False)


def _following(stage, folder):
    """What a server has with the release after the next one, of which some files are as in the next
    one; and its port."""
    release = new_release(stage)
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
    return Served(files, served.manifest.encode()), served.server.port


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
    `said`, the console's text, and is due. It is whole and new, or is missing as long as its
    backup is there; main.py is never missing. Without a journal, which is named then, what the
    update has created stays. A list of texts."""
    unknown = JOURNAL + ": missing or damaged" in said
    has, old, new = (application(one) for one in (tree, device.old.tree, device.new.tree))
    kept = {path for path in own(tree) if path.startswith(BACKUP)}
    found = [f"{path} is there" for path in sorted(has.keys() - old.keys() - new.keys())]
    for path in sorted(old.keys() | new.keys()):
        # A folder that the update created stays with a path in it.
        if has.get(path, 0) == old.get(path, 0) or (path.endswith("/") and path in has):
            continue
        if unknown and path not in old and has.get(path, 0) == new[path]:
            continue
        if path not in said:
            found.append(f"{path} is not restored, and nothing says so")
        elif path in has and has[path] != new.get(path, 0):
            found.append(f"{path} is {len(has[path])} bytes, neither old nor new")
        elif path not in has and path == "main.py":
            found.append(f"{path} is missing")
        elif path in old and (path not in due(tree) or f"{BACKUP}/{path}" not in kept):
            found.append(f"{path} is not restored, and is not due, or has no backup")
    if state(tree) != "idle":
        found.append(f"the state is {state(tree)}")
    if tree.get(MANIFEST, device.old.tree[MANIFEST]) != device.old.tree[MANIFEST]:
        found.append("the local manifest is there, but not the old one")
    elif MANIFEST not in tree and MANIFEST not in said:
        found.append("the local manifest is gone, and nothing says so")
    left = own(tree).keys() - kept - {STATE, MANIFEST, DUE} - MEMORY
    return found + [f"{path} is left" for path in sorted(left)]


def without_filler(tree):
    """A tree without the file that takes the room."""
    return {path: data for path, data in tree.items() if path != FILLER}
