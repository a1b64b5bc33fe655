"""What may be on a device's flash when it is at rest after a power cut.

An End is one state that is right, exactly: names and bytes of the application, the local manifest,
the word of the state file, and which of the updater's own files may be there.
"""

from dataclasses import dataclass, field

from power.expected import BACKUP, DUE, MANIFEST, OLD_MANIFEST, STATE
from support import application
from unix.fat import shared


@dataclass
class End:
    """`tree`: the whole tree, as expected.Device.tree(); the updater's own files must be those of
    it, with the bytes of the backups. `spare`: names of own files that may be there or not.
    `either`: {path: (old, new)}, files without backup that have one of these instead of the tree's
    bytes; those that are new, and no others, must be noted as due."""

    label: str
    tree: dict
    spare: frozenset = frozenset()
    either: dict = field(default_factory=dict)

    def differences(self, tree):
        """What is not as it has to be, a list of texts."""
        found = []
        if state(tree) != state(self.tree):
            found.append(f"the state is {state(tree)}, not {state(self.tree)}")
        if tree.get(MANIFEST) != self.tree.get(MANIFEST):
            found.append("the local manifest is " + _what(tree.get(MANIFEST)))
        has, wants = application(tree), application(self.tree)
        for path in sorted(has.keys() | wants.keys()):
            if path not in wants:
                found.append(f"{path} is there: {_what(has[path])}")
            elif path not in has:
                found.append(f"{path} is missing")
            elif has[path] not in self.either.get(path, (wants[path],)):
                found.append(f"{path} is {_what(has[path])}")
        return found + self._own(tree) + self._due(tree)

    def _own(self, tree):
        has, wants = own(tree), own(self.tree)
        allowed = set(self.spare) | {STATE, MANIFEST}
        found = [f"{path} is left" for path in sorted(has.keys() - wants.keys() - allowed)]
        found += [f"{path} is gone" for path in sorted(wants.keys() - has.keys() - allowed)]
        for path in sorted(has.keys() & wants.keys()):
            known = path == OLD_MANIFEST or path.startswith(BACKUP + "/")
            if known and has[path] != wants[path]:
                found.append(f"{path} is {_what(has[path])}")
        return found

    def _due(self, tree):
        noted = due(tree)
        found = []
        for path, (_, new) in self.either.items():
            if tree.get(path) == new and path not in noted:
                found.append(f"{path} is new and not noted as due")
            if tree.get(path) != new and path in noted:
                found.append(f"{path} is noted as due")
        return found


def due(tree):
    """The paths that are noted as due, whatever their version. A cut may leave them in the copy
    that is being written, which counts if it is whole."""
    copy = tree.get(DUE[:-1] + "2") or b""
    lines = (copy if copy.endswith(b".\n") else tree.get(DUE) or b"").decode().split("\n")
    return [line for line in lines if line not in ("", ".")]


def state(tree):
    """The word of the state file; idle where it is missing, empty or a folder."""
    return (tree.get(STATE) or b"idle").decode("latin-1").strip()


def own(tree):
    """The updater's own part of a tree."""
    rest = application(tree)
    return {path: content for path, content in tree.items() if path not in rest}


def clusters(image, kind):
    """What is wrong with the clusters of an image, on FAT; else an empty text."""
    if kind != "fat":
        return ""
    try:
        pairs = shared(image)
    except AssertionError as e:
        return f"FAT: {e}"
    return f"FAT: clusters of two files: {sorted(pairs)}" if pairs else ""


def judge(tree, ends):
    """An empty text where the tree is one of the ends; else how it differs from the nearest."""
    best = None
    for end in ends:
        found = end.differences(tree)
        if not found:
            return ""
        if best is None or len(found) < len(best[1]):
            best = end.label, found
    return f"not {best[0]}: " + "; ".join(best[1][:6])


def _what(content):
    if content is None:
        return "a folder or nothing"
    return f"{len(content)} bytes, {content[:24]!r}"
