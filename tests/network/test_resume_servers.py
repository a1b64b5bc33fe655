"""Downloads that are resumed, against nginx, Apache and the development server."""

import os

import pytest
from cutter import Cutter
from saguarota.py3utils import OTAManifestBuilder
from servers import Apache, Nginx
from support import Device, Release, noise

SIZE = 200000
CUT = 60000
# What a device may have received and not yet written when the connection is lost.
SLACK = 4096
OLD = {"big.dat": noise(SIZE), "main.py": b"old main"}
NEW = {"big.dat": noise(SIZE, seed=2), "main.py": b"new main"}
OPTIONS = {"resume_downloads": True, "download_retries": 0}


class Source:
    """A release behind a server, in which nothing changes for a device before publish()."""

    def __init__(self, folder, server):
        self.folder = folder
        self.server = server
        self._builder = OTAManifestBuilder(folder, allowed_extensions={".py", ".dat"})

    def put(self, path, content, version):
        file = self.folder / path
        file.write_bytes(content)
        os.utime(file, (version, version))
        return self

    def publish(self):
        """Make the manifest of what is there now."""
        if isinstance(self.server, Release):
            self.server.manifest = self._builder.generate_manifest()
        else:
            self._builder.write_manifest(self.folder / "versions.json")


@pytest.fixture(params=[Nginx, Apache, Release], ids=lambda kind: kind.__name__)
def source(tmp_path, serve, request):
    """A release with two files of version 1000."""
    folder = tmp_path / "release"
    folder.mkdir()
    source = Source(folder, serve(request.param, folder))
    source.put("big.dat", OLD["big.dat"], 1000).put("main.py", OLD["main.py"], 1000).publish()
    return source


@pytest.fixture
def cutter(source):
    """The way from the device to the server; cuts nothing yet."""
    with Cutter(source.server.url, path="/big.dat") as cutter:
        yield cutter


@pytest.fixture
def device(tmp_path, micropython, dist, cutter):
    """A device with version 1000, confirmed."""
    device = Device(tmp_path / "flash", micropython, dist)
    device.options.update(manifest_url=cutter.url + "versions.json", base_file_url=cutter.url)
    device.options.update(OPTIONS)
    assert device.boot().reset
    assert device.call("confirm_update", True).value is True
    cutter.exchanges.clear()
    return device


def offer(source):
    """The next release; main.py is behind the file that is cut."""
    source.put("big.dat", NEW["big.dat"], 2000).put("main.py", NEW["main.py"], 2000).publish()


def loses(device, cutter, after=CUT):
    """A boot whose download is cut: the old tree is back, and the release waits."""
    before = device.app()
    cutter.after = after
    boot = device.boot()
    assert (boot.code, boot.reset) == ("download_failed", True), boot.message
    assert "big.dat" in boot.message
    assert device.state() == "idle"
    assert device.app() == before
    assert cutter.exchanges[-1].cut
    cutter.after = None
    device.waits()
    cutter.exchanges.clear()


def succeeds(device, files):
    boot = device.boot()
    assert (boot.code, boot.message, boot.reset) == (None, None, True), boot.log
    assert device.state() == "confirm_pending"
    assert device.app() == files
    assert not [path for path in device.tree() if path.endswith((".prt", ".cut", ".res"))]
    return boot


def downloads(cutter):
    """What was said about the big file."""
    return [one for one in cutter.exchanges if one.path.endswith("/big.dat")]


def test_only_the_rest_of_an_interrupted_download_is_fetched(device, source, cutter):
    offer(source)
    loses(device, cutter)
    succeeds(device, NEW)
    (rest,) = downloads(cutter)
    first = int(rest.range[len("bytes=") : -1])
    assert CUT - SLACK <= first <= CUT
    assert rest.range == f"bytes={first}-"
    assert rest.if_range.startswith('"')
    assert rest.status == 206
    assert rest.content_range == f"bytes {first}-{SIZE - 1}/{SIZE}"
    assert rest.body == SIZE - first


def test_the_log_of_the_server_shows_that_only_the_rest_was_sent(device, source, cutter):
    """The same, as told by the one that sent it."""
    offer(source)
    loses(device, cutter)
    succeeds(device, NEW)
    if isinstance(source.server, Release):
        assert ("/ota/big.dat", 206) in [
            (path, status) for path, status, _ in source.server.requests
        ]
        return
    rest = source.server.log[-2]
    assert (rest.path, rest.status) == ("/big.dat", 206)
    assert rest.range and rest.if_range and rest.content_range.endswith(f"/{SIZE}")
    assert rest.sent < SIZE - CUT + SLACK


