"""Which files of a tree a manifest lists, in which order, and which it refuses."""

import os

import pytest
from host_tree import UNUSUAL, paths
from saguarota.py3utils import OTAManifestBuilder
from saguarota.py3utils.tree import TEMPORARY

pytestmark = [
    pytest.mark.filterwarnings("error"),
    # Of the unusual names, which a device with littlefs takes.
    pytest.mark.filterwarnings("ignore:.*FAT can't hold"),
]


def test_default_filters_list_device_files_but_no_tests_and_docs(put):
    kept = ["a.py", "b.MPY", "c.raw", "d.rgb565", "e.c", "sub/deep/f.py", "mytest_.py", "doc/g.py"]
    left_out = ["x.txt", "test_a.py", "x.pyc", "py", "a.py~"]
    left_out += [f"sub/{name}/x.py" for name in ("__pycache__", "examples", "docs", "tests")]
    assert paths(OTAManifestBuilder(put(*kept, *left_out))) == sorted(kept)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"allowed_extensions": {".TXT"}}, ["a.txt", "sub/b.Txt"]),
        ({"allowed_extensions": ["txt"]}, ["a.txt", "sub/b.Txt"]),
        ({"allowed_extensions": ["_asset.bin"]}, ["x_asset.bin"]),
        ({"allowed_extensions": []}, []),
        (
            {"allowed_extensions": [""], "exclude_folders": ["sub"]},
            ["Makefile", "a.txt", "c.py", "x_asset.bin"],
        ),
        ({"exclude_prefixes": ["c"]}, ["sub/docs/d.py"]),
        ({}, ["c.py", "sub/docs/d.py"]),
        ({"exclude_folders": ["docs"]}, ["c.py"]),
        ({"exclude_folders": ["sub/docs/"]}, ["c.py"]),
        ({"exclude_folders": ["ub", "docs/sub", "sub/d"]}, ["c.py", "sub/docs/d.py"]),
    ],
)
def test_configured_filters_choose_which_files_are_listed(put, options, expected):
    src = put("a.txt", "sub/b.Txt", "c.py", "sub/docs/d.py", "Makefile", "x_asset.bin")
    options = {"exclude_folders": [], "exclude_prefixes": [], **options}
    assert paths(OTAManifestBuilder(src, **options)) == expected


def test_paths_are_sorted_by_their_utf8_bytes(put):
    names = ["a.py", "a/b.py", "a-b.py", "a0.py", "B.py", "é.py", "\uffee.py", "🌵.py", *UNUSUAL]
    found = paths(OTAManifestBuilder(put(*names)))
    assert found == sorted(set(names), key=lambda path: path.encode())
    assert found.index("\uffee.py") < found.index("🌵.py"), "UTF-16 order"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("a\nb.py", "control"),
        ("a\tb.py", "control"),
        ("a\x7f.py", "control"),
        ("a\x85.py", "control"),
        ("a\\b.py", "backslash"),
        ("C:b.py", "drive"),
        ("lib./b.py", "dot or a space"),
        ("lib /b.py", "dot or a space"),
        ("a" * 200 + "/" + "b" * 52 + ".py", "path over 255 bytes"),
        ("é" * 126 + "/ab.py", "path over 255 bytes"),
        ("d/" * 16 + "a.py", "path over 16 segments"),
        (os.fsdecode(b"\xff.py"), "UTF-8"),
    ],
)
def test_path_that_no_device_accepts_is_refused_where_it_is_listed(put, name, what):
    src = put("good.py", name)
    with pytest.raises(ValueError, match=what) as caught:
        OTAManifestBuilder(src).generate_manifest_data()
    assert ascii(name) in str(caught.value)
    # What is not listed does no harm.
    assert paths(OTAManifestBuilder(src, allowed_extensions=[".mpy"])) == []


def test_longest_paths_are_accepted(put):
    longest = ["a" * 200 + "/" + "b" * 51 + ".py", "d/" * 15 + "a.py"]
    assert paths(OTAManifestBuilder(put(*longest))) == sorted(longest)


