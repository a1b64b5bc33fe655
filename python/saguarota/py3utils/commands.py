"""What the commands of the command line do. Each returns an exit code, and raises OSError or
ValueError for what can't be read, made, written or served."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import warnings
from typing import Any

from . import options
from .builder import OTAManifestBuilder
from .handler import MANIFEST
from .manifest import SIZE_MAX
from .progress import Progress
from .server import OTAManifestServer
from .verify import Report
from .verify import verify as check

_SIGNED = {
    "valid": "signature valid",
    "missing": "not signed",
    "unchecked": "signature not checked, as no key was given",
}


def manifest(chosen: argparse.Namespace) -> int:
    """Make a manifest and write it to a file or to stdout."""
    builder = _builder(chosen)
    output = None if chosen.output == "-" else chosen.output
    text = ""
    with Progress("hashed", sys.stderr) as builder.progress:
        if output:
            data = builder.write_manifest(output)
        else:
            text = builder.generate_manifest()
            data = json.loads(text)
    result = {
        "output": output,
        "version": data["version"],
        "files": len(data["files"]),
        "signed": builder.auth_key is not None,
        "extended": builder.extended,
    }
    if chosen.json:
        _print_json(result if output else {**result, "manifest": data})
        return 0
    if not output:
        _print(text)
    signed = "signed" if builder.auth_key else "not signed"
    message = f"{len(data['files'])} files, version {data['version']}, {signed}"
    print(f"{output}: {message}" if output else message, file=sys.stderr)
    return 0


def verify(chosen: argparse.Namespace) -> int:
    """Check a manifest, and the files of a folder; 1 where something is wrong."""
    key = _key(chosen)
    field = options.field(chosen.signature_field)
    root = chosen.root and options.folder("--root", chosen.root)
    # A byte more tells one that is too long.
    if chosen.manifest == "-":
        content = sys.stdin.buffer.read(SIZE_MAX + 1)
    else:
        with open(chosen.manifest, "rb") as file:
            content = file.read(SIZE_MAX + 1)
    with Progress("checked", sys.stderr) as progress:
        report = check(content, key, field, root, chosen.require_sha256, progress)
    if chosen.json:
        result = report._asdict()
        for name in ("problems", "warnings"):
            result[name] = [problem._asdict() for problem in result[name]]
        _print_json({"manifest": chosen.manifest, "ok": not report.problems, **result})
    else:
        _print_report(chosen.manifest, report)
    return 1 if report.problems else 0


def serve(chosen: argparse.Namespace) -> int:
    """Serve a folder until Ctrl-C."""
    builder = _builder(chosen)
    server = _Server(builder.src_dir, chosen.host, chosen.port, builder, chosen.json)
    try:
        server.start()
    except OSError as error:
        error.filename = f"{chosen.host}:{chosen.port}"
        raise
    return 0


class _Server(OTAManifestServer):
    """Prints its URL to stdout, where a script reads it."""

    def __init__(
        self, src: str, host: str, port: int, builder: OTAManifestBuilder, as_json: bool
    ) -> None:
        super().__init__(src, host, port, builder)
        self._json = as_json

    def _announce(self) -> None:
        url = self.url + MANIFEST
        if self._json:
            _print_json({"src": self.src_dir, "manifest_url": url, "base_file_url": self.url})
        else:
            _print(url)
        print(f"serving {self.src_dir!a}, Ctrl-C ends", file=sys.stderr)


def _builder(chosen: argparse.Namespace) -> OTAManifestBuilder:
    if chosen.reuse_unchanged_versions and chosen.previous is None:
        raise ValueError("--reuse-unchanged-versions needs --previous")
    return OTAManifestBuilder(
        chosen.src,
        auth_key=_key(chosen),
        signature_field=chosen.signature_field,
        allowed_extensions=chosen.extension,
        exclude_prefixes=_without_empty(chosen.exclude_prefix),
        exclude_folders=_without_empty(chosen.exclude_folder),
        followlinks=not chosen.no_follow_links,
        json_indent=None if chosen.compact else chosen.indent,
        version_source=chosen.version_source,
        previous_manifest_path=chosen.previous,
        reuse_unchanged_versions=chosen.reuse_unchanged_versions,
        git_executable=chosen.git,
        extended=chosen.extended,
    )


def _without_empty(names: list[str] | None) -> list[str] | None:
    return None if names is None else [name for name in names if name]


def _key(chosen: argparse.Namespace) -> str | None:
    """Return the key that the options lead to; no message shows any of it."""
    if chosen.key_env is not None:
        where = f"--key-env {chosen.key_env!a}"
        if chosen.key_env not in os.environ:
            raise ValueError(f"{where}: no such variable")
        content = os.fsencode(os.environ[chosen.key_env])
    elif chosen.key_file is not None:
        where = f"--key-file {chosen.key_file!a}"
        with open(chosen.key_file, "rb") as file:
            content = re.sub(b"\r?\n\\Z", b"", file.read())
    else:
        return None
    if not content:
        raise ValueError(f"{where}: the key is empty")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{where}: the key is not UTF-8") from None


def _print_report(name: str, report: Report) -> None:
    for where, path, what in report.warnings:
        warnings.warn(f"{name}: {where}: {path!a}: {what}", stacklevel=2)
    lines = [
        ": ".join([name, where, *([] if path is None else [ascii(path)]), what])
        for where, path, what in report.problems
    ]
    if lines:
        lines.append(f"{name}: {len(lines)} problem{'s' if len(lines) > 1 else ''}")
    else:
        facts = [f"ok: {report.files} files", f"version {report.version}"]
        facts.append(_SIGNED[report.signature])
        if report.extended_signature != "missing":
            facts.append(f"extended: {_SIGNED[report.extended_signature]}")
        if report.without_md5:
            facts.append(f"{report.without_md5} without md5")
        lines.append(f"{name}: {', '.join(facts)}")
    _print("\n".join(lines))


def _print_json(result: dict[str, Any]) -> None:
    _print(json.dumps(result, indent=2))


def _print(text: str) -> None:
    """Write a line to stdout: at once, whole even where Python does not buffer stdout, and as a
    file would have it whatever the encoding of stdout is."""
    with open(1, "wb", closefd=False) as out:
        out.write(text.encode("utf-8", "surrogateescape") + b"\n")
