"""The builder's option `extended`: sizes and SHA-256s, and the signature that covers them."""

import hashlib
import hmac
import json
import os
import subprocess

import pytest
from host_tree import MTIME, UNUSUAL
from saguarota.py3utils import OTAManifestBuilder, hashes

pytestmark = [
    pytest.mark.filterwarnings("error"),
    # Of the unusual names, which a device with littlefs takes.
    pytest.mark.filterwarnings("ignore:.*FAT can't hold"),
]

KEY = "schlüssel"


def content_of(path):
    return f"# {path}\n".encode()


def test_extended_is_off_by_default_and_only_adds_members(put):
    src = put("a.py", "lib/b.py")
    builder = OTAManifestBuilder(src, auth_key=KEY)
    data = builder.generate_manifest_data()
    assert list(data) == ["version", "signature", "files"]
    assert {tuple(file) for file in data["files"]} == {("path", "version", "md5")}
    more = OTAManifestBuilder(src, auth_key=KEY, extended=True).generate_manifest_data()
    del more["signature_ext"]
    for file in more["files"]:
        del file["size"], file["sha256"]
    assert more == data, "an older device reads the same"


def test_extended_adds_size_and_sha256_of_each_file(put):
    src = put(**{"empty.py": b"", "a.py": b"x" * 5000})
    assert OTAManifestBuilder(src, extended=True).generate_manifest_data() == {
        "version": MTIME,
        "files": [
            {
                "path": path,
                "version": MTIME,
                "md5": hashlib.md5(content).hexdigest(),
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for path, content in (("a.py", b"x" * 5000), ("empty.py", b""))
        ],
    }


@pytest.mark.parametrize("field", ["signature", "sig", "signature_ext"])
def test_both_signatures_equal_those_of_independent_code(put, field):
    names = sorted((*UNUSUAL, "z.py"), key=str.encode)
    src = put(*names)
    builder = OTAManifestBuilder(src, auth_key=KEY, signature_field=field, extended=True)
    data = json.loads(builder.generate_manifest())
    assert list(data) == ["version", field, field + "_ext", "files"]

    first, second = f"v={MTIME}", f"x={MTIME}"
    for path in names:
        content = content_of(path)
        md5, sha256 = hashlib.md5(content).hexdigest(), hashlib.sha256(content).hexdigest()
        first += f"\n{path}\t{MTIME}\t{md5}"
        second += f"\n{path}\t{MTIME}\t{md5}\t{len(content)}\t{sha256}"
    for name, payload in ((field, first), (field + "_ext", second)):
        expected = hmac.new(KEY.encode(), payload.encode(), hashlib.sha256).hexdigest()
        assert data[name] == expected, name


def test_first_signature_holds_on_a_device(put, tmp_path, micropython, dist):
    file = tmp_path / "out.json"
    OTAManifestBuilder(put(*UNUSUAL), auth_key=KEY, extended=True).write_manifest(file)
    validate = """
import sys
from _saguarota import Manifest
with open(sys.argv[1], "rb") as file:
    manifest = Manifest(file, bytearray(64), "", "signature")
    found = manifest.validate()
    print(found.version, found.total, found.sorted)
    print(found.signed, found.extended, found.sha256)
    print(manifest.verify("schl\u00fcssel"), manifest.verify("another"))
"""
    done = subprocess.run(
        [micropython, "-c", validate, file],
        capture_output=True,
        text=True,
        env={"MICROPYPATH": str(dist)},
    )
    facts = f"{MTIME} {len(UNUSUAL)} True\nTrue True True\nTrue False\n"
    assert done.stdout == facts, done.stderr


def test_second_signature_without_files_covers_the_version(src):
    data = OTAManifestBuilder(src, auth_key="k", extended=True).generate_manifest_data()
    assert data["signature_ext"] == hmac.new(b"k", b"x=0", hashlib.sha256).hexdigest()


def test_large_file_is_hashed_whole(put):
    # Over several of the pieces that the builder reads at once.
    content = os.urandom((3 << 20) + 17)
    (file,) = OTAManifestBuilder(put(**{"a.py": content}), extended=True).generate_manifest_data()[
        "files"
    ]
    assert file["size"] == len(content)
    assert file["md5"] == hashlib.md5(content).hexdigest()
    assert file["sha256"] == hashlib.sha256(content).hexdigest()


def test_remembered_hashes_are_renewed_when_a_file_changes(put, monkeypatch):
    # Remembered at once, rather than when the clock of any file system has moved on.
    monkeypatch.setattr(hashes, "_RACY_NS", 0)
    builder = OTAManifestBuilder(put("a.py"), extended=True)
    first = builder.generate_manifest_data()
    assert builder.generate_manifest_data() == first
    put(**{"a.py": b"changed!\n"})
    (file,) = builder.generate_manifest_data()["files"]
    assert (file["size"], file["sha256"]) == (9, hashlib.sha256(b"changed!\n").hexdigest())


def test_progress_counts_up_from_0_to_all_files(put):
    builder = OTAManifestBuilder(put(*(f"{number}.py" for number in range(150))))
    seen = []
    builder.progress = lambda done, total: seen.append((done, total))
    builder.generate_manifest()
    assert seen == sorted(set(seen))
    assert seen[0] == (0, 150)
    assert seen[-1] == (150, 150)
    assert len(seen) > 2
