"""A download that broke off goes on at the next boot, whatever the server says to that."""

import pytest
from hostile.attack import DOWNLOAD, MD5
from hostile.server import HostileServer, reply
from network.resuming import (
    BIG,
    CUT,
    DATE,
    DATED,
    OTHER,
    PATH,
    RANGE,
    REST,
    TAGGED,
    WHOLE,
    Origin,
    broken,
    rest,
    whole,
)

END = len(BIG) - 1
SIZE = len(BIG)


# -- 206 and 200: one request is enough --


def in_chunks(answer):
    """The same response with a chunked body."""
    head, body = answer.split(b"\r\n\r\n", 1)
    fields = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    chunks = [body[at : at + 700] for at in range(0, len(body), 700)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])
    return b"\r\n".join([*fields, b"Transfer-Encoding: chunked", b"", body])


def until_close(answer):
    """The same response of a server that closes the connection after the body."""
    lines = answer.split(b"\r\n")

    def send(peer):
        peer.send(b"\r\n".join(line for line in lines if not line.startswith(b"Content-Length")))
        peer.close()

    return send


ENOUGH = {
    "206": rest(),
    "206 in chunks": in_chunks(rest()),
    "206 of an unknown total": rest(content_range=f"bytes {CUT}-{END}/*"),
    "206 in chunks of an unknown total": in_chunks(rest(content_range=f"bytes {CUT}-{END}/*")),
    "206 without a validator": rest("Server: x"),
    "206 with the unit in capitals": rest(content_range=f"BYTES {CUT}-{END}/{SIZE}"),
    "200": whole(),
    "200 with another tag": whole('ETag: "v3"'),
    "200 without a validator": whole("Server: x"),
    "200 in chunks": in_chunks(whole()),
    "200 with a range": whole(f"Content-Range: bytes {CUT}-{END}/{SIZE}"),
    "200 until the connection closes": until_close(whole()),
}


@pytest.mark.parametrize("case", ENOUGH)
def test_a_valid_200_or_206_completes_a_download_in_one_request(resume, case):
    resume.interrupted().serve(ENOUGH[case])
    resume.arrives(REST)


def test_a_first_download_asks_for_no_range(resume):
    resume.arrives(WHOLE)
    assert resume.asked("/f/main.py") == [WHOLE]


def test_only_the_rest_is_sent(resume):
    resume.serve(Origin(resume.server, CUT))
    resume.breaks(partial=BIG[:CUT])
    before = resume.server.sent
    boot = resume.arrives(REST)
    others = 2000  # the manifest, main.py, and heads
    assert SIZE - CUT < resume.server.sent - before < SIZE - CUT + others
    assert [details["attempt"] for details in boot.named("download_attempt")] == [1, 1]


def test_a_206_without_a_length_still_ends_in_the_right_file(resume):
    """Whether the rest is all there, the MD5 tells."""
    resume.interrupted().serve(until_close(rest()), whole())
    resume.arrives()
    assert resume.asked() in ([REST], [REST, WHOLE])


# -- anything else: the file is fetched whole within the same attempt --

ODD = {
    "416": reply(b"no", "416 Range Not Satisfiable", f"Content-Range: bytes */{SIZE}"),
    "416 of a shorter file": reply(b"no", "416 No", f"Content-Range: bytes */{CUT}"),
    "416 without a word": reply(b"", "416 No"),
    "206 from the start": rest(first=0),
    "206 from one byte before": rest(first=CUT - 1),
    "206 from one byte behind": rest(first=CUT + 1),
    "206 with too long a range": rest(content_range=f"bytes {CUT}-{END + 1}/{SIZE + 1}"),
    "206 with too short a range": rest(content_range=f"bytes {CUT}-{END - 1}/{SIZE - 1}"),
    "206 of a part": rest(content_range=f"bytes {CUT}-{END}/{SIZE + 1}"),
    "206 beyond the end": rest(content_range=f"bytes {CUT}-{END}/{END}"),
    "206 in another unit": rest(content_range=f"lines {CUT}-{END}/{SIZE}"),
    "206 with a sign": rest(content_range=f"bytes +{CUT}-{END}/{SIZE}"),
    "206 modulo 2**32": rest(content_range=f"bytes {2**32 + CUT}-{2**32 + END}/{2**32 + SIZE}"),
    "206 without a range": reply(BIG[CUT:], "206 Partial Content", TAGGED),
    "206 with two ranges": rest(TAGGED, f"Content-Range: bytes {CUT}-{END}/{SIZE}"),
    "206 without a satisfied range": rest(content_range=f"bytes */{SIZE}"),
    "206 in parts": reply(
        f"--x\r\nContent-Range: bytes {CUT}-{END}/{SIZE}\r\n\r\n".encode() + BIG[CUT:] + b"--x--",
        *("206 Partial Content", TAGGED, "Content-Type: multipart/byteranges; boundary=x"),
    ),
    # The file has changed, and the server does not know If-Range.
    "206 with another tag": rest('ETag: "v3"'),
    "206 with a date only": rest(DATED, content=OTHER),
    "206 with other bytes": rest(content=OTHER),
    "206 with other bytes and no validator": rest("Server: x", content=OTHER),
    "206 with a byte too many": rest(content=BIG + b"\n"),
    "206 in chunks with other bytes": in_chunks(rest(content=OTHER)),
}


