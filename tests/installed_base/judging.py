"""What a device has at rest: the ends of the index, by the releases alone.

old         the release of before the update, or none; idle
new         the new release; confirm_pending, with all of the backup
kept        the new release; idle, with all of the backup
confirmed   the new release; idle
"""

import json
from dataclasses import dataclass, field, replace

from installed_base.contents import contents
from installed_base.package import Names, state
from unix.fat import shared

_BACKUP = ("jrn", "prg")


@dataclass
class End:
    """`app`: files that are not the updater's; `manifest`: the local one, or None; `own`: the
    updater's other files; `backups`: {path: bytes}, which are of these. `either`: {path: bytes} of
    files that may be new as well, and then have to be noted as due."""

    app: dict
    manifest: bytes
    state: str
    own: set = field(default_factory=set)
    backups: dict = field(default_factory=dict)
    either: dict = field(default_factory=dict)


def end(index, entry, name):
    """The End of this name for an entry of the index."""
    names = Names(**entry.get("names", {}))
    beside = contents(entry["beside"])
    before, after = files(index, entry["before"]), files(index, entry["after"])
    keeps = {names.prefix + end for end in entry.get("keeps", ())}
    if entry.get("given_up"):
        keeps.add(names.prefix + "bad")
    either = {path: after[path] for path in entry.get("either", ())}
    if name == "old":
        app = {**beside, **_below(names, before)}
        return End(app, manifest(index, entry["before"]), "idle", keeps, {}, either)
    deleted = {path: beside.pop(path) for path in entry.get("deleted", ())}
    local = entry["before"] if entry["options"].get("recurse_http_fs") else entry["after"]
    made = End({**beside, **_below(names, after)}, manifest(index, local), "idle", keeps)
    if name == "new":
        made.state = "confirm_pending"
    if name in ("new", "kept"):
        made.own |= {names.prefix + end for end in _BACKUP}
        if entry["before"]:
            made.own.add(names.prefix + "old")
        if entry["options"].get("max_unconfirmed_boots"):
            made.own.add(names.prefix + "run")
        replaced = {p: c for p, c in before.items() if after[p] != c and p not in either}
        made.backups = {f"{names.backup}/{p}": c for p, c in {**replaced, **deleted}.items()}
        made.own |= made.backups.keys() | _folders(made.backups)
    return made


def files(index, release):
    """{path: bytes} of a release of the index; empty for None."""
    return contents(index["releases"][release]["files"]) if release else {}


def manifest(index, release):
    """The bytes of its manifest; None for None."""
    return index["releases"][release]["manifest"].encode() if release else None


def version(index, release, path):
    """The version of a path in a release."""
    entries = json.loads(manifest(index, release))["files"]
    return next(entry["version"] for entry in entries if entry["path"] == path)


def differences(made, tree, entry):
    """How a tree differs from an End, in words; empty where it does not."""
    names = Names(**entry.get("names", {}))
    filler = entry.get("filler")
    found = []
    if entry.get("folds"):
        tree, app, backups = (_lower(paths) for paths in (tree, made.app, made.backups))
        made = replace(made, app=app, own={path.lower() for path in made.own}, backups=backups)
    app = {p: c for p, c in tree.items() if p not in (filler, "") and not names.is_own(p)}
    wanted = {**made.app, **dict.fromkeys(_folders(made.app))}
    left_new = {names.dest + p for p, c in made.either.items() if app.get(names.dest + p) == c}
    for path in sorted(app.keys() | wanted.keys()):
        if path in left_new:
            continue
        if path not in app:
            found.append(f"{path} is missing")
        elif path not in wanted:
            found.append(f"{path} is there")
        elif app[path] != wanted[path]:
            found.append(f"{path} has {len(app[path])} other bytes")
    if tree.get(names.manifest) != made.manifest:
        found.append("the local manifest is another one")
    if state(tree, names) != made.state:
        found.append(f"the state is {state(tree, names)}, not {made.state}")
    found += _due(tree.get(names.prefix + "due"), left_new, made.either)
    own = {path for path in tree if names.is_own(path)}
    own -= {names.state, names.manifest, names.prefix + "due"}
    # A note that counts, as long as nothing replaces it.
    copy = {names.prefix + "ba2"} if names.prefix + "bad" in made.own else set()
    found += [f"{path} is left" for path in sorted(own - made.own - copy)]
    found += [f"{path} is gone" for path in sorted(made.own - own)]
    for path, content in made.backups.items():
        if path in own and tree[path] != content:
            found.append(f"{path} has {len(tree[path])} other bytes")
    return found


def on_image(image, kind):
    """What is wrong with an image, whatever its tree."""
    pairs = shared(image) if kind == "fat" else ()
    return [f"clusters of two files: {sorted(pairs)}"] if pairs else []


def _due(noted, left_new, either):
    lines = (noted or b".\n").decode().split("\n")
    paths = set(lines[:-2])
    found = []
    if lines[-2:] != [".", ""] or lines[:-2] != sorted(paths):
        found.append(f"the list of files due is {noted}")
    found += [f"{path} is new and not due" for path in sorted(left_new - paths)]
    return found + [f"{path} is due" for path in sorted(paths - either.keys())]


def _lower(paths):
    return {path.lower(): content for path, content in paths.items()}


def _below(names, release):
    return {names.dest + path: content for path, content in release.items()}


def _folders(paths):
    parts = [path.split("/") for path in paths]
    return {"/".join(part[:end]) + "/" for part in parts for end in range(1, len(part))}
