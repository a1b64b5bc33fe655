"""Resumed downloads on real littlefs and FAT: power cuts, a full flash, what is told meanwhile."""

import time

import pytest
from hostile.attack import APPLY, DOWNLOAD, NEW
from hostile.server import HostileServer
from images import FILE_SYSTEMS, ImageDevice, cuts
from network.resuming import Origin, Resume, broken, rest, whole
from support import OFFLINE, noise

LARGE = noise(41_234)
OTHER = LARGE[::-1][:30_001]
PATH = "lib/util.py"
FILES = {"lib/added.py": OTHER, PATH: LARGE, "main.py": NEW["main.py"]}
CUT = 20_011
# What a power cut may lose of the partial file.
SYNC = 16384
CUTS = 5


@pytest.fixture(params=FILE_SYSTEMS)
def resume(request, tmp_path, micropython, dist):
    """A device that resumes, with an old release; the new one is FILES."""
    with HostileServer() as server:
        flash = ImageDevice(tmp_path / "flash", micropython, dist, request.param)
        made = Resume(flash, server)
        made.release(FILES)
        yield made


def app(resume):
    """The tree without the updater's own files."""
    return resume.device.app()


def interrupt(resume, at=CUT):
    """The download of PATH breaks off; what came of it stays."""
    resume.serve(broken(at, whole(content=LARGE)))
    resume.breaks(DOWNLOAD, partial=LARGE[:at])
    resume.serve(Origin(resume.server, content=LARGE))


# -- a power cut while the body comes --


def power_cut(resume, answer, received):
    """The power is cut when the device has got so much of the answer's body, and written what it
    writes of that."""
    image = resume.device.path

    def wait():
        quiet, last = 0, None
        while quiet < 4:
            now = image.stat().st_mtime_ns
            quiet, last = (quiet + 1 if now == last else 0), now
            time.sleep(0.03)

    resume.loses_power(answer, received, wait)


def kept(resume, before, received):
    """The next boot undoes the update; of what was received, less than SYNC is missing. Returns the
    size of the partial file."""
    boot = resume.boot(**OFFLINE)
    assert (boot.code, boot.reset) == (None, True)
    assert (resume.device.state(), app(resume)) == ("idle", before)
    partial = resume.partial()
    assert received - SYNC < len(partial) <= received
    assert partial == LARGE[: len(partial)]
    resume.device.check_clusters()
    return len(partial)


@pytest.mark.parametrize("received", [1, SYNC - 1, SYNC + 700, 2 * SYNC, len(LARGE) - 1])
def test_a_download_resumes_after_a_power_loss(resume, received):
    before = app(resume)
    power_cut(resume, whole(content=LARGE), received)
    size = kept(resume, before, received)
    resume.serve(Origin(resume.server, content=LARGE))
    resume.arrives((f"bytes={size}-", '"v2"') if size else (None, None), files=FILES)
    resume.device.check_clusters()


def test_a_resumed_download_resumes_again_after_each_power_loss(resume):
    """And in that which resumes it."""
    before = app(resume)
    interrupt(resume, 4000)
    power_cut(resume, rest(first=4000, content=LARGE), 20_000)
    size = kept(resume, before, 24_000)
    power_cut(resume, rest(first=size, content=LARGE), 17_000)
    size = kept(resume, before, size + 17_000)
    resume.serve(Origin(resume.server, content=LARGE))
    resume.arrives((f"bytes={size}-", '"v2"'), files=FILES)


# -- power cuts at block writes --


def shorter_one(resume):
    """A short partial file of PATH is there, and the file before it breaks off further on."""
    interrupt(resume, 5000)
    target = "/f/lib/added.py"
    resume.serve(broken(9000, whole(content=OTHER)), whole(content=OTHER), target=target)


def complete(resume):
    """The partial file is all of the file."""
    interrupt(resume, len(LARGE) - 1)
    resume.serve(Origin(resume.server, content=LARGE))


def changed(resume):
    """The file on the server is another one by now."""
    interrupt(resume)
    other = LARGE[:-1] + b"!"
    resume.release({**FILES, PATH: other})
    resume.serve(Origin(resume.server, content=other, tag='"v3"'))


SCENES = [interrupt, shorter_one, complete, changed]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_power_loss_at_a_block_write_leaves_the_old_or_the_new_release(resume, scene):
    """Old before the network is back (or new, at the very end), new after it, whatever is cut."""
    device, server = resume.device, resume.server
    before = app(resume)
    scene(resume)
    answers = {path: list(those) for path, those in server._answers.items()}
    new = {**FILES, PATH: answers["/f/" + PATH][-1].content}

    def action():
        for path, those in answers.items():
            server.on(path, *those)
        return device.boot()

    for cut in cuts(device, action, CUTS):
        boot = device.boot(**OFFLINE)
        assert boot.status == 0, boot.log
        tree = app(resume)
        resume.device.check_clusters()
        if device.state() == "confirm_pending":
            assert {path: tree[path] for path in new} == new
            continue
        assert (device.state(), tree) == ("idle", before), f"cut at {cut}"
        for _ in range(2):
            resume.waits_if_it_failed()
            boot = device.boot()
            resume.device.check_clusters()
            if boot.code is None:
                break
        assert (boot.code, boot.reset) == (None, True), f"cut at {cut}: {boot.message}"
        resume.has_arrived(new)


