"""The manifest as text: signature, JSON, and reading an earlier one."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .sentences import SENTENCES

VERSION_MAX = 2**63 - 1
"""Highest version that a device reads."""
ENTRIES_MAX = 32768
"""Most files in one manifest that a device reads."""
SIZE_MAX = 4 << 20
"""Most bytes of one manifest that a device reads."""
EXTENDED = "_ext"
"""What the name of the second signature, that of sizes and SHA-256s, has behind the first's."""

_EXTENDED_PARTS = ("path", "version", "md5", "size", "sha256")


def signature_payload(version: int, files: Iterable[Mapping[str, Any]]) -> bytes:
    """Return what is signed: `v=<version>`, then `<path>\\t<version>\\t<md5>` for each file.

    The parts are joined by line feeds; there is none at the end. `files` must be in path order.
    """
    lines = [f"v={version}"]
    lines += [f"{file['path']}\t{file['version']}\t{file['md5']}" for file in files]
    return "\n".join(lines).encode("utf-8")


def extended_payload(version: int, files: Iterable[Mapping[str, Any]]) -> bytes:
    """Return what the second signature signs: `x=<version>`, then for each file
    `<path>\\t<version>\\t<md5>\\t<size>\\t<sha256>`.

    Joined and ordered as in `signature_payload`; the SHA-256 is in lower case. The first letter
    keeps either signature from passing for the other.
    """
    lines = [f"x={version}"]
    lines += ["\t".join(str(file[name]) for name in _EXTENDED_PARTS) for file in files]
    return "\n".join(lines).encode("utf-8")


def sign(key: str, payload: bytes) -> str:
    """Return the lower-case hex HMAC-SHA256 (RFC 2104, FIPS 180-4) of a payload."""
    return hmac.new(key.encode("utf-8"), payload, "sha256").hexdigest()


def to_json(data: Mapping[str, Any], indent: int | None) -> str:
    """Return the manifest, whose last member is `files`, as JSON; without indent, as short as it
    gets.

    Characters of the basic plane beyond ASCII are escaped, so that a script may write the text in
    whatever encoding its `open()` picks. Those above stay as they are: MicroPython's own json, on
    which older devices rely, does not join an escaped surrogate pair.
    """
    if indent is None:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    else:
        text = _indented(data, indent)
    if text.isascii():
        return text
    return re.sub("[\x80-\uffff]", lambda match: f"\\u{ord(match[0]):04x}", text)


def _indented(data: Mapping[str, Any], indent: int) -> str:
    """Do what `json.dumps(indent=…)` does, which takes a quarter of the time of the hashing.

    The entries are flat: all that has to be added is a line after each brace and comma. A NUL in
    the place of the comma can't be taken for a part of a string, which would have it escaped.
    """
    text = json.dumps({**data, "files": []}, ensure_ascii=False, indent=indent)
    if not data["files"]:
        return text
    entries = json.dumps(data["files"], ensure_ascii=False, separators=("\0", ": "))
    line, line2, line3 = ("\n" + " " * indent * level for level in (1, 2, 3))
    entries = entries[2:-2].replace("}\0{", f"{line2}}},{line2}{{{line3}")
    entries = entries.replace("\0", "," + line3)
    return f"{text[: -len('[]}') - 1]}[{line2}{{{line3}{entries}{line2}}}{line}]\n}}"


def load_previous(path: str) -> dict[str, tuple[str, int]]:
    """Read an earlier manifest: path -> (lower-case MD5, version) of each file that has both.

    A file that does not exist reads as a manifest without files. Raises ValueError naming the
    file and what is wrong with it, OSError where it can't be read.
    """
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read().decode("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except RecursionError:
        raise ValueError(f"{path}: not a manifest: nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{path}: not a manifest: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("files"), list):
        raise ValueError(f"{path}: not a manifest: no object with a list `files`")
    known = {}
    for number, entry in enumerate(data["files"]):
        try:
            name, md5, version = _entry(entry)
        except ValueError as error:
            raise ValueError(f"{path}: not a manifest: files[{number}]: {error}") from None
        if md5 and version is not None:
            known[name] = md5, version
    return known


def _entry(entry: object) -> tuple[str, str, int | None]:
    if not isinstance(entry, dict):
        raise ValueError(SENTENCES["EntryNoObject"])
    path, md5, version = entry.get("path"), entry.get("md5"), entry.get("version")
    if not isinstance(path, str):
        raise ValueError(SENTENCES["PathNoString"])
    if md5 is not None and not isinstance(md5, str):
        raise ValueError(f"{path!a}: `md5` is not a string")
    return path, (md5 or "").lower(), None if version is None else _version(path, version)


def _version(path: str, version: object) -> int:
    if isinstance(version, str) and re.fullmatch("[0-9]{1,19}", version):
        version = int(version)
    if type(version) is not int or not 0 <= version <= VERSION_MAX:
        raise ValueError(f"{path!a}: `version` is no integer from 0 to 2^63-1")
    return version
