"""Power cuts in downloads that may be resumed."""

import os
import signal
import time

import pytest
from hostile.attack import MD5
from network.resuming import (
    BIG,
    CUT,
    OTHER,
    PART,
    REST,
    TARGET,
    WHOLE,
    Origin,
    rest,
    whole,
)

# Seconds that a device has for a few kilobytes, with air for a machine under load.
LIMIT_S = 20


@pytest.fixture
def power_cut(resume, tmp_path):
    """Call it as power_cut(answer, size): the answer comes as far as makes the part file have
    `size` bytes; then the device is killed, in the middle of the download."""
    pid = tmp_path / "pid"
    part = resume.device.folder / PART
    source = f"import os\nos.system('echo $PPID >{pid}')\ncall(make(), 'check_and_perform_ota')"

    def cut(answer, size):
        def send(peer):
            head = answer.index(b"\r\n\r\n") + 4
            peer.send(answer[: head + size - (part.stat().st_size if b" 206 " in answer else 0)])
            end = time.monotonic() + LIMIT_S
            while time.monotonic() < end and not (part.exists() and part.stat().st_size >= size):
                time.sleep(0.01)
            os.kill(int(pid.read_text()), signal.SIGKILL)
            peer.close()

        resume.serve(send)
        resume.server.heads.clear()
        boot = resume.device.execute(source)
        assert boot.killed and not boot.calls, boot.log
        assert resume.device.state() == "installing"
        assert len(resume.part()) == size

    return cut


def recovers(resume, before, part):
    """The boot after the power cut undoes the update; the part is still there."""
    boot = resume.boot()
    assert (boot.code, boot.reset) == (None, True)
    assert (resume.device.state(), resume.app()) == ("idle", before)
    assert resume.asked() == []
    assert resume.part() == part


@pytest.mark.parametrize("size", [1, 700, CUT, len(BIG) - 1])
def test_in_the_first_download(resume, power_cut, size):
    before = resume.app()
    power_cut(whole(), size)
    recovers(resume, before, BIG[:size])
    resume.serve(Origin(resume.server))
    resume.arrives((f"bytes={size}-", '"v2"'))


def test_in_a_resumed_download(resume, power_cut):
    before = resume.interrupted().app()
    power_cut(rest(), 4000)
    assert resume.asked() == [REST]
    recovers(resume, before, BIG[:4000])
    resume.serve(Origin(resume.server))
    resume.arrives(("bytes=4000-", '"v2"'))


def test_what_came_before_it_was_wrong(resume, power_cut):
    """The MD5 tells in the end."""
    before = resume.app()
    power_cut(whole(content=OTHER), CUT)
    recovers(resume, before, OTHER[:CUT])
    resume.serve(rest(), whole(content=OTHER), whole())
    resume.breaks(MD5)
    assert resume.asked() == [REST, WHOLE]
    resume.arrives(WHOLE)


def test_at_each_event(resume):
    """Wherever it happens: the old files after it, no part of one file in another, and in the end
    the new files."""
    before = resume.interrupted().app()
    resume.serve(Origin(resume.server))
    states = []
    while "confirm_pending" not in states and len(states) < 30:
        assert resume.device.boot(kill_at=len(states)).killed
        states.append(resume.device.state())
        if states[-1] == "installing":
            undone = resume.boot()
            assert (undone.code, undone.reset, resume.app()) == (None, True, before)
    assert states.count("installing") > 4
    resume.has_arrived()
    assert resume.server.requests.count(TARGET) > 4
