"""What may be on a device's flash when it is at rest after a power cut.

An End is one state that is right, exactly: names and bytes of the application, the local manifest,
the word of the state file, and which of the updater's own files may be there.
"""

from dataclasses import dataclass, field

from support import application

STATE = "ota_state.txt"
MANIFEST = "versions.json"
BACKUP = "saguarota_backup"
PREFIX = "otac14f2."


@dataclass
class End:
    """`tree`: the whole tree, as Device.tree(). `spare`: names of own files that may be there or
    not. `either`: {path: contents}, files that have one of these instead of the tree's. `whole`:
    the updater's own files must be the tree's, with the backups' bytes; otherwise state, manifest
    and `spare` are all there may be."""

    label: str
    tree: dict
    spare: frozenset = frozenset()
    either: dict = field(default_factory=dict)
    whole: bool = False

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
        return found + self._own(tree)

    def _own(self, tree):
        has = own(tree)
        allowed = set(self.spare) | {STATE, MANIFEST}
        if not self.whole:
            return [f"{path} is left" for path in sorted(has.keys() - allowed)]
        wants = own(self.tree)
        found = [f"{path} is left" for path in sorted(has.keys() - wants.keys() - allowed)]
        found += [f"{path} is gone" for path in sorted(wants.keys() - has.keys() - allowed)]
        for path in sorted(has.keys() & wants.keys()):
            if path.startswith(BACKUP + "/") and has[path] != wants[path]:
                found.append(f"{path} is {_what(has[path])}")
        return found


def state(tree):
    """The word of the state file; idle where it is missing or empty."""
    return (tree.get(STATE) or b"idle").decode("latin-1").strip()


def own(tree):
    """The updater's own part of a tree."""
    rest = application(tree)
    return {path: content for path, content in tree.items() if path not in rest}


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
