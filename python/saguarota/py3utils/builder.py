"""Makes the manifest of a release: what is in it, in which version, signed."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import threading
import warnings
from collections.abc import Collection, Iterable
from typing import Any, Callable

from . import fat_names, manifest, options, versions
from .hashes import FileHashes
from .tree import TEMPORARY, Filters, SourceFile, scan

_PROGRESS_STEP = 64
_UNKNOWN = ("", 0)


class OTAManifestBuilder:
    """Builds the manifest of the files below a folder.

    The manifest lists the files in path order (by code point), so that a device can merge it with
    its own without holding either. `version` and the signature come before `files`: a device
    then checks the signature in one pass.

    One builder may serve several threads, and remembers the hashes of files that did not change.
    """

    def __init__(
        self,
        src_dir: str | os.PathLike[str],
        auth_key: str | None = None,
        signature_field: str = "signature",
        allowed_extensions: Iterable[str] | None = None,
        exclude_prefixes: Iterable[str] | None = None,
        exclude_folders: Iterable[str] | None = None,
        followlinks: bool = True,
        json_indent: int | None = 2,
        version_source: str = "mtime",
        previous_manifest_path: str | os.PathLike[str] | None = None,
        reuse_unchanged_versions: bool = False,
        git_executable: str | os.PathLike[str] = "git",
        extended: bool = False,
    ) -> None:
        """Take the options; nothing but the existence of `src_dir` is looked at yet.

        - `src_dir`: root of the tree.
        - `auth_key`: shared secret; its UTF-8 signs the manifest with HMAC-SHA256. None: unsigned.
        - `signature_field`: the key of the signature in the manifest.
        - `allowed_extensions`: endings of the file names to list, in any case, the leading dot
          may be missing; the ending "" admits every file. None: `.py .mpy .raw .rgb565 .c`.
        - `exclude_prefixes`: beginnings of file names to leave out. None: `test_`.
        - `exclude_folders`: folders to leave out, by name at any depth or by path from `src_dir`.
          None: `__pycache__ examples docs tests`.
        - `followlinks`: enter linked folders, and list links to files outside of `src_dir`. A
          link that leads back to a folder above it is never entered.
        - `json_indent`: spaces for each level; None writes the shortest JSON.
        - `version_source`: "mtime", or "git_commit_time" for the time of the last commit that
          touched the file (mtime where git knows nothing of it), both in seconds since 1970.
          A device never fetches a file of version 0, that is of 1970-01-01 00:00:00 or before.
        - `previous_manifest_path`: an earlier manifest; it need not exist.
        - `reuse_unchanged_versions`: a file with the MD5 that the earlier manifest gives for its
          path keeps its version from there.
        - `git_executable`: name or path of git.
        - `extended`: give `size` and `sha256` of each file as well, and sign them with a second
          signature, `<signature_field>_ext`. Devices that know neither ignore them.

        Raises TypeError or ValueError for a wrong option, NotADirectoryError for `src_dir`.
        """
        self.src_dir = options.folder("src_dir", src_dir)
        self.auth_key = options.key(auth_key)
        self.signature_field = options.field(signature_field)
        self.allowed_extensions = tuple(
            options.extension(name)
            for name in options.names(
                "allowed_extensions", allowed_extensions, options.DEFAULT_EXTENSIONS
            )
        )
        self.exclude_prefixes = options.names(
            "exclude_prefixes", exclude_prefixes, options.DEFAULT_EXCLUDE_PREFIXES
        )
        self.exclude_folders = frozenset(
            name.strip("/")
            for name in options.names(
                "exclude_folders", exclude_folders, options.DEFAULT_EXCLUDE_FOLDERS
            )
        )
        self.followlinks = bool(followlinks)
        self.json_indent = options.indent(json_indent)
        if version_source not in options.VERSION_SOURCES:
            raise ValueError(
                f"version_source is {version_source!r}, not one of {options.VERSION_SOURCES}"
            )
        self.version_source = version_source
        self.previous_manifest_path = (
            None
            if previous_manifest_path is None
            else os.path.abspath(options.path("previous_manifest_path", previous_manifest_path))
        )
        self.reuse_unchanged_versions = bool(reuse_unchanged_versions)
        self.git_executable = options.path("git_executable", git_executable)
        self.extended = bool(extended)
        self.progress: Callable[[int, int], None] | None = None
        """Called during the hashing, now and then and at the end, with the files done and all."""
        self._hashes = FileHashes(sha256=self.extended)
        self._lock = threading.Lock()

    def generate_manifest_data(self) -> dict[str, Any]:
        """Scan the tree and return the manifest as a dict: `version`, signatures if any, `files`.

        Left out, whatever the filters say: the earlier manifest, and at the root of the tree the
        names that the updater keeps for itself (`versions.json`, `ota_state.txt`, …), which a
        device refuses to install.

        Raises ValueError for a file that no device would accept, more than 32768 of them, or an
        earlier manifest that is none; OSError naming a file that can't be read or changes
        meanwhile. Warns where git can't be asked, about links that lead nowhere, and about paths
        that FAT can't hold or takes for one file.
        """
        return self._data(())

    def generate_manifest(self) -> str:
        """Return the manifest of `generate_manifest_data` as JSON text.

        Raises what that raises, and ValueError for a text over 4 MiB, the most a device reads.
        """
        return self._text(self.generate_manifest_data())

    def write_manifest(self, output_path: str | os.PathLike[str]) -> dict[str, Any]:
        """Write the manifest as UTF-8 to a file and return it as a dict.

        The file may lie in the tree, it is not listed. It is replaced at once: whoever reads it
        meanwhile gets the old text or the new one. Raises what `generate_manifest` raises, and
        OSError where the file can't be written; the old one is then untouched.
        """
        output = os.path.abspath(options.path("output_path", output_path))
        if os.path.isdir(output):
            raise IsADirectoryError(errno.EISDIR, "output_path is a folder", output)
        data = self._data((output,))
        _replace(os.path.realpath(output), self._text(data).encode("utf-8"))
        return data

    def _data(self, skip: Collection[str]) -> dict[str, Any]:
        options.need_folder("src_dir", self.src_dir)
        skip = set(skip)
        if self.previous_manifest_path:
            skip.add(self.previous_manifest_path)
        filters = Filters(
            self.allowed_extensions, self.exclude_prefixes, self.exclude_folders, self.followlinks
        )
        sources = scan(self.src_dir, filters, skip)
        if len(sources) > manifest.ENTRIES_MAX:
            raise ValueError(
                f"{self.src_dir}: {len(sources)} files, a device accepts {manifest.ENTRIES_MAX}"
            )
        for _, path, what in fat_names.cautions([source.path for source in sources]):
            warnings.warn(f"{path!a}: {what}", stacklevel=3)
        with self._lock:
            files = self._entries(sources)
        version = max((file["version"] for file in files), default=0)
        data: dict[str, Any] = {"version": version}
        if self.auth_key is not None:
            payload = manifest.signature_payload(version, files)
            data[self.signature_field] = manifest.sign(self.auth_key, payload)
            if self.extended:
                payload = manifest.extended_payload(version, files)
                field = self.signature_field + manifest.EXTENDED
                data[field] = manifest.sign(self.auth_key, payload)
        data["files"] = files
        return data

    def _entries(self, sources: list[SourceFile]) -> list[dict[str, Any]]:
        version_of: versions.VersionOf = versions.mtime
        if self.version_source == "git_commit_time":
            version_of = versions.git_commit_time(self.src_dir, sources, self.git_executable)
        previous = {}
        if self.reuse_unchanged_versions and self.previous_manifest_path:
            previous = manifest.load_previous(self.previous_manifest_path)
        files = []
        total = len(sources)
        for done, source in enumerate(sources):
            if self.progress and done % _PROGRESS_STEP == 0:
                self.progress(done, total)
            path, location, _ = source
            md5, sha256, found = self._hashes.of(location)
            earlier_md5, version = previous.get(path, _UNKNOWN)
            if md5 != earlier_md5:
                version = version_of(source, found)
            file: dict[str, Any] = {"path": path, "version": version, "md5": md5}
            if self.extended:
                file["size"] = found.st_size
                file["sha256"] = sha256
            files.append(file)
        if self.progress:
            self.progress(total, total)
        self._hashes.keep_only({source.location for source in sources})
        return files

    def _text(self, data: dict[str, Any]) -> str:
        text = manifest.to_json(data, self.json_indent)
        size = len(text.encode("utf-8"))
        if size > manifest.SIZE_MAX:
            raise ValueError(
                f"the manifest has {size} bytes, a device reads {manifest.SIZE_MAX}; "
                "json_indent=None makes it shorter"
            )
        return text


def _replace(output: str, content: bytes) -> None:
    folder, name = os.path.split(output)
    temporary = os.path.join(folder, f".{name}.{secrets.token_hex(4)}{TEMPORARY}")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(output, temporary)
        os.replace(temporary, output)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