def test_without_the_option_the_whole_file_is_fetched(device, source, cutter):
    device.options["resume_downloads"] = False
    offer(source)
    loses(device, cutter)
    succeeds(device, NEW)
    (whole,) = downloads(cutter)
    assert (whole.range, whole.if_range, whole.status, whole.body) == (None, None, 200, SIZE)


def test_each_boot_resumes_where_the_one_before_was_interrupted(device, source, cutter):
    """Each goes on where the one before it was lost."""
    offer(source)
    for _ in range(3):
        loses(device, cutter)
    succeeds(device, NEW)
    (rest,) = downloads(cutter)
    received = SIZE - rest.body
    assert 3 * (CUT - SLACK) <= received <= 3 * CUT


def test_each_retry_within_a_boot_resumes_the_download(device, source, cutter):
    offer(source)
    cutter.after, cutter.times = CUT, 3
    device.options["download_retries"] = 3
    boot = succeeds(device, NEW)
    assert len(boot.named("download_retry")) == 3
    assert [one.status for one in downloads(cutter)] == [200, 206, 206, 206]
    assert sum(one.body for one in downloads(cutter)) < SIZE + 3 * SLACK


def test_a_download_interrupted_before_its_first_byte_is_fetched_whole(device, source, cutter):
    """There is nothing to go on from."""
    offer(source)
    loses(device, cutter, after=0)
    succeeds(device, NEW)
    (whole,) = downloads(cutter)
    assert (whole.status, whole.body) == (200, SIZE)


@pytest.mark.parametrize(
    "size", [SIZE, SIZE // 2, CUT // 2], ids=["same", "shorter", "shorter than the part"]
)
def test_a_partial_download_is_not_spliced_into_another_release(device, source, cutter, size):
    offer(source)
    loses(device, cutter)
    newest = noise(SIZE, 3)[:size]
    source.put("big.dat", newest, 3000).publish()
    succeeds(device, {"big.dat": newest, "main.py": NEW["main.py"]})
    (whole,) = downloads(cutter)
    assert (whole.range, whole.status, whole.body) == (None, 200, size)


@pytest.mark.parametrize("size", [SIZE, SIZE // 2], ids=["same", "shorter"])
def test_a_resumed_file_that_differs_from_the_manifest_is_refused(device, source, cutter, size):
    """If-Range tells, and the MD5 has the last word."""
    offer(source)
    loses(device, cutter)
    before = device.app()
    source.put("big.dat", noise(SIZE, 3)[:size], 3000)
    boot = device.boot()
    assert (boot.code, boot.reset) == ("md5_mismatch", True), boot.message
    assert "big.dat" in boot.message
    assert device.state() == "idle"
    assert device.app() == before
    assert downloads(cutter)[0].if_range
    assert {one.status for one in downloads(cutter)} == {200}


def test_a_file_changed_under_the_same_tag_is_fetched_whole_at_once(device, source, cutter):
    """Length and time are the same, so that nothing but the MD5 tells: fetched whole, at once."""
    offer(source)
    source.put("big.dat", noise(SIZE, 3), 2000)
    loses(device, cutter)
    source.put("big.dat", NEW["big.dat"], 2000)
    succeeds(device, NEW)
    assert [one.status for one in downloads(cutter)] == [206, 200]


def test_a_rewritten_file_with_the_same_bytes_is_fetched_whole(device, source, cutter):
    """The same bytes, but who would know: all of them are sent."""
    offer(source)
    loses(device, cutter)
    source.put("big.dat", NEW["big.dat"], 2001)
    succeeds(device, NEW)
    (whole,) = downloads(cutter)
    assert whole.range and whole.if_range
    assert (whole.status, whole.body) == (200, SIZE)


def test_the_partial_download_of_a_withdrawn_release_is_never_used(device, source, cutter):
    """The old release again: nothing is due, nothing is asked for, nothing is in the way later."""
    offer(source)
    loses(device, cutter)
    source.put("big.dat", OLD["big.dat"], 1000).put("main.py", OLD["main.py"], 1000).publish()
    boot = device.boot()
    assert (boot.code, boot.reset) == (None, False)
    assert device.app() == OLD
    source.put("big.dat", noise(SIZE, 4), 4000).put("main.py", b"newest", 4000).publish()
    succeeds(device, {"big.dat": noise(SIZE, 4), "main.py": b"newest"})
    assert downloads(cutter)[-1].body == SIZE
