"""Resumed downloads on real littlefs and FAT: power cuts, a full flash, what is told meanwhile."""

import hashlib
import os
import signal
import time

import pytest
from fat import shared
from hostile.attack import APPLY, DOWNLOAD, NEW
from hostile.server import HostileServer
from images import FILE_SYSTEMS, ImageDevice, count_writes
from network.resuming import Origin, Resume, broken, rest, whole
from support import application

# No two places in it are alike.
LARGE = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(1300))[:41_234]
OTHER = LARGE[::-1][:30_001]
PATH = "lib/util.py"
FILES = {"lib/added.py": OTHER, PATH: LARGE, "main.py": NEW["main.py"]}
CUT = 20_011
# What a power cut may lose of the part.
SYNC = 16384
CUTS = 5
NO_NETWORK = {"manifest_url": "http://127.0.0.1:9/none"}
# A cut while FatFs removes a long name may leave its short one.
SHORT = ("SAGUAR~", "VERSIO~", "OTA_ST~")


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
    tree = application(resume.device.tree())
    return {path: data for path, data in tree.items() if not path.startswith(SHORT)}


def sound(resume):
    """No cluster belongs to two files."""
    if resume.device.image[2] == "fat":
        assert shared(resume.device.path.read_bytes()) == set()


def interrupt(resume, at=CUT):
    """The download of PATH breaks off; what came of it stays."""
    resume.serve(broken(at, whole(content=LARGE)))
    resume.breaks(DOWNLOAD, part=LARGE[:at])
    resume.serve(Origin(resume.server, content=LARGE))


# -- a power cut while the body comes --


@pytest.fixture
def power_cut(resume, tmp_path):
    """Call it as power_cut(answer, most): the device is killed when it has got the answer as far as
    the first `most` bytes of its body, and waits for more."""
    pid = tmp_path / "pid"
    source = f"import os\nos.system('echo $PPID >{pid}')\ncall(make(), 'check_and_perform_ota')"
    image = resume.device.path

    def cut(answer, most):
        def send(peer):
            peer.send(answer[: answer.index(b"\r\n\r\n") + 4 + most])
            # Until the device has nothing more to write.
            quiet, last = 0, None
            while quiet < 4:
                now = image.stat().st_mtime_ns
                quiet, last = (quiet + 1 if now == last else 0), now
                time.sleep(0.03)
            os.kill(int(pid.read_text()), signal.SIGKILL)
            peer.close()

        resume.serve(send)
        boot = resume.device.execute(source)
        assert boot.killed and not boot.calls, boot.log
        assert resume.device.state() == "installing"

    return cut


def kept(resume, before, received):
    """The next boot undoes the update; of what was received, less than SYNC is missing. Returns the
    size of the part."""
    boot = resume.boot(**NO_NETWORK)
    assert (boot.code, boot.reset) == (None, True)
    assert (resume.device.state(), app(resume)) == ("idle", before)
    part = resume.part()
    assert received - SYNC < len(part) <= received
    assert part == LARGE[: len(part)]
    sound(resume)
    return len(part)


@pytest.mark.parametrize("received", [1, SYNC - 1, SYNC + 700, 2 * SYNC, len(LARGE) - 1])
def test_a_cut_in_the_download(resume, power_cut, received):
    before = app(resume)
    power_cut(whole(content=LARGE), received)
    size = kept(resume, before, received)
    resume.serve(Origin(resume.server, content=LARGE))
    resume.arrives((f"bytes={size}-", '"v2"') if size else (None, None), files=FILES)
    sound(resume)


def test_a_cut_in_what_was_resumed(resume, power_cut):
    """And in that which resumes it."""
    before = app(resume)
    interrupt(resume, 4000)
    power_cut(rest(first=4000, content=LARGE), 20_000)
    size = kept(resume, before, 24_000)
    power_cut(rest(first=size, content=LARGE), 17_000)
    size = kept(resume, before, size + 17_000)
    resume.serve(Origin(resume.server, content=LARGE))
    resume.arrives((f"bytes={size}-", '"v2"'), files=FILES)


# -- power cuts at block writes --


def shorter_one(resume):
    """A short part of PATH is there, and the file before it breaks off further on."""
    interrupt(resume, 5000)
    target = "/f/lib/added.py"
    resume.serve(broken(9000, whole(content=OTHER)), whole(content=OTHER), target=target)