def test_updaters_own_files_are_left_out(put):
    own = ["versions.json", "ota_state.txt", "otac14f2.prt", "saguarota_backup/main.py"]
    own += ["otac14f2.lst", "otac14f2.res"]
    kept = ["lib/versions.json", "lib/ota_state.txt", "versions.json2", "saguarota_backups/a.py"]
    builder = OTAManifestBuilder(put(*own, *kept), allowed_extensions=[""])
    assert paths(builder) == sorted(kept)


def test_manifest_half_written_by_a_crash_is_not_listed(put):
    half = ".out.json.0123abcd" + TEMPORARY
    builder = OTAManifestBuilder(put("a.py", half), allowed_extensions=[""])
    assert paths(builder) == ["a.py"]


def test_updaters_own_files_are_left_out_in_any_case(put):
    assert paths(OTAManifestBuilder(put("OTA_State.TXT", "a.TXT"), allowed_extensions=["txt"])) == [
        "a.TXT"
    ]


class TestLinks:
    """Symbolic links in the tree."""

    def test_loops_of_links_come_to_an_end(self, put):
        src = put("a.py", "sub/b.py", "other/c.py")
        (src / "sub/up").symlink_to("..", target_is_directory=True)
        (src / "sub/self").symlink_to(".", target_is_directory=True)
        (src / "sub/other").symlink_to("../other", target_is_directory=True)
        (src / "other/sub").symlink_to("../sub", target_is_directory=True)
        assert paths(OTAManifestBuilder(src)) == [
            "a.py",
            "other/c.py",
            "other/sub/b.py",
            "sub/b.py",
            "sub/other/c.py",
        ]

    def test_links_through_more_than_32768_folders_are_refused(self, put):
        names = [f"d{number}" for number in range(8)]
        src = put(*(f"{name}/a.txt" for name in names))
        for name in names:
            for other in set(names) - {name}:
                (src / name / other).symlink_to(f"../{other}", target_is_directory=True)
        with pytest.raises(ValueError, match="links lead through more than 32768 folders"):
            paths(OTAManifestBuilder(src))
        builder = OTAManifestBuilder(src, followlinks=False, allowed_extensions=[".txt"])
        assert paths(builder) == [f"{name}/a.txt" for name in names]

    def test_links_out_of_the_tree_are_followed_unless_followlinks_is_off(self, put, tmp_path):
        src = put("a.py")
        outside = tmp_path / "src2"
        outside.mkdir()
        (outside / "b.py").write_bytes(b"b")
        (src / "lib").symlink_to(outside, target_is_directory=True)
        (src / "b.py").symlink_to(outside / "b.py")
        (src / "in.py").symlink_to("a.py")
        assert paths(OTAManifestBuilder(src)) == ["a.py", "b.py", "in.py", "lib/b.py"]
        assert paths(OTAManifestBuilder(src, followlinks=False)) == ["a.py", "in.py"]

    def test_link_that_leads_nowhere_is_left_out_with_a_warning(self, put):
        src = put("a.py")
        (src / ".#a.py").symlink_to("nobody@host")
        (src / "self.py").symlink_to("self.py")
        (src / "quiet.txt").symlink_to("nowhere")
        with pytest.warns(UserWarning, match="leads nowhere") as warned:
            assert paths(OTAManifestBuilder(src)) == ["a.py"]
        assert len(warned) == 2

    def test_source_folder_may_be_a_link_even_without_followlinks(self, put, tmp_path):
        put("a.py")
        (tmp_path / "link").symlink_to("src", target_is_directory=True)
        assert paths(OTAManifestBuilder(tmp_path / "link", followlinks=False)) == ["a.py"]


def test_only_regular_files_are_listed(put):
    src = put("a.py", "dir.py/b.py")
    os.mkfifo(src / "pipe.py")
    assert paths(OTAManifestBuilder(src)) == ["a.py", "dir.py/b.py"]
