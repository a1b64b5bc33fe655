"""Versions that are kept from an earlier manifest."""

import hashlib
import json

import pytest
from host_tree import MTIME, paths
from saguarota.py3utils import OTAManifestBuilder

pytestmark = pytest.mark.filterwarnings("error")


class TestPrevious:
    """previous_manifest_path and reuse_unchanged_versions."""

    def build(self, src, previous, **options):
        options = {"previous_manifest_path": previous, "reuse_unchanged_versions": True, **options}
        return OTAManifestBuilder(src, allowed_extensions=["py", "json"], **options)

    def test_unchanged_files_keep_their_version(self, put, tmp_path):
        previous = tmp_path / "old.json"
        src = put("a.py", "b.py")
        self.build(src, previous).write_manifest(previous)
        put(mtime=MTIME + 100, **{"a.py": b"# a.py\n", "b.py": b"changed", "c.py": b"new"})
        versions = {
            file["path"]: file["version"]
            for file in self.build(src, previous).generate_manifest_data()["files"]
        }
        assert versions == {"a.py": MTIME, "b.py": MTIME + 100, "c.py": MTIME + 100}
        other = self.build(src, previous, reuse_unchanged_versions=False).generate_manifest_data()
        assert {file["version"] for file in other["files"]} == {MTIME + 100}

    @pytest.mark.parametrize(
        ("entry", "version"),
        [
            ({"version": 7}, 7),
            ({"version": "0012"}, 12),
            ({"version": 2**63 - 1}, 2**63 - 1),
            ({}, MTIME),
            ({"version": 7, "md5": None}, MTIME),
            ({"version": 7, "md5": ""}, MTIME),
            ({"version": 7, "path": "b.py"}, MTIME),
        ],
    )
    def test_other_makers_entries_count_if_path_and_md5_match(self, put, tmp_path, entry, version):
        md5 = hashlib.md5(b"# a.py\n").hexdigest().upper()
        previous = tmp_path / "old.json"
        files = [{"path": "a.py", "md5": md5, "x": [1], **entry}]
        previous.write_bytes(b"\xef\xbb\xbf" + json.dumps({"files": files}).encode())
        data = self.build(put("a.py"), previous).generate_manifest_data()
        assert data["files"][0]["version"] == data["version"] == version

    def test_missing_previous_manifest_is_like_none(self, put, tmp_path):
        data = self.build(put("a.py"), tmp_path / "none.json").generate_manifest_data()
        assert data["version"] == MTIME

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            (b"", "Expecting value"),
            (b"\xff", "decode"),
            (b"[" * 100_000, "deep"),
            (b"[]", "files"),
            (b"{}", "files"),
            (b'{"files": {}}', "files"),
            (b'{"files": [[]]}', r"files\[0\]"),
            (b'{"files": [{"path": 1}]}', "path"),
            (b'{"files": [{"path": "a", "md5": 1}]}', "md5"),
            (b'{"files": [{"path": "a", "version": 1.0}]}', "'a'.*version"),
            (b'{"files": [{"path": "a", "version": true}]}', "version"),
            (b'{"files": [{"path": "a", "version": -1}]}', "version"),
            (b'{"files": [{"path": "a", "version": "0x1"}]}', "version"),
            (b'{"files": [{"path": "a", "version": 9223372036854775808}]}', "version"),
        ],
    )
    def test_previous_file_that_is_no_manifest_is_an_error(self, put, tmp_path, text, what):
        previous = tmp_path / "old.json"
        previous.write_bytes(text)
        with pytest.raises(ValueError, match=f"(?s)old.json: not a manifest: .*{what}"):
            self.build(put("a.py"), previous).generate_manifest_data()

    def test_previous_manifest_inside_the_tree_is_not_listed(self, put):
        src = put("a.py", "sub/old.json", "old.json")
        assert paths(self.build(src, src / "sub/old.json", reuse_unchanged_versions=False)) == [
            "a.py",
            "old.json",
        ]