def complete(resume):
    """The part is all of the file."""
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
def test_cuts_at_block_writes(resume, scene):
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

    image = device.path.read_bytes()
    writes = count_writes(device, action)
    assert writes > 4 * CUTS
    for cut in range(0, writes, writes // CUTS):
        device.path.write_bytes(image)
        device.writes_left = cut
        assert action().killed
        device.writes_left = None
        boot = device.boot(**NO_NETWORK)
        assert boot.status == 0, boot.log
        tree = app(resume)
        sound(resume)
        if device.state() == "confirm_pending":
            assert {path: tree[path] for path in new} == new
            continue
        assert (device.state(), tree) == ("idle", before), f"cut at {cut} of {writes}"
        for _ in range(2):
            boot = device.boot()
            sound(resume)
            if boot.code is None:
                break
        assert (boot.code, boot.reset) == (None, True), f"cut at {cut} of {writes}: {boot.message}"
        resume.has_arrived(new)


@pytest.mark.parametrize("resume", ["fat"], indirect=True)
@pytest.mark.parametrize("longer", [False, True])
def test_no_cut_leaves_a_cluster_to_two_files(resume, longer):
    """Every cut point of a resumed update, in a root folder of several sectors, where a rename
    takes two writes. `longer`: the file before it breaks off, and has the longer part."""
    device = resume.device
    files = {"app.py": LARGE[:1500], "main.py": LARGE[2000:3500]}
    device.put({f"settings{number}.json": b"{}" for number in range(3)})
    resume.release(files)
    good = {f"/f/{path}": Origin(resume.server, content=data) for path, data in files.items()}
    resume.serve(broken(1100, whole(content=files["main.py"])), target="/f/main.py")
    resume.breaks(DOWNLOAD, part=files["main.py"][:1100])
    before = app(resume)
    image = device.path.read_bytes()
    for cut in range(1000):
        for target, answer in good.items():
            resume.serve(answer, target=target)
        if longer:
            resume.serve(broken(1400, whole(content=files["app.py"])), target="/f/app.py")
        device.path.write_bytes(image)
        device.writes_left = cut
        killed = device.boot().killed
        device.writes_left = None
        if not killed:
            break
        device.boot(**NO_NETWORK)
        sound(resume)
        if device.state() == "idle":
            assert app(resume) == before, f"cut at {cut}"
            resume.serve(good["/f/app.py"], target="/f/app.py")
            assert device.boot().reset
            sound(resume)
        tree = app(resume)
        assert {path: tree[path] for path in files} == files, f"cut at {cut}"
    assert not killed and cut > 20
    assert resume.part() == (files["app.py"][:1400] if longer else None)


# -- a full flash --


def fill(resume, leave):
    """Leave about so many bytes free."""
    said = resume.device.execute("s = os.statvfs('.')\nsay(free=s[0] * s[3])").said
    resume.device.fill("filler", said[0]["free"] - leave)


@pytest.mark.parametrize("leave", [18_000, 29_000])
def test_no_room_for_the_rest(resume, leave):
    """The part is given up, as it may be what takes the room; the device is as it was."""
    interrupt(resume, 12_000)
    # With this one not due, PATH is the first that is fetched.
    resume.release({PATH: LARGE})
    resume.serve(Origin(resume.server, content=LARGE))
    fill(resume, leave)
    before = app(resume)
    boot = resume.boot()
    assert (boot.code, boot.reset) == (APPLY, True)
    assert boot.message == f"writing {PATH}: OSError: [Errno 28] ENOSPC"
    assert (resume.device.state(), app(resume)) == ("idle", before)
    resume.has_no_part()
    sound(resume)
    resume.device.remove("filler")
    resume.arrives((None, None), files={PATH: LARGE})
    sound(resume)


# -- what is told --


def test_progress_of_a_resumed_download(resume):
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


def test_events_of_a_resumed_download(resume):
    """As of any other: a file that was resumed is told once."""
    interrupt(resume)
    boot = resume.arrives(files=FILES)
    mine = [name for name, details in boot.events if details.get("path") == PATH]
    mine = [name for name in mine if name != "download_progress"]
    assert mine == ["file_update_start", "download_attempt", "file_update_done"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_chunk_sizes(resume, size):
    resume.device.options.update(io_chunk_size=size, md5_chunk_size=size)
    interrupt(resume, 3001)
    resume.arrives(("bytes=3001-", '"v2"'), files=FILES)


def test_no_timeout(resume):
    resume.device.options["http_timeout_s"] = None
    interrupt(resume)
    resume.arrives((f"bytes={CUT}-", '"v2"'), files=FILES)


def test_a_callback_that_raises(resume):
    """At each event of the attempt that breaks off, and of the one that goes on."""
    source = """
def callback(name, details):
    say(event=name, details=details)
    raise ValueError("from the callback")
call(make(progress_callback=callback), "check_and_perform_ota")
"""
    resume.serve(broken(CUT, whole(content=LARGE)))
    boot = resume.device.execute(source)
    assert (boot.code, boot.reset, len(resume.part())) == (DOWNLOAD, True, CUT)
    resume.serve(Origin(resume.server, content=LARGE))
    resume.server.heads.clear()
    boot = resume.device.execute(source)
    assert (boot.code, boot.reset) == (None, True)
    assert resume.asked() == [(f"bytes={CUT}-", '"v2"')]
    assert boot.log.count("from the callback") == len(boot.events)
    resume.has_arrived(FILES)
