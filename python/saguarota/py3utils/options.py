"""Defaults of the builder's options, and checks that name the option they refuse."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable

DEFAULT_EXTENSIONS = (".py", ".mpy", ".raw", ".rgb565", ".c")
DEFAULT_EXCLUDE_PREFIXES = ("test_",)
DEFAULT_EXCLUDE_FOLDERS = ("__pycache__", "examples", "docs", "tests")
VERSION_SOURCES = ("mtime", "git_commit_time")


def path(option: str, value: object) -> str:
    """Return a path given as a string or as a path object."""
    if not isinstance(value, (str, os.PathLike)) or not isinstance(os.fspath(value), str):
        raise TypeError(f"{option} must be a path as a string, not {type(value).__name__}")
    if not os.fspath(value):
        raise ValueError(f"{option} is empty")
    return os.fspath(value)


def folder(option: str, value: object) -> str:
    """Return the absolute path of a folder that exists."""
    found = os.path.abspath(path(option, value))
    need_folder(option, found)
    return found


def need_folder(option: str, location: str) -> None:
    """Raise NotADirectoryError unless there is a folder at `location`."""
    if not os.path.isdir(location):
        raise NotADirectoryError(errno.ENOTDIR, f"{option} is not a folder", location)


def key(value: object) -> str | None:
    """Return the shared secret, which must be text: a device takes its UTF-8."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"auth_key must be a string or None, not {type(value).__name__}")
    if value == "":
        raise ValueError("auth_key is empty; None leaves the manifest unsigned")
    if value is not None:
        value.encode("utf-8")
    return value


def field(value: object) -> str:
    """Return the key of the signature, which must not be one of the manifest's other keys."""
    if not isinstance(value, str):
        raise TypeError(f"signature_field must be a string, not {type(value).__name__}")
    if value in ("", "version", "files"):
        raise ValueError(f"signature_field can't be {value!r}")
    value.encode("utf-8")
    return value


def indent(value: object) -> int | None:
    """Return the number of spaces for each level, or None."""
    if value is not None and type(value) is not int:
        raise TypeError(f"json_indent must be an integer or None, not {type(value).__name__}")
    if value is not None and value < 0:
        raise ValueError(f"json_indent is {value}")
    return value


def names(option: str, value: Iterable[str] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return a filter's strings, or its default for None."""
    if value is None:
        return default
    # A single string would be taken for its letters.
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{option} must be a collection of strings, not {type(value).__name__}")
    found = tuple(value)
    for name in found:
        if not isinstance(name, str):
            raise TypeError(f"{option} holds {name!r}, which is no string")
    if "" in found and option != "allowed_extensions":
        raise ValueError(f"{option} holds an empty string")
    return found


def extension(name: str) -> str:
    """Return the ending in lower case, with its leading dot where it has none at all."""
    name = name.lower()
    return name if "." in name or not name else "." + name
