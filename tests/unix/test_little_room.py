"""Where room runs short: on flash, for the way back and for a download, and in the heap."""

import json

import pytest
from cutter import Cutter
from images import FILE_SYSTEMS, ImageDevice
from support import Release, application, entry, noise, sign

BIG = noise(102_400)


@pytest.fixture
def everything(tmp_path):
    """A release of all files, whatever their names end with."""
    with Release(tmp_path / "all", extended=True) as served:
        yield served


@pytest.fixture(params=FILE_SYSTEMS)
def flash(request, tmp_path, micropython, dist, everything):
    """A device of 256 KiB that backs everything up."""
    made = ImageDevice(tmp_path / "flash", micropython, dist, request.param)
    return made.follow(everything, backup_skip_extensions=(), backup_skip_prefixes=())


@pytest.mark.parametrize(
    ("extras", "new"),
    [
        # Deleted files, more of them than there is room for twice.
        ({f"x{number}.bin": bytes([number]) * 15000 for number in range(10)}, {"main.py": b"new"}),
        # The room that one file left is another one's now.
        ({}, {"a.bin": b"A", "y.bin": b"Y" * 55000, "z.bin": b"new"}),
    ],
)
def test_a_revert_succeeds_on_full_flash(flash, everything, extras, new):
    files = {"main.py": b"old", "y.bin": b"y", "z.bin": b"z"}
    if extras:
        files["fill.bin"] = bytes(40000)
        flash.put(extras)
    else:
        files.update({"fill.bin": bytes(70000), "a.bin": b"a" * 60000})
    flash.adopt(everything, files)
    old = application(flash.tree())
    everything.put_all(new)
    assert flash.boot(delete_files_not_in_manifest_policy="all").reset
    assert (flash.state(), flash.app()) == ("confirm_pending", everything.tree())
    assert flash.call("revert_update").reset
    assert (flash.state(), flash.app()) == ("idle", old)


def test_a_partial_file_counts_as_space(flash, everything):
    """The update is not refused for want of the room that its own first part takes."""
    flash.options.update(resume_downloads=True, download_retries=0)
    flash.adopt(everything, {"main.py": b"old"})
    flash.fill("fill", 100000)
    everything.put("big.bin", BIG, 2000)
    with Cutter(everything.url, after=80000, path="/big.bin", times=1) as cutter:
        flash.options["base_file_url"] = cutter.url
        assert flash.boot().code == "download_failed"
        flash.waits()
        assert flash.boot().code is None
        assert cutter.exchanges[-1].status == 206
    assert flash.app()["big.bin"] == BIG


def test_a_backup_of_many_files_in_one_folder_is_removed(device, release):
    device.adopt(release, {"main.py": b"old"})
    device.put({f"many/{number:05}_extra.txt": b"" for number in range(2000)})
    release.put("main.py", b"new", 2000)
    device.flags = ["-X", "heapsize=96k"]
    boot = device.boot(delete_files_not_in_manifest_policy="all", progress_callback=None)
    assert (boot.reset, boot.code) == (True, None)
    assert device.call("confirm_update", True).value is True
    assert device.tree().keys() == {"main.py", "versions.json", "ota_state.txt"}


@pytest.mark.parametrize("others", [10, 10_000])
def test_memory_does_not_grow_with_the_manifest(device, release, others):
    """The same small heap for a signed manifest of a few files and of thousands."""
    files = [entry(f"lib/module_{number:05}.py", b"", 1) for number in range(others)]
    for version in (1, 2):
        release.put("main.py", b"%d" % version, version)
        made = {"version": version, "files": [*files, entry("main.py", b"%d" % version, version)]}
        release.manifest = json.dumps({**made, "signature": sign(made, "key")})
        if version == 1:
            device.put({"versions.json": release.manifest.encode(), "main.py": b"1"})
    device.flags = ["-X", "heapsize=64k"]
    boot = device.boot(manifest_auth_key="key", progress_callback=None)
    assert (boot.reset, boot.code) == (True, None), boot.message
    assert device.tree()["main.py"] == b"2"
    assert device.manifest() == json.loads(release.manifest)
