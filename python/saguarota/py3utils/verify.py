"""What a device would say to a manifest, all of it at once, and whether files are as it says."""

from __future__ import annotations

import hmac
import os
import re
import stat
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple

from . import fat_names, manifest
from .hashes import FileHashes
from .reader import VALUES, Members, number, read
from .sentences import SENTENCES
from .tree import is_own, path_error

_PROGRESS_STEP = 64


class Problem(NamedTuple):
    """One thing that is wrong, or worth a warning."""

    where: str
    """`manifest`, or `files[N]` counted from 0 as the manifest has them."""
    path: str | None
    """Of the file, where it is known."""
    what: str


class Report(NamedTuple):
    """What was found."""

    version: int | None
    """Of the manifest; None where it can't be read."""
    files: int
    """How many entries there are."""
    without_md5: int
    """How many of them a device would install unchecked."""
    signature: str
    """`valid`, `invalid`, `missing`, or `unchecked` where no key was given or no payload can be
    made of the entries."""
    extended_signature: str
    """The same of the signature of sizes and SHA-256s."""
    problems: list[Problem]
    warnings: list[Problem]
    """What some file systems can't hold."""


class _File(NamedTuple):
    where: str
    signed: dict[str, Any]
    """Its members as the payloads want them."""


def verify(
    content: bytes,
    key: str | None = None,
    signature_field: str = "signature",
    root: str | None = None,
    require_sha256: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Check a manifest's form, limits, paths and signatures as a device does, and more than that
    with `root`: each file below that folder by size, MD5 and SHA-256.

    With a key, a manifest must be signed, and twice where it gives sizes or SHA-256s. What a device
    with one file system refuses, and one with another takes, is a warning.
    `require_sha256` is the device's option: every file needs one. `progress` is called with the
    files checked and all of them.
    """
    problems: list[Problem] = []
    try:
        data = read(content)
    except ValueError as error:
        problems.append(Problem("manifest", None, str(error)))
        return Report(None, 0, 0, "unchecked", "unchecked", problems, [])

    extended_field = signature_field + manifest.EXTENDED
    for name in ("version", "files", signature_field, extended_field):
        if name in data.repeated:
            problems.append(Problem("manifest", None, f"{name!a} is given twice"))
    version = 0
    try:
        version = number(data, "version")
    except ValueError as error:
        problems.append(Problem("manifest", None, str(error)))
    entries = data["files"]
    if len(entries) > manifest.ENTRIES_MAX:
        what = f"{len(entries)} files, a device accepts {manifest.ENTRIES_MAX}"
        problems.append(Problem("manifest", None, what))

    files = list(_files(entries, problems))
    _compare_paths(files, problems)
    if require_sha256:
        for file in files:
            if not file.signed["sha256"]:
                problems.append(Problem(file.where, file.signed["path"], "no sha256"))

    payload = extended_payload = None
    if len(files) == len(entries):
        signed = [file.signed for file in sorted(files, key=lambda file: file.signed["path"])]
        payload = manifest.signature_payload(version, signed)
        extended_payload = manifest.extended_payload(version, signed)
    signature = _check(key, data.get(signature_field), payload)
    extended = _check(key, data.get(extended_field), extended_payload)
    if key is not None:
        extends = require_sha256 or any(
            file.signed["size"] != "" or file.signed["sha256"] for file in files
        )
        for field, found, wanted in (
            (signature_field, signature, True),
            (extended_field, extended, extends),
        ):
            if found == "invalid" or (found == "missing" and wanted):
                what = "is missing" if found == "missing" else "does not match"
                problems.append(Problem("manifest", None, f"signature {field!a} {what}"))
    if root is not None:
        _check_files(root, files, problems, progress)
    without = sum(not file.signed["md5"] for file in files)
    warnings = [
        Problem(files[index].where, path, what)
        for index, path, what in fat_names.cautions([file.signed["path"] for file in files])
    ]
    return Report(version, len(entries), without, signature, extended, problems, warnings)


def _files(entries: list[Any], problems: list[Problem]) -> Iterator[_File]:
    """Yield the entries that are whole, and note what is wrong with the others."""
    for index, entry in enumerate(entries):
        where = f"files[{index}]"
        if not isinstance(entry, Members):
            problems.append(Problem(where, None, SENTENCES["EntryNoObject"]))
            continue
        path = entry.get("path")
        wrong = [f"{name!a} is given twice" for name in ("path", *VALUES) if name in entry.repeated]
        if type(path) is not str:
            wrong.append(SENTENCES["PathNoString" if "path" in entry else "NoPath"])
            path = None
        else:
            refused = path_error(path)
            if not refused and is_own(path):
                refused = SENTENCES["Reserved"]
            if refused:
                wrong.append(refused)
        signed: dict[str, Any] = {"path": path}
        for name, value_of in VALUES.items():
            try:
                signed[name] = value_of(entry, name)
            except ValueError as error:
                wrong.append(str(error))
        problems += [Problem(where, path, what) for what in wrong]
        if not wrong:
            yield _File(where, signed)


def _compare_paths(files: list[_File], problems: list[Problem]) -> None:
    """Note a path that comes twice, and one below another, which would be file and folder."""
    first: dict[str, str] = {}
    for file in files:
        path = file.signed["path"]
        if path in first:
            problems.append(Problem(file.where, path, f"the path is that of {first[path]} as well"))
        first.setdefault(path, file.where)
    for file in files:
        path = file.signed["path"]
        segments = path.split("/")
        for count in range(1, len(segments)):
            above = "/".join(segments[:count])
            if above in first:
                what = f"the path is below {above!a}, which {first[above]} makes a file"
                problems.append(Problem(file.where, path, what))


def _check(key: str | None, signature: object, payload: bytes | None) -> str:
    if signature is None:
        return "missing"
    if key is None or payload is None:
        return "unchecked"
    if type(signature) is not str or not re.fullmatch("[0-9A-Fa-f]{64}", signature):
        return "invalid"
    same = hmac.compare_digest(manifest.sign(key, payload), signature.lower())
    return "valid" if same else "invalid"


def _check_files(
    root: str,
    files: list[_File],
    problems: list[Problem],
    progress: Callable[[int, int], None] | None,
) -> None:
    hashes = FileHashes(sha256=any(file.signed["sha256"] for file in files))
    for done, file in enumerate(files):
        if progress and done % _PROGRESS_STEP == 0:
            progress(done, len(files))
        try:
            wrong = _difference(root, file.signed, hashes)
        except OSError as error:
            wrong = error.strerror or str(error)
        if wrong:
            problems.append(Problem(file.where, file.signed["path"], wrong))
    if progress:
        progress(len(files), len(files))


def _difference(root: str, wanted: dict[str, Any], hashes: FileHashes) -> str | None:
    """Say in what a file differs from its entry; None where it does not."""
    location = os.path.join(root, *wanted["path"].split("/"))
    try:
        found = os.stat(location)
    except (FileNotFoundError, NotADirectoryError):
        return "the file is missing"
    if not stat.S_ISREG(found.st_mode):
        return "not a file"
    if wanted["size"] not in ("", found.st_size):
        return f"the file has {found.st_size} bytes, not {wanted['size']}"
    md5, sha256, _ = hashes.of(location)
    if wanted["md5"] and wanted["md5"].lower() != md5:
        return f"the file's md5 is {md5}, not {wanted['md5'].lower()}"
    if wanted["sha256"] and wanted["sha256"] != sha256:
        return f"the file's sha256 is {sha256}, not {wanted['sha256']}"
    return None