@pytest.mark.parametrize("case", ODD)
def test_an_invalid_answer_to_a_range_leads_to_a_whole_download_at_once(resume, case):
    resume.interrupted().serve(ODD[case], whole())
    boot = resume.arrives(REST, WHOLE)
    assert not boot.named("download_retry")


@pytest.mark.parametrize("case", ODD)
def test_a_repeated_invalid_answer_ends_the_attempt_and_changes_nothing(resume, case):
    """A server that never says anything else: no loop, no file, and the next boot starts anew."""
    resume.interrupted().serve(ODD[case])
    before = resume.app()
    boot = resume.boot()
    assert boot.code in (DOWNLOAD, MD5) and boot.reset
    assert resume.asked() == [REST, WHOLE]
    assert (resume.device.state(), resume.app()) == ("idle", before)
    resume.device.waits()
    resume.serve(whole())
    resume.arrives(WHOLE)


def test_a_wrong_whole_download_after_a_wrong_rest_leaves_nothing(resume):
    """Nothing of it is kept."""
    resume.interrupted().serve(rest(content=OTHER), whole(content=OTHER))
    boot = resume.breaks(MD5)
    assert PATH in boot.message
    resume.serve(Origin(resume.server))
    resume.arrives(WHOLE)


def test_a_complete_download_with_the_wrong_md5_is_not_resumed(resume):
    resume.serve(whole(content=OTHER))
    resume.breaks(MD5)
    resume.serve(Origin(resume.server))
    resume.arrives(WHOLE)


def test_an_interrupted_whole_download_replaces_the_earlier_partial_one(resume):
    """The next part is one of the second request."""
    resume.interrupted().serve(rest(first=CUT + 1), broken(3002, whole('ETag: "v3"')))
    resume.breaks(partial=BIG[:3002])
    resume.serve(rest('ETag: "v3"', first=3002))
    resume.arrives(("bytes=3002-", '"v3"'))


def test_a_206_to_a_request_without_a_range_is_refused(resume):
    resume.serve(rest(first=0))
    boot = resume.breaks()
    assert "206" in boot.message
    assert resume.asked() == [WHOLE]


# -- validators --


VALIDATORS = {
    "tag, then date": ([TAGGED, DATED], '"v2"'),
    "date, then tag": ([DATED, TAGGED], '"v2"'),
    "empty tag": (['ETag: ""'], '""'),
    "date": ([DATED], DATE),
    "weak tag and date": (['ETag: W/"v2"', DATED], DATE),
    "weak tag": (['ETag: W/"v2"'], None),
    "tag without quotes": (["ETag: v2"], None),
    "no real date": (["Last-Modified: yesterday"], None),
    "two tags": ([TAGGED, 'ETag: "v3"', DATED], None),
    "none": (["Server: x"], None),
}


@pytest.mark.parametrize("case", VALIDATORS)
def test_if_range_is_a_strong_etag_or_else_the_date_or_else_missing(resume, case):
    fields, condition = VALIDATORS[case]
    resume.interrupted(*fields).serve(rest(*fields))
    resume.arrives((RANGE, condition))


