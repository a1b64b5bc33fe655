"""FAT keeps a long name in several entries of a folder, which may lie in two sectors. A cut between
the two writes that remove them leaves the short name, which nobody knows."""

import pytest
from fat import shared
from images import ImageDevice


@pytest.mark.parametrize("before", [4, 15])
def test_a_cut_in_a_rename_leaves_no_second_name(tmp_path, micropython, dist, release, before):
    """With so many files before it, a name like saguarota_backup.part lies in two sectors. Renamed,
    it would be a second name for the new file's clusters, which the rollback frees."""
    flash = ImageDevice(tmp_path / "flash", micropython, dist, "fat").follow(release)
    flash.put({f"settings{number}.json": b"{}" for number in range(before)})
    flash.adopt(release, {"main.py": b"old" * 300})
    release.put("app.py", b"new" * 400, 2000)
    image = flash.path.read_bytes()
    for cut in range(1000):
        flash.path.write_bytes(image)
        flash.writes_left = cut
        killed = flash.boot().killed
        flash.writes_left = None
        if not killed:
            break
        flash.boot(manifest_url="http://127.0.0.1:9/none")
        assert shared(flash.path.read_bytes()) == set(), f"cut at {cut}"
    assert not killed and cut > 20
