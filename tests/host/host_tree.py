"""Names and helpers for tests that make manifests."""

import os
import subprocess

MTIME = 1_700_000_000

# File names that a device accepts, though not every file system.
UNUSUAL = (
    "a b.py",
    "#hash?.py",
    "100%25.py",
    "quote'\".py",
    "semi;colon&.py",
    "ümlaut/straße.py",
    "日本/語.py",
    "🌵.py",
    "\uffee.py",
    "-rf.py",
    "~x.py",
    "..a.py",
    "sub/c:d.py",
    ".py",
)


def git(where, *args, env=None):
    """Run git in a folder (with the fixture `plain_git`) and return what it prints."""
    result = subprocess.run(
        ["git", "-C", where, *args],
        check=True,
        capture_output=True,
        env={**os.environ, **(env or {})},
    )
    return result.stdout


def paths(builder):
    """Return the paths that a builder lists."""
    return [file["path"] for file in builder.generate_manifest_data()["files"]]
