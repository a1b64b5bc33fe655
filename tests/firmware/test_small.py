"""A device with little memory: a Cortex-M3 whose heap has 64 KiB takes a release of 1000 files."""

import pytest
from firmware import building
from firmware.boards import BOARDS
from support import Release

BOARD = BOARDS["cortex-m3"]
HEAP = 64 << 10
# 2 MiB.
BLOCKS = 512
FILES = 1000
KEY = "k"


@pytest.mark.parametrize("form", building.FORMS)
def test_board_with_a_64_kib_heap_installs_a_thousand_signed_files(form, make_device, tmp_path):
    files = {
        f"lib{number % 10}/module_{number:04}.py": b"NUMBER = %d\n" % number
        for number in range(FILES)
    }
    with Release(tmp_path / "release", auth_key=KEY) as release:
        device = make_device(BOARD, form, HEAP, blocks=BLOCKS)
        device.seconds = 300
        device.follow(release, manifest_auth_key=KEY, progress_callback=None)
        release.put_all(files)
        boot = device.boot()
        assert boot.reset, (boot.calls, boot.log)
        assert device.call("confirm_update", True).value is True
        assert device.app() == release.tree()
        # All entries are compared, and one of them is due.
        path = sorted(files)[FILES // 2]
        release.put(path, b"changed\n", version=3000)
        release.requests.clear()
        boot = device.boot()
        assert boot.reset, (boot.calls, boot.log)
        assert release.fetched == [path]
        assert device.app() == release.tree()
