"""The event download_progress: at most once a second while a download lasts, and none of a quick
one."""

import pytest
from hostile.attack import DOWNLOAD
from hostile.server import chunked, reply
from network.resuming import BIG, CUT, FILES, PATH, rest

# Seven pieces of a download of BIG, in a bit over a second.
PIECE = 1000
PAUSE_S = 0.17


def slowly(answer, pause=PAUSE_S):
    """An answer whose body comes in pieces."""
    head = answer.index(b"\r\n\r\n") + 4

    def send(peer):
        peer.send(answer[:head])
        for at in range(head, len(answer), PIECE):
            peer.send(answer[at : at + PIECE])
            peer.pause(pause)

    return send


def progress(boot, total, first=1, events=1):
    """Checks the events of BIG, and gives how many bytes they tell."""
    details = boot.named("download_progress")
    assert len(details) == events
    for one in details:
        assert one.keys() == {"path", "received", "total"}
        assert (one["path"], one["total"]) == (PATH, total)
    told = [one["received"] for one in details]
    assert told == sorted(set(told)) and first <= told[0] and told[-1] <= len(BIG)
    return told


@pytest.mark.parametrize("resumes", [False, True])
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_slow_download_reports_its_progress(resume, framing, resumes):
    pieces = [BIG[at : at + PIECE] for at in range(0, len(BIG), PIECE)]
    answer = reply(BIG) if framing == "length" else chunked(*pieces)
    resume.serve(slowly(answer))
    boot = resume.arrives(resume_downloads=resumes)
    progress(boot, len(BIG) if framing == "length" else None)
    names = [name for name, details in boot.events if details.get("path") == PATH]
    middle = [name for name in names if name == "download_progress"]
    assert names == ["file_update_start", "download_attempt", *middle, "file_update_done"]


def test_progress_is_reported_at_most_once_a_second(resume):
    resume.serve(slowly(reply(BIG), 2 * PAUSE_S))
    progress(resume.arrives(), len(BIG), events=2)


def test_progress_of_a_resumed_download_counts_the_earlier_bytes(resume):
    """What an earlier boot has brought counts."""
    resume.interrupted().serve(slowly(rest(), 2 * PAUSE_S))
    assert progress(resume.arrives(), len(BIG), CUT + 1)


def test_a_quick_download_reports_no_progress(resume):
    boot = resume.arrives()
    assert boot.named("download_progress") == []
    assert boot.updated == sorted(FILES)


def test_a_slow_download_in_http_fs_mode_reports_its_progress(resume):
    resume.server.on("/f/", reply(b'<a href="lib/">lib</a>'))
    resume.server.on("/f/lib/", reply(b'<a href="util.py">util</a>'))
    resume.serve(slowly(reply(BIG)))
    progress(resume.arrives(files={PATH: BIG}, recurse_http_fs=True), len(BIG))


def test_a_slow_download_succeeds_without_a_progress_callback(resume):
    """Without a callback a slow download is none the worse."""
    resume.serve(slowly(reply(BIG)))
    assert resume.arrives(progress_callback=None).events == []


def test_a_download_that_fails_reports_its_progress(resume):
    """A watchdog is fed as long as bytes come, whatever comes of them."""

    def cut(peer):
        slowly(reply(BIG, length=len(BIG) + 1))(peer)
        peer.close()

    resume.serve(cut)
    boot = resume.boot()
    assert boot.code == DOWNLOAD
    progress(boot, len(BIG) + 1)