def test_a_changed_file_without_a_validator_is_detected_by_its_md5(resume):
    """The MD5 decides."""
    resume.interrupted("Server: x").serve(rest("Server: x", content=OTHER), whole())
    resume.arrives((RANGE, None), WHOLE)


# -- broken off again and again --


def test_a_retry_within_one_boot_resumes_the_download(resume):
    resume.serve(Origin(resume.server, CUT))
    boot = resume.arrives(WHOLE, REST, download_retries=1)
    attempts = [details["attempt"] for details in boot.named("download_attempt")]
    assert attempts == [1, 2, 1]
    assert len(boot.named("download_retry")) == 1


def test_each_attempt_resumes_where_the_last_one_ended(resume):
    resume.serve(Origin(resume.server, *[1000] * 6))
    starts = [(f"bytes={number}000-", '"v2"') for number in range(1, 7)]
    resume.arrives(WHOLE, *starts, download_retries=6)


def test_each_boot_resumes_where_the_last_one_ended(resume):
    resume.serve(Origin(resume.server, *[1000] * 6))
    for number in range(1, 7):
        resume.breaks(partial=BIG[: number * 1000])
    resume.arrives(("bytes=6000-", '"v2"'))


@pytest.mark.parametrize("at", [1, 511, 512, 513, 4096, END])
def test_a_download_resumes_from_any_byte(resume, at):
    resume.serve(Origin(resume.server, at))
    resume.breaks(partial=BIG[:at])
    resume.arrives((f"bytes={at}-", '"v2"'))


def test_a_download_interrupted_before_its_first_byte_starts_anew(resume):
    resume.serve(broken(0), whole())
    assert resume.boot().code == DOWNLOAD
    resume.device.waits()
    resume.arrives(WHOLE)


@pytest.mark.parametrize(
    "failure",
    [
        reply(b"busy", "503 Service Unavailable"),
        reply(b"gone", "404 Not Found"),
        broken(0, rest()),
        lambda peer: peer.close(),
        lambda peer: peer.reset(),
        lambda peer: peer.stall(),
        b"nonsense\r\n",
    ],
    ids=["503", "404", "no byte", "close", "reset", "stall", "nonsense"],
)
def test_a_failed_request_preserves_the_partial_download(resume, failure):
    resume.interrupted().serve(failure)
    resume.breaks(partial=BIG[:CUT], http_timeout_s=0.3)
    assert set(resume.asked()) == {REST}
    resume.serve(rest())
    resume.arrives(REST)


@pytest.mark.parametrize("end", ["stall", "reset"])
def test_a_download_that_stalls_or_is_reset_is_resumed(resume, end):
    """After a reset the device may not even have read what had arrived."""

    def send(peer):
        peer.send(whole()[: -(SIZE - CUT)])
        peer.pause(0.2)
        getattr(peer, end)()

    resume.serve(send)
    before = resume.app()
    assert resume.boot(http_timeout_s=0.5).code == DOWNLOAD
    assert resume.app() == before
    left = len(resume.partial())
    assert 0 < left <= CUT
    resume.device.waits()
    resume.serve(Origin(resume.server))
    resume.arrives((f"bytes={left}-", '"v2"'))


# -- where the file is --


@pytest.mark.parametrize("host", ["same", "other"])
def test_a_redirected_download_is_resumed_behind_its_redirect(resume, host):
    """The part belongs to the URL of the release, wherever that leads."""
    with HostileServer() as other:
        server = other if host == "other" else resume.server
        resume.serve(
            reply(b"moved", "302 Found", f"Location: {server.url}there.py", 'ETag: "page"')
        )
        server.on("/there.py", Origin(server, CUT))
        resume.breaks(partial=BIG[:CUT])
        resume.arrives()
        asked = [head for head in server.heads if head.startswith("GET /there.py ")]
        assert f"Range: {RANGE}\r\nIf-Range: " + '"v2"' in asked[-1]


def test_a_download_behind_a_changed_redirect_is_fetched_whole(resume):
    resume.serve(reply(b"moved", "302 Found", "Location: /one"))
    resume.server.on("/one", Origin(resume.server, CUT))
    resume.breaks(partial=BIG[:CUT])
    resume.serve(reply(b"moved", "302 Found", "Location: /two"))
    resume.server.on("/two", Origin(resume.server, tag='"of two"'))
    resume.arrives()
    assert resume.asked("/two") == [REST]
