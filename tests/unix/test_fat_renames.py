"""FAT keeps a long name in several entries of a folder, which may lie in two sectors. A cut between
the two writes that remove them leaves the short name, which nobody knows."""

import pytest
from fat import shared
from images import ImageDevice


@pytest.mark.xfail(strict=True, reason="the part file has a long name, and it is renamed")
def test_a_cut_in_a_rename_leaves_no_second_name(tmp_path, micropython, dist, release):
    """With so many files before it, the part file's name lies in two sectors. After the cut there
    are a second name and the new file's one for the same clusters, which the rollback frees."""
    flash = ImageDevice(tmp_path / "flash", micropython, dist, "fat").follow(release)
    flash.put({f"settings{number}.json": b"{}" for number in range(4)})
    flash.adopt(release, {"main.py": b"old" * 300})
    release.put("app.py", b"new" * 400, 2000)
    image = flash.path.read_bytes()
    for cut in range(30, 45):
        flash.path.write_bytes(image)
        flash.writes_left = cut
        assert flash.boot().killed
        flash.writes_left = None
        flash.boot(manifest_url="http://127.0.0.1:9/none")
        assert shared(flash.path.read_bytes()) == set(), f"cut at {cut}"