@pytest.mark.parametrize("resume", ["fat"], indirect=True)
@pytest.mark.parametrize("longer", [False, True])
def test_no_power_loss_leaves_a_cluster_to_two_files(resume, longer):
    """Every cut point of a resumed update, in a root folder of several sectors, where a rename
    takes two writes. `longer`: the file before it breaks off, and has the longer one."""
    device = resume.device
    files = {"app.py": LARGE[:1500], "main.py": LARGE[2000:3500]}
    device.put({f"settings{number}.json": b"{}" for number in range(3)})
    resume.release(files)
    good = {f"/f/{path}": Origin(resume.server, content=data) for path, data in files.items()}
    resume.serve(broken(1100, whole(content=files["main.py"])), target="/f/main.py")
    resume.breaks(DOWNLOAD, partial=files["main.py"][:1100])
    before = app(resume)

    def action():
        for target, answer in good.items():
            resume.serve(answer, target=target)
        if longer:
            resume.serve(broken(1400, whole(content=files["app.py"])), target="/f/app.py")
        return device.boot()

    for cut in cuts(device, action):
        device.boot(**OFFLINE)
        resume.device.check_clusters()
        if device.state() == "idle":
            assert app(resume) == before, f"cut at {cut}"
            resume.serve(good["/f/app.py"], target="/f/app.py")
            resume.waits_if_it_failed()
            assert device.boot().reset
            resume.device.check_clusters()
        tree = app(resume)
        assert {path: tree[path] for path in files} == files, f"cut at {cut}"
    assert resume.partial() == (files["app.py"][:1400] if longer else None)


# -- a full flash --


@pytest.mark.parametrize("room", [18_000, 29_000])
def test_a_partial_file_is_given_up_where_no_space_is_left_for_the_rest(resume, room):
    """The partial file is given up, as it may be what takes the room; the device is as it was."""
    interrupt(resume, 12_000)
    # With this one not due, PATH is the first that is fetched.
    resume.release({PATH: LARGE})
    resume.serve(Origin(resume.server, content=LARGE))
    resume.device.leave(room)
    before = app(resume)
    boot = resume.boot()
    assert (boot.code, boot.reset) == (APPLY, True)
    assert boot.message == f"writing {PATH}: OSError: [Errno 28] ENOSPC"
    assert (resume.device.state(), app(resume)) == ("idle", before)
    resume.has_no_partial()
    resume.device.check_clusters()
    resume.device.waits()
    resume.device.remove("filler.bin")
    resume.arrives((None, None), files={PATH: LARGE})
    resume.device.check_clusters()


# -- what is told --


def test_progress_of_a_resumed_download_starts_from_what_was_there(resume):
    """It starts from what was there, and knows the whole."""
    interrupt(resume)
    answer = rest(first=CUT, content=LARGE)
    head = answer.index(b"\r\n\r\n") + 4

    def slowly(peer):
        for start in range(0, 3):
            peer.send(answer[head + 5000 * start if start else 0 : head + 5000 * (start + 1)])
            peer.pause(0.6)
        peer.send(answer[head + 15_000 :])

    resume.serve(slowly)
    boot = resume.arrives(files=FILES)
    told = boot.named("download_progress")
    assert told and all(details.keys() == {"path", "received", "total"} for details in told)
    assert {(details["path"], details["total"]) for details in told} == {(PATH, len(LARGE))}
    received = [details["received"] for details in told]
    assert CUT < received[0] <= CUT + 15_000 and received == sorted(received)
    assert received[-1] <= len(LARGE)


def test_a_resumed_download_is_reported_once_like_any_other(resume):
    """As of any other: a file that was resumed is told once."""
    interrupt(resume)
    boot = resume.arrives(files=FILES)
    mine = [name for name, details in boot.events if details.get("path") == PATH]
    mine = [name for name in mine if name != "download_progress"]
    assert mine == ["file_update_start", "download_attempt", "file_update_done"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_small_chunks_resume_a_download_to_the_same_bytes(resume, size):
    resume.device.options.update(io_chunk_size=size, md5_chunk_size=size)
    interrupt(resume, 3001)
    resume.arrives(("bytes=3001-", '"v2"'), files=FILES)


def test_a_download_resumes_without_a_timeout(resume):
    resume.device.options["http_timeout_s"] = None
    interrupt(resume)
    resume.arrives((f"bytes={CUT}-", '"v2"'), files=FILES)


def test_a_raising_callback_does_not_stop_a_download_from_resuming(resume):
    """At each event of the attempt that breaks off, and of the one that goes on."""
    source = """
def callback(name, details):
    say(event=name, details=details)
    raise ValueError("from the callback")
call(make(progress_callback=callback), "check_and_perform_ota")
"""
    resume.serve(broken(CUT, whole(content=LARGE)))
    boot = resume.device.execute(source)
    assert (boot.code, boot.reset, len(resume.partial())) == (DOWNLOAD, True, CUT)
    resume.device.waits()
    resume.serve(Origin(resume.server, content=LARGE))
    resume.server.heads.clear()
    boot = resume.device.execute(source)
    assert (boot.code, boot.reset) == (None, True)
    assert resume.asked() == [(f"bytes={CUT}-", '"v2"')]
    assert boot.log.count("from the callback") == len(boot.events)
    resume.has_arrived(FILES)
