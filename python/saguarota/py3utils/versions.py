"""The version of a file: its mtime, or the time of the last commit that touched it."""

from __future__ import annotations

import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from typing import IO, Callable

from .manifest import VERSION_MAX
from .tree import SourceFile

VersionOf = Callable[[SourceFile, os.stat_result], int]

# What a user's git configuration would change in the output is set here.
_GIT_CONFIG = ("log.showRoot=true", "log.showSignature=false", "log.diffMerges=separate")
_GIT_LOG = ("log", "-z", "-m", "--format=//%H %ct %P", "--name-status", "--no-renames")
_GIT_SCOPE = ("--no-color", "--relative", "--", ".")


def mtime(file: SourceFile, found: os.stat_result) -> int:
    """Return the time of the last change of the file's bytes, in whole seconds since 1970."""
    return _in_range(found.st_mtime_ns // 10**9)


def git_commit_time(root: str, files: Iterable[SourceFile], git: str) -> VersionOf:
    """Return a function that tells a file's commit time, or its mtime where git knows nothing.

    One git process answers for all `files`. Behind a link, the newer counts of the commit that
    made the link and the one that touched the file it leads to: either changes what a device gets.
    """
    targets = {file.path: _target(root, file) for file in files if file.linked}
    names = {file.path for file in files}.union(*map(_with_parents, targets), targets.values())
    times = commit_times(root, names, git)

    def version(file: SourceFile, found: os.stat_result) -> int:
        if not file.linked:
            return _in_range(times.get(file.path, mtime(file, found)))
        links = [times.get(name, 0) for name in _with_parents(file.path)]
        return _in_range(max(times.get(targets[file.path], mtime(file, found)), *links))

    return version


def commit_times(root: str, names: Iterable[str], git: str) -> dict[str, int]:
    """Return the commit time, in seconds since 1970, of the last commit that touched each name.

    The names are paths relative to the folder `root`; one that git does not track is missing from
    the answer. A commit counts as `git log -1 -- NAME` counts it: a merge only where its result
    differs from all parents. In a shallow clone the oldest commit seems to have made every file.
    Where git can't be run, or `root` is in no repository, warns and returns nothing.
    """
    missing = set(names)
    times: dict[str, int] = {}
    if not missing:
        return times
    config = [word for setting in _GIT_CONFIG for word in ("-c", setting)]
    command = [git, "-C", root, *config, *_GIT_LOG, *_GIT_SCOPE]
    try:
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
            ) as process,
        ):
            assert process.stdout is not None
            for time, name, deleted in _changes(process.stdout):
                if name in missing:
                    missing.remove(name)
                    if not deleted:
                        times[name] = time
                if not missing:
                    # The rest of the history is of no interest.
                    process.kill()
                    return times
            if process.wait() != 0:
                errors.seek(0)
                raise OSError(errors.read().decode("utf-8", "replace").strip())
    except OSError as error:
        warnings.warn(f"git tells no commit times, using mtime: {error}", stacklevel=2)
    return times


def _changes(output: IO[bytes]) -> Iterator[tuple[int, str, bool]]:
    """Read git's answer, newest commit first: (commit time, name, whether it was deleted).

    The answer is a sequence of NUL-terminated words. A commit is `//HASH TIME PARENT...`, for a
    merge once for each parent; status and name of each change follow, a line feed before the first.
    """
    words = _words(output)
    commit, time, needed = b"", 0, 1
    differs: dict[bytes, int] = {}
    for word in words:
        if word.startswith(b"//"):
            head, when, *parents = word[2:].split()
            if head != commit:
                commit, time, needed, differs = head, int(when), max(1, len(parents)), {}
            continue
        name = next(words, b"")
        differs[name] = differs.get(name, 0) + 1
        if differs[name] == needed:
            yield time, os.fsdecode(name), word.lstrip(b"\n") == b"D"


def _words(output: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := output.read(1 << 16):
        *words, rest = (rest + chunk).split(b"\0")
        yield from words


def _target(root: str, file: SourceFile) -> str:
    """Return where a linked file really is, relative to `root`: `../…` if it is outside."""
    target = os.path.relpath(os.path.realpath(file.location), os.path.realpath(root))
    return target.replace(os.sep, "/")


def _with_parents(path: str) -> list[str]:
    # git names a folder only where it is a link (or a submodule).
    segments = path.split("/")
    return ["/".join(segments[:count]) for count in range(1, len(segments) + 1)]


def _in_range(version: int) -> int:
    # Not by min() and max() alone: the calls would show in the time of a large tree.
    return version if 0 <= version <= VERSION_MAX else min(max(version, 0), VERSION_MAX)
