"""Power cuts in downloads that may be resumed."""

import time

import pytest
from hostile.attack import MD5
from network.resuming import (
    BIG,
    CUT,
    OTHER,
    PARTIAL,
    REST,
    TARGET,
    WHOLE,
    Origin,
    rest,
    whole,
)

# Seconds that a device has for a few kilobytes, with air for a machine under load.
LIMIT_S = 20


def power_cut(resume, answer, size):
    """The power is cut when the answer has come as far as makes the partial file have `size`
    bytes."""
    file = resume.device.folder / PARTIAL

    def wait():
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end and not (file.exists() and file.stat().st_size >= size):
            time.sleep(0.01)

    resume.loses_power(answer, size - (file.stat().st_size if b" 206 " in answer else 0), wait)
    assert len(resume.partial()) == size


def recovers(resume, before, partial):
    """The boot after the power cut undoes the update; the partial file is still there."""
    boot = resume.boot()
    assert (boot.code, boot.reset) == (None, True)
    assert (resume.device.state(), resume.app()) == ("idle", before)
    assert resume.asked() == []
    assert resume.partial() == partial


@pytest.mark.parametrize("size", [1, 700, CUT, len(BIG) - 1])
def test_a_download_resumes_after_a_power_loss(resume, size):
    before = resume.app()
    power_cut(resume, whole(), size)
    recovers(resume, before, BIG[:size])
    resume.serve(Origin(resume.server))
    resume.arrives((f"bytes={size}-", '"v2"'))


def test_a_resumed_download_resumes_again_after_a_power_loss(resume):
    before = resume.interrupted().app()
    power_cut(resume, rest(), 4000)
    assert resume.asked() == [REST]
    recovers(resume, before, BIG[:4000])
    resume.serve(Origin(resume.server))
    resume.arrives(("bytes=4000-", '"v2"'))


def test_wrong_bytes_of_before_a_power_loss_are_never_installed(resume):
    """The MD5 tells in the end."""
    before = resume.app()
    power_cut(resume, whole(content=OTHER), CUT)
    recovers(resume, before, OTHER[:CUT])
    resume.serve(rest(), whole(content=OTHER), whole())
    resume.breaks(MD5)
    assert resume.asked() == [REST, WHOLE]
    resume.arrives(WHOLE)


def test_a_power_loss_at_any_event_leaves_the_old_release_or_the_new(resume):
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
