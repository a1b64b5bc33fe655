"""A release, a device that has it and more besides, and the delete policies."""

import json

from support import entry

RELEASE = {"main.py": b"new main", "lib/a.py": b"new a", "www/page.html": b"<p>"}
# What the release doesn't name.
EXTRAS = {
    "old.py": b"old",
    "lib/gone.mpy": b"\0\xff" * 700,
    "lib/deep/er/one.py": b"one",
    "logs/x.log": b"log",
    "assets/logo.png": b"png" * 500,
    "plain": b"",
}
# update_start, and three events for each file of the release.
FIRST = 1 + 3 * len(RELEASE)


def policy(name, extensions=None):
    """The options of a policy."""
    return {
        "delete_files_not_in_manifest_policy": name,
        "delete_files_not_in_manifest_extensions": extensions,
    }


def manifest_of(files, version):
    """The text of a manifest of {path: content}, in the order of the dict."""
    entries = [entry(path, content, version) for path, content in files.items()]
    return json.dumps({"version": version, "files": entries})


def deleted(boot, name):
    """The paths that were deleted by the policy of this name, in order of the paths."""
    told = boot.named("file_delete_extra")
    for details in told:
        assert details == {"path": details["path"], "policy": name}
    return sorted(details["path"] for details in told)
