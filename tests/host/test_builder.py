"""The manifest builder: what it lists, in which order and version, signed how, written how."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from host_tree import MTIME, UNUSUAL
from saguarota.py3utils import OTAManifestBuilder, manifest

PYTHON = Path(__file__).parents[2] / "python"
# Ends the process, as a crash would, before so many openings and changes of files.
CRASH = """
import os, sys
from saguarota.py3utils import OTAManifestBuilder

left = int(sys.argv[3])

def cut(event, arguments):
    global left
    if event in ("open", "os.chmod", "os.rename", "os.remove"):
        left -= 1
        if left < 0:
            os._exit(9)

builder = OTAManifestBuilder(sys.argv[1])
sys.addaudithook(cut)
builder.write_manifest(sys.argv[2])
"""

pytestmark = [
    pytest.mark.filterwarnings("error"),
    # Of the unusual names, which a device with littlefs takes.
    pytest.mark.filterwarnings("ignore:.*FAT can't hold"),
]


def test_manifest_has_path_mtime_and_md5_of_each_file_in_path_order(put):
    src = put("lib/a.py", mtime=MTIME + 0.9)
    put("b.py", mtime=5)
    expected = [
        {"path": "b.py", "version": 5, "md5": hashlib.md5(b"# b.py\n").hexdigest()},
        {"path": "lib/a.py", "version": MTIME, "md5": hashlib.md5(b"# lib/a.py\n").hexdigest()},
    ]
    data = OTAManifestBuilder(src).generate_manifest_data()
    assert data == {"version": MTIME, "files": expected}


def test_manifest_without_files_has_version_0(src):
    assert OTAManifestBuilder(src).generate_manifest_data() == {"version": 0, "files": []}


def test_time_before_1970_is_version_0(put):
    data = OTAManifestBuilder(put("a.py", mtime=-1)).generate_manifest_data()
    assert data["files"][0]["version"] == 0


def test_unusual_names_survive_json(put):
    builder = OTAManifestBuilder(put(*UNUSUAL))
    text = builder.generate_manifest()
    assert {file["path"] for file in json.loads(text)["files"]} == set(UNUSUAL)
    # Older devices can't join an escaped surrogate pair; other letters may be written in any
    # encoding that a script's open() happens to choose.
    assert "🌵" in text
    assert text.replace("🌵", "").isascii()


def test_signature_is_hmac_of_the_payload(put):
    src = put("z.py", *UNUSUAL)
    text = OTAManifestBuilder(src, auth_key="schlüssel").generate_manifest()
    data = json.loads(text)
    assert list(data) == ["version", "signature", "files"]
    payload = f"v={data['version']}"
    for path in sorted((*UNUSUAL, "z.py"), key=str.encode):
        md5 = hashlib.md5(f"# {path}\n".encode()).hexdigest()
        payload += f"\n{path}\t{MTIME}\t{md5}"
    expected = hmac.new("schlüssel".encode(), payload.encode(), hashlib.sha256).hexdigest()
    assert data["signature"] == expected


def test_signature_field_names_the_signature_even_without_files(src):
    data = OTAManifestBuilder(src, auth_key="k", signature_field="sig").generate_manifest_data()
    expected = hmac.new(b"k", b"v=0", hashlib.sha256).hexdigest()
    assert data == {"version": 0, "sig": expected, "files": []}


@pytest.mark.parametrize("names", [(), ("a.py",), ("a.py", "b'{\"},{.py", "[0].py", "c/d.py")])
def test_json_is_that_of_json_dumps_with_each_indent(put, names):
    src = put(*names)
    data = OTAManifestBuilder(src, auth_key="k").generate_manifest_data()
    for indent in (0, 1, 2, 7):
        text = OTAManifestBuilder(src, auth_key="k", json_indent=indent).generate_manifest()
        assert text == json.dumps(data, indent=indent)
    assert OTAManifestBuilder(src, auth_key="k").generate_manifest() == json.dumps(data, indent=2)
    data = OTAManifestBuilder(src).generate_manifest_data()
    short = OTAManifestBuilder(src, json_indent=None).generate_manifest()
    assert short == json.dumps(data, separators=(",", ":"))


def test_more_files_or_bytes_than_a_device_reads_are_refused(put, monkeypatch):
    builder = OTAManifestBuilder(put("a.py", "b.py", "c.py"))
    monkeypatch.setattr(manifest, "ENTRIES_MAX", 3)
    size = len(builder.generate_manifest())
    monkeypatch.setattr(manifest, "SIZE_MAX", size)
    builder.generate_manifest()
    monkeypatch.setattr(manifest, "SIZE_MAX", size - 1)
    with pytest.raises(ValueError, match=f"{size} bytes"):
        builder.generate_manifest()
    monkeypatch.setattr(manifest, "ENTRIES_MAX", 2)
    with pytest.raises(ValueError, match="3 files"):
        builder.generate_manifest_data()


def test_example_of_the_guide_makes_a_signed_and_filtered_manifest(put, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put("é.py", "a.raw", "examples/e.py", "docs/d.py", "x.c")
    builder = OTAManifestBuilder(
        "src",
        auth_key="shared-secret",
        signature_field="signature",
        allowed_extensions={".py", ".mpy", ".raw", ".rgb565"},
        exclude_folders={"tests", "docs"},
    )
    with open("versions.json", "w", encoding="cp1252") as f:
        f.write(builder.generate_manifest())
    data = json.loads(Path("versions.json").read_bytes())
    assert data == builder.generate_manifest_data()
    assert "signature" in data
    assert [file["path"] for file in data["files"]] == ["a.raw", "examples/e.py", "é.py"]


class TestWriteManifest:
    """write_manifest(output_path)."""

    def test_writes_what_it_returns(self, put, tmp_path):
        builder = OTAManifestBuilder(put("a.py", "é.py", "🌵.py"), auth_key="k")
        data = builder.write_manifest(str(tmp_path / "out.json"))
        assert data == builder.generate_manifest_data()
        assert (tmp_path / "out.json").read_bytes().decode() == builder.generate_manifest()

    def test_manifest_written_into_the_tree_does_not_list_itself(self, put):
        src = put("a.json", "versions.json", "sub/versions.json", "out.json")
        (src / "sub/link.json").symlink_to("../a.json")
        builder = OTAManifestBuilder(src, allowed_extensions=[".json"])
        for _ in range(2):
            data = builder.write_manifest(src / "out.json")
            listed = [file["path"] for file in data["files"]]
            assert listed == ["a.json", "sub/link.json", "sub/versions.json"]

    def test_workflow_of_the_guide_reuses_versions_of_unchanged_files(self, put):
        src = put("a.py", "b.json")
        manifest_path = src / "versions.json"
        for number in range(2):
            builder = OTAManifestBuilder(
                src_dir=str(src),
                allowed_extensions={".py", ".mpy", ".json"},
                previous_manifest_path=str(manifest_path),
                reuse_unchanged_versions=True,
            )
            data = builder.write_manifest(str(manifest_path))
            assert data == json.loads(manifest_path.read_bytes())
            assert [file["path"] for file in data["files"]] == ["a.py", "b.json"]
            assert data["version"] == MTIME, f"run {number}"
            put("a.py", "b.json", mtime=MTIME + 100)

    def test_reader_never_sees_a_part(self, put, tmp_path):
        builder = OTAManifestBuilder(put(*(f"{n}.py" for n in range(300))))
        output = tmp_path / "out.json"
        builder.write_manifest(output)
        expected, done, seen = output.read_bytes(), threading.Event(), set()

        def read():
            while not done.is_set():
                seen.add(output.read_bytes())

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(20):
            builder.write_manifest(output)
        done.set()
        reader.join()
        assert seen == {expected}

    def test_permissions_and_links_are_kept(self, put, tmp_path):
        builder = OTAManifestBuilder(put("a.py"))
        umask = os.umask(0o027)
        try:
            builder.write_manifest(tmp_path / "real.json")
        finally:
            os.umask(umask)
        (tmp_path / "link.json").symlink_to("real.json")
        assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o640
        (tmp_path / "real.json").chmod(0o604)
        builder.write_manifest(tmp_path / "link.json")
        assert (tmp_path / "link.json").is_symlink()
        assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o604

    def test_failure_leaves_nothing_behind(self, put, tmp_path):
        builder = OTAManifestBuilder(put("a.py"))
        (tmp_path / "out").mkdir()
        with pytest.raises(OSError):
            builder.write_manifest(tmp_path / "out")
        with pytest.raises(FileNotFoundError):
            builder.write_manifest(tmp_path / "none/out.json")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "src"]

    def test_crash_leaves_the_old_or_the_new_manifest(self, put, tmp_path):
        src, output = put("a.py", "b.py"), tmp_path / "out.json"
        new = OTAManifestBuilder(src).generate_manifest().encode()
        found, cut = [], 0
        while not found or found[-1] != new:
            output.write_bytes(b"the old one")
            child = [sys.executable, "-c", CRASH, src, output, str(cut)]
            code = subprocess.run(child, env={"PYTHONPATH": str(PYTHON)}, timeout=30).returncode
            found.append(output.read_bytes())
            assert code == (0 if found[-1] == new else 9), f"cut {cut}"
            cut += 1
        assert set(found) == {b"the old one", new}
        # Each source, the new text, its mode and its rename.
        assert len(found) >= 5

    def test_bad_tree_leaves_the_old_manifest(self, put, tmp_path):
        builder = OTAManifestBuilder(put("a.py"))
        builder.write_manifest(tmp_path / "out.json")
        before = (tmp_path / "out.json").read_bytes()
        put("bad\n.py")
        with pytest.raises(ValueError, match="control"):
            builder.write_manifest(tmp_path / "out.json")
        assert (tmp_path / "out.json").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "error", "what"),
    [
        ({"src_dir": None}, TypeError, "src_dir"),
        ({"src_dir": b"."}, TypeError, "src_dir"),
        ({"src_dir": ""}, ValueError, "src_dir"),
        ({"src_dir": "/nowhere"}, NotADirectoryError, "src_dir.*/nowhere"),
        ({"src_dir": __file__}, NotADirectoryError, "src_dir.*test_builder"),
        ({"auth_key": b"key"}, TypeError, "auth_key"),
        ({"auth_key": 5}, TypeError, "auth_key"),
        ({"auth_key": ""}, ValueError, "auth_key"),
        ({"auth_key": "\ud800"}, ValueError, "surrogates"),
        ({"signature_field": None}, TypeError, "signature_field"),
        ({"signature_field": "files"}, ValueError, "signature_field"),
        ({"allowed_extensions": ".py"}, TypeError, "allowed_extensions"),
        ({"allowed_extensions": 5}, TypeError, "allowed_extensions"),
        ({"allowed_extensions": [b".py"]}, TypeError, "allowed_extensions"),
        ({"exclude_prefixes": [""]}, ValueError, "exclude_prefixes"),
        ({"exclude_folders": "tests"}, TypeError, "exclude_folders"),
        ({"json_indent": "2"}, TypeError, "json_indent"),
        ({"json_indent": -1}, ValueError, "json_indent"),
        ({"version_source": "git"}, ValueError, "version_source is 'git'"),
        ({"previous_manifest_path": 5}, TypeError, "previous_manifest_path"),
        ({"git_executable": None}, TypeError, "git_executable"),
        ({"unknown": 1}, TypeError, "unknown"),
    ],
)
def test_wrong_option_is_refused_with_an_error_that_names_it(src, options, error, what):
    with pytest.raises(error, match=what):
        OTAManifestBuilder(**{"src_dir": src, **options})


def test_missing_source_folder_is_reported_when_the_manifest_is_made(src):
    builder = OTAManifestBuilder(src)
    src.rmdir()
    with pytest.raises(NotADirectoryError, match="src_dir"):
        builder.generate_manifest_data()
