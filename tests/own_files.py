"""The updater's own files on a device, by their default names."""

import re
from pathlib import Path

# What the device remembers of a release that failed, by the default name.
MEMORY = "otac14f2.bad"
NEXT_MEMORY = "otac14f2.ba2"
PATHS = Path(__file__).resolve().parent.parent / "python/saguarota/paths.py"
# Endings of the updater's own files, behind `ota`, five hexadecimal digits and a dot: those of the
# list in that module.
ENDINGS = tuple(re.findall(r"^    \.(\w{3})  ", PATHS.read_text(encoding="utf-8"), re.MULTILINE))


def application(tree):
    """A tree without the updater's own files, for default names."""
    own = ("ota_state.txt", "versions.json", "saguarota_backup")
    return {
        path: content
        for path, content in tree.items()
        if path.split("/")[0] not in own and not path.startswith("otac14f2.")
    }


def memory(tree):
    """What a device remembers of a release that failed, by its tree; empty if nothing. A cut, or a
    flash without room for both, may leave it in its copy, which counts if it is whole."""
    copy = tree.get(NEXT_MEMORY, b"")
    return copy if copy.endswith(b"\n.\n") else tree.get(MEMORY, b"")


def without_memory(tree):
    """A tree without what the device remembers of a release that failed, for default names; this
    alone may be new after a failed install that is undone."""
    return {path: content for path, content in tree.items() if path not in (MEMORY, NEXT_MEMORY)}
