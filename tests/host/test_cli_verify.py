"""The command line's `verify`: each thing that can be wrong is found, with what and where."""

import hashlib
import hmac
import json
import re
import subprocess

import pytest
from command import run
from host_tree import MTIME, UNUSUAL
from saguarota.py3utils import OTAManifestBuilder
from saguarota.py3utils.tree import OWN_NAMES, OWN_PREFIX
from saguarota.py3utils.verify import verify

KEY = "schlüssel"
SURVEY = """
import os, sys
from _saguarota import Manifest

for name in sorted(os.listdir(sys.argv[1])):
    with open(sys.argv[1] + "/" + name, "rb") as file:
        manifest = Manifest(file, bytearray(64), OWN, "signature")
        try:
            found = manifest.validate()
            if not found.sorted:
                manifest.sort(bytearray(4 * found.total))
            print("fine")
        except ValueError as error:
            print("refused")
"""
GOOD = {"path": "a.py", "version": 1, "md5": "0" * 32}
SHA256 = "ab" * 32


def problems(content, key=None, **options):
    """What is wrong, as text: `where: path: what`."""
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    report = verify(content, key, **options)
    return [": ".join(word for word in problem if word) for problem in report.problems]


def sign(letter, version, *lines):
    payload = "\n".join([f"{letter}={version}", *lines])
    return hmac.new(KEY.encode(), payload.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("extended", [False, True])
def test_builder_manifest_passes_and_a_wrong_key_does_not_match(put, tmp_path, extended):
    src, output = put("z.py", *UNUSUAL), tmp_path / "out.json"
    with pytest.warns(UserWarning, match="FAT can't hold"):
        OTAManifestBuilder(src, auth_key=KEY, extended=extended).write_manifest(output)
    key = ("--key-env", "OTA_KEY")
    done = run("verify", output, "--root", src, *key, "--json", env={"OTA_KEY": KEY})
    assert json.loads(done.stdout) == {
        "manifest": str(output),
        "ok": True,
        "version": MTIME,
        "files": len(UNUSUAL) + 1,
        "without_md5": 0,
        "signature": "valid",
        "extended_signature": "valid" if extended else "missing",
        "problems": [],
        "warnings": [
            {"where": where, "path": path, "what": f"FAT can't hold a name with {letter}"}
            for where, path, letter in (
                ("files[0]", "#hash?.py", "?"),
                ("files[6]", "quote'\".py", '"'),
                ("files[8]", "sub/c:d.py", ":"),
            )
        ],
    }
    done = run("verify", output, *key, env={"OTA_KEY": KEY})
    assert done.stdout.startswith(f"{output}: ok: {len(UNUSUAL) + 1} files, version {MTIME}, sig")
    required = run("verify", output, "--require-sha256", code=0 if extended else 1)
    assert extended or "files[0]: " in required.stdout
    done = run("verify", output, *key, code=1, env={"OTA_KEY": "another"})
    expected = [f"{output}: manifest: signature 'signature' does not match"]
    if extended:
        expected.append(f"{output}: manifest: signature 'signature_ext' does not match")
    assert done.stdout.splitlines() == [
        *expected,
        f"{output}: {len(expected)} problem" + "s" * extended,
    ]


def test_dash_reads_the_manifest_from_stdin(put):
    text = OTAManifestBuilder(put("a.py")).generate_manifest()
    done = run("verify", "-", input=text)
    assert done.stdout == f"-: ok: 1 files, version {MTIME}, not signed\n"
    done = run("verify", "-", "--json", input="[]", code=1)
    assert json.loads(done.stdout)["ok"] is False
    assert json.loads(done.stdout)["version"] is None


FORM = [
    (b"", "not JSON: .*line 1 column 1"),
    (b"\xef\xbb\xbf{}", "BOM"),
    (b'{"a": "\xff"}', "not UTF-8, at byte 7"),
    (b"[]", "manifest is not a JSON object"),
    (b"null", "manifest is not a JSON object"),
    (b"{}", "manifest has no files"),
    (b'{"files": {}}', "files is not a list"),
    (b'{"files": []', "not JSON"),
    (b'{"files": []} x', "Extra data"),
    (b'{"files": [], "x": NaN}', "NaN is no JSON"),
    (b'{"files": [], "x": 01}', "not JSON"),
    (b'{"files": [], "x": "a\tb"}', "control character"),
    (b"[" * 17 + b"]" * 17, "deeper than 16 levels"),
    (b"[" * 200_000, "deeper than 16 levels"),
    (b" " * ((4 << 20) + 1), "over 4194304 bytes"),
]


@pytest.mark.parametrize(("content", "what"), FORM)
def test_malformed_manifest_is_reported_as_one_problem_with_its_cause(content, what):
    (problem,) = problems(content)
    assert re.search(f"^manifest: .*{what}", problem)


FINE = [
    b' {"files" : [ ] } \r\n',
    b'{"files": [], "version": "007", "x": 1e400, "x": "\\ud800", "y": {"files": 1}}',
    b'{"files": [], "x": ' + b"[" * 14 + b'"]]\\"[[["' + b"]" * 14 + b"}",
    b'{"files": [], "x": ' + b"9" * 10_000 + b"}",
    b'{"files": [{"path": "a.py"}, {"path": "a/b", "md5": null, "size": null}]}',
    b'{"files": [{"path": "b", "md5": ""}, {"path": "a", "x": 1, "x": 2, "version": "3"}]}',
]


@pytest.mark.parametrize("content", FINE)
def test_unusual_but_valid_manifest_has_no_problems(content):
    assert problems(content) == []


ENTRIES = [
    ({"path": 1}, "path is not a string"),
    ({"path": None}, "path is not a string"),
    ({"path": ""}, "path is empty"),
    ({"path": "/a"}, "/a: path is absolute"),
    ({"path": "a/../b"}, "a/../b: path leaves the destination"),
    ({"path": "a\\b"}, "backslash"),
    ({"path": "a\nb"}, "control"),
    ({"path": "x" * 256}, "path over 255 bytes"),
    ({"path": "\ud800"}, "UTF-8"),
    ({"path": "VERSIO~1.JSO"}, "short name"),
    ({"path": "lib/ver~F568.jso"}, "short name"),
    ({"path": "Versions.json"}, "is reserved"),
    ({"path": "saguarota_backup/a.py"}, "is reserved"),
    ({"version": -1}, "version is no whole number"),
    ({"version": 1.5}, "version is no whole number"),
    ({"version": None}, "version is no whole number"),
    ({"version": ""}, "version is no whole number"),
    ({"version": "٣"}, "version is no whole number"),
    ({"version": True}, "version is no whole number"),
    ({"version": 2**63}, "version is over 2^63-1"),
    ({"md5": "0" * 31}, "md5 is not 32 hex digits"),
    ({"md5": "g" * 32}, "md5 is not 32 hex digits"),
    ({"md5": int("1" * 32)}, "md5 is not 32 hex digits"),
    ({"sha256": "0" * 32}, "sha256 is not 64 hex digits"),
    ({"size": -1}, "size is no whole number"),
    ({"size": [1]}, "size is no whole number"),
]


def with_entry(change):
    """A manifest with a good entry and a changed one."""
    entry = {**GOOD, **change}
    return json.dumps({"version": 1, "files": [{"path": "first.py"}, entry]}).encode()


@pytest.mark.parametrize(("change", "what"), ENTRIES)
def test_invalid_entry_is_reported_with_its_index_and_cause(change, what):
    (problem,) = problems(with_entry(change))
    assert problem.startswith("files[1]: ")
    assert what in problem


def test_device_refuses_exactly_the_manifests_that_verify_refuses(micropython, dist, tmp_path):
    """What is wrong here is refused there, and the other way round."""
    refused = [content for content, _ in FORM if len(content) < 4 << 20]
    refused += [with_entry(change) for change, _ in ENTRIES if change.keys() <= GOOD.keys()]
    refused += [
        b'{"files": [{"path": "%s"}, {"path": "%s"}]}' % pair
        for pair in ((b"a", b"a"), (b"a", b"a/b"), (b"a/b/c", b"a"))
    ]
    refused += [
        b'{"files": [], "version": 1, "version": 1}',
        b'{"files": [], "files": []}',
        b'{"files": [], "signature": null, "signature": null}',
        b'{"files": [{"path": "a", "md5": "", "md5": ""}]}',
    ]
    for number, content in enumerate([*refused, *FINE]):
        (tmp_path / f"{number:03d}.json").write_bytes(content)
        assert bool(problems(content)) == (number < len(refused)), content
    names = "\n".join((*OWN_NAMES, OWN_PREFIX))
    done = subprocess.run(
        [micropython, "-c", f"OWN = {names!r}\n{SURVEY}", tmp_path],
        capture_output=True,
        text=True,
        env={"MICROPYPATH": str(dist)},
    )
    expected = ["refused"] * len(refused) + ["fine"] * len(FINE)
    assert done.stdout.split() == expected, done.stderr


def test_every_problem_of_a_manifest_is_reported(tmp_path):
    file = tmp_path / "versions.json"
    file.write_bytes(
        b'{"version": 1, "version": "x", "files": [7, {"version": 1},'
        b'{"path": "a", "path": "b"}, {"path": "c:", "md5": "0", "version": []},'
        b'{"path": "d"}, {"path": "d/e"}, {"path": "d"}, {"path": "good"}]}'
    )
    told = [
        "manifest: 'version' is given twice",
        "manifest: version is no whole number from 0 up",
        "files[0]: entry is not an object",
        "files[1]: entry has no path",
        "files[2]: 'b': 'path' is given twice",
        "files[3]: 'c:': path names a drive",
        "files[3]: 'c:': version is no whole number from 0 up",
        "files[3]: 'c:': md5 is not 32 hex digits",
        "files[6]: 'd': the path is that of files[4] as well",
        "files[5]: 'd/e': the path is below 'd', which files[4] makes a file",
    ]
    lines = run("verify", file, code=1).stdout.splitlines()
    assert lines == [*(f"{file}: {line}" for line in told), f"{file}: 10 problems"]


def test_what_fat_cannot_hold_is_a_warning_on_stderr(tmp_path):
    file = tmp_path / "versions.json"
    paths = ["Lib/a.py", "x/a*b", "lib/A.py", "\u0411.py", "LIB", "\u0412.py"]
    file.write_text(json.dumps({"files": [{"path": path} for path in paths]}))
    done = run("verify", file)
    assert done.stdout == f"{file}: ok: 6 files, version 0, not signed, 6 without md5\n"
    told = [
        "files[1]: 'x/a*b': FAT can't hold a name with *",
        "files[2]: 'lib/A.py': on FAT, it is the same file as 'Lib/a.py'",
        "files[4]: 'LIB': on FAT, it is in the way of a folder of 'Lib/a.py'",
        "files[5]: '\\u0412.py': on FAT, it is the same file as '\\u0411.py'",
    ]
    assert done.stderr.splitlines() == [f"warning: {file}: {line}" for line in told]
    # What is wrong is still wrong, and nothing of the rest hides it.
    file.write_text('{"files": [{"path": "a"}, 7, {"path": "A"}]}')
    done = run("verify", file, code=1)
    assert "files[1]: entry is not an object" in done.stdout
    assert "files[2]: 'A': on FAT" in done.stderr


def test_more_than_32768_entries_are_a_problem():
    entries = b",".join(b'{"path":"%d"}' % number for number in range(32769))
    assert problems(b'{"files":[%s]}' % entries) == [
        "manifest: 32769 files, a device accepts 32768"
    ]


class TestSignatures:
    """Both signatures, by payloads that the tests write themselves."""

    def manifest(self, **members):
        return {
            "version": "12",
            "files": [
                {"path": "b.py", "md5": "AB" * 16, "version": "007", "size": 5},
                {"path": "a.py", "sha256": SHA256.upper()},
            ],
            "signature": sign("v", 12, "a.py\t0\t", f"b.py\t7\t{'AB' * 16}"),
            "signature_ext": sign("x", 12, f"a.py\t0\t\t\t{SHA256}", f"b.py\t7\t{'AB' * 16}\t5\t"),
            **members,
        }

    def test_right_signatures_are_valid_in_upper_and_lower_case(self):
        report = verify(json.dumps(self.manifest()).encode(), KEY)
        assert report == (12, 2, 1, "valid", "valid", [], [])
        upper = {name: value.upper() for name, value in self.manifest().items() if "sig" in name}
        assert problems(self.manifest(**upper), KEY) == []

    def test_signatures_are_unchecked_without_a_key(self):
        report = verify(json.dumps(self.manifest()).encode())
        assert (report.signature, report.extended_signature) == ("unchecked", "unchecked")
        assert report.problems == []

    @pytest.mark.parametrize("field", ["signature", "signature_ext"])
    @pytest.mark.parametrize("value", ["0" * 64, "", "x", 5, int("1" * 64), [], {}])
    def test_wrong_signature_is_reported_as_not_matching(self, field, value):
        told = [f"manifest: signature '{field}' does not match"]
        assert problems(self.manifest(**{field: value}), KEY) == told

    @pytest.mark.parametrize("field", ["signature", "signature_ext"])
    def test_missing_signature_is_reported(self, field):
        told = [f"manifest: signature '{field}' is missing"]
        assert problems(self.manifest(**{field: None}), KEY) == told

    def test_plain_entries_need_no_second_signature_unless_sha256_is_required(self):
        plain = {"files": [GOOD], "signature": sign("v", 0, f"a.py\t1\t{'0' * 32}")}
        assert problems(plain, KEY) == []
        assert problems(plain, KEY, require_sha256=True) == [
            "files[0]: a.py: no sha256",
            "manifest: signature 'signature_ext' is missing",
        ]

    def test_each_change_of_an_entry_breaks_the_signatures_that_cover_it(self):
        for number, name, value, both in (
            (0, "size", 6, False),
            (1, "sha256", "cd" * 32, False),
            (1, "size", 0, False),
            (0, "md5", "ab" * 16, True),
            (0, "version", 8, True),
            (1, "path", "c.py", True),
        ):
            changed = self.manifest()
            changed["files"][number][name] = value
            assert len(problems(changed, KEY)) == 1 + both, name

    def test_signature_is_not_compared_where_an_entry_is_invalid(self):
        report = verify(json.dumps(self.manifest(files=[{"path": "\ud800"}])).encode(), KEY)
        assert report.signature == "unchecked"
        assert len(report.problems) == 1
        assert problems({"files": [7]}, KEY) == [
            "files[0]: entry is not an object",
            "manifest: signature 'signature' is missing",
        ]


def test_root_option_reports_each_file_that_differs_from_its_entry(put, tmp_path):
    src, output = put(*"abcdefg"), tmp_path / "out.json"
    builder = OTAManifestBuilder(src, allowed_extensions=[""], extended=True)
    data = builder.write_manifest(output)
    del data["files"][6]["md5"], data["files"][6]["size"]
    del data["files"][4]["size"], data["files"][4]["sha256"]
    output.write_text(json.dumps(data))
    assert run("verify", output, "--root", src).stdout.endswith("1 without md5\n")
    put(**{"b": b"# B\n", "c": b"longer than before", "e": b"x", "g": b"# G\n"})
    (src / "d").unlink()
    (src / "f").unlink()
    (src / "f").mkdir()
    done = run("verify", output, "--root", src, "--json", code=1)
    found = json.loads(done.stdout)["problems"]
    md5 = [hashlib.md5(text).hexdigest() for text in (b"# B\n", b"# b\n", b"x", b"# e\n")]
    sha256 = [hashlib.sha256(text).hexdigest() for text in (b"# G\n", b"# g\n")]
    assert [(problem["where"], problem["path"], problem["what"]) for problem in found] == [
        ("files[1]", "b", f"the file's md5 is {md5[0]}, not {md5[1]}"),
        ("files[2]", "c", "the file has 18 bytes, not 4"),
        ("files[3]", "d", "the file is missing"),
        ("files[4]", "e", f"the file's md5 is {md5[2]}, not {md5[3]}"),
        ("files[5]", "f", "not a file"),
        ("files[6]", "g", f"the file's sha256 is {sha256[0]}, not {sha256[1]}"),
    ]
