"""Parts of downloads on flash: what they belong to, and what may have happened to them."""

import json

import pytest
from hostile.attack import DOWNLOAD, FETCH, NEW, OLD, manifest
from hostile.server import reply
from network.resuming import (
    BIG,
    CUT,
    FILES,
    OTHER,
    PARTIAL,
    PATH,
    REST,
    SIDE,
    WHOLE,
    Origin,
    broken,
    whole,
)
from support import entry


def side(resume):
    """The side file."""
    return resume.device.folder / SIDE


# -- a part of something else is never used --


def test_a_partial_download_of_another_md5_is_not_resumed(resume):
    resume.interrupted()
    files = {**FILES, PATH: OTHER}
    resume.release(files)
    resume.serve(Origin(resume.server, content=OTHER))
    resume.arrives(WHOLE, files=files)


def test_a_partial_download_replaced_by_another_is_not_resumed(resume):
    """The part of the version between is none of the old one's."""
    resume.interrupted()
    resume.release({**FILES, PATH: OTHER})
    resume.serve(broken(3001, whole(content=OTHER)))
    resume.breaks(partial=OTHER[:3001])
    resume.release(FILES)
    resume.serve(Origin(resume.server))
    resume.arrives(WHOLE)


def test_a_partial_download_from_another_base_url_is_not_resumed(resume):
    resume.interrupted()
    resume.release(FILES, folder="/g/")
    resume.serve(Origin(resume.server), target="/g/" + PATH)
    resume.arrives(WHOLE, target="/g/" + PATH, base_file_url=resume.server.url + "g")


def test_a_partial_download_of_another_path_is_not_resumed(resume):
    """The same bytes under another name are another file."""
    resume.interrupted()
    files = {"lib/moved.py": BIG, "main.py": NEW["main.py"]}
    resume.release(files)
    resume.serve(Origin(resume.server), target="/f/lib/moved.py")
    resume.arrives(WHOLE, files=files, target="/f/lib/moved.py")


def test_an_unchanged_file_of_a_newer_release_is_resumed(resume):
    """What is not the file's own does not count: version, other files, a manifest elsewhere."""
    resume.interrupted()
    files = {**FILES, "main.py": b"print('newer')\n"}
    resume.release(files, version=3)
    resume.server.on("/w.json", reply(json.dumps(manifest(files, version=3))))
    resume.serve(Origin(resume.server))
    resume.arrives(REST, files=files, manifest_url=resume.server.url + "w.json")


def test_a_file_without_md5_is_never_resumed(resume):
    """Nothing could tell whether the two halves belong together."""
    resume.offer(manifest([{"path": path, "version": 2} for path in FILES]))
    resume.serve(broken())
    assert resume.boot().code == DOWNLOAD
    resume.device.waits()
    resume.serve(Origin(resume.server))
    resume.arrives(WHOLE)


def test_a_file_that_has_lost_its_md5_is_not_resumed(resume):
    resume.interrupted()
    resume.offer(manifest([{"path": path, "version": 2} for path in FILES]))
    resume.serve(Origin(resume.server))
    resume.arrives(WHOLE)


def test_a_partial_download_survives_the_rollback_of_earlier_files(resume):
    """The rollback undoes the files before it; they come again, and its part is still of use."""
    files = {"aaa.py": b"first\n" * 500, **FILES}
    resume.release(files)
    resume.serve(Origin(resume.server, CUT))
    boot = resume.breaks(partial=BIG[:CUT])
    assert boot.updated == ["aaa.py"]
    resume.arrives(REST, files=files)
    assert resume.asked("/f/aaa.py") == [WHOLE]


def test_a_partial_download_that_was_completed_is_not_used_again(resume):
    """The part of a file that came whole after all is not left for the next one."""
    resume.interrupted()
    resume.serve(Origin(resume.server))
    resume.server.on("/f/main.py", broken(4, reply(FILES["main.py"])))
    assert resume.boot().code == DOWNLOAD
    assert resume.asked() == [REST]
    resume.device.waits()
    resume.server.on("/f/main.py", Origin(resume.server, content=FILES["main.py"], tag='"m"'))
    resume.arrives(WHOLE)


# -- the option --


def test_a_partial_download_is_not_resumed_without_the_option(resume):
    resume.interrupted().serve(Origin(resume.server))
    resume.arrives(WHOLE, resume_downloads=False)


def test_without_the_option_no_partial_download_is_left(resume):
    """Not even where no file is asked for."""
    resume.interrupted()
    resume.server.on("/v.json", reply(b"", "503 Busy"))
    assert resume.boot(resume_downloads=False).code == FETCH
    resume.has_no_partial()
    resume.release(FILES)
    resume.serve(Origin(resume.server, CUT))
    resume.breaks(partial=None, resume_downloads=False)
    assert SIDE not in resume.device.tree()
    resume.arrives(WHOLE)


def test_a_partial_download_survives_a_check_without_a_manifest(resume):
    resume.interrupted()
    resume.server.on("/v.json", reply(b"", "503 Busy"))
    assert resume.boot().code == FETCH
    resume.release(FILES)
    resume.serve(Origin(resume.server))
    resume.arrives(REST)


def test_a_partial_download_is_removed_if_nothing_is_due(resume):
    """The release was withdrawn: its part only takes space."""
    resume.interrupted()
    resume.offer(manifest(OLD, version=1))
    boot = resume.boot()
    assert (boot.code, boot.reset) == (None, False)
    resume.has_no_partial()


def test_http_fs_mode_never_resumes_a_download(resume):
    """There is no MD5 in a listing."""
    resume.device.options.update(recurse_http_fs=True)
    resume.server.on(
        "/f/", reply(b'<a href="main.py">main.py</a>', "200 OK", "Content-Type: text/html")
    )
    resume.server.on("/f/main.py", broken(), Origin(resume.server))
    assert resume.boot().code == "http_fs_failed"
    assert resume.device.state() == "idle"
    resume.device.waits()
    resume.arrives(WHOLE, files={"main.py": BIG}, target="/f/main.py")


def test_http_fs_mode_does_not_resume_a_download_of_manifest_mode(resume):
    resume.interrupted()
    resume.server.on("/f/", reply(b'<a href="lib/">lib/</a>'))
    resume.server.on("/f/lib/", reply(b'<a href="util.py">util.py</a>'))
    resume.serve(Origin(resume.server))
    resume.arrives(WHOLE, files={PATH: BIG}, recurse_http_fs=True)


def test_resuming_respects_dest_dir_and_application_name(resume):
    options = {"dest_dir": "app", "application_name": "cactus", "io_chunk_size": 1}
    (resume.device.folder / "app").mkdir()
    resume.serve(Origin(resume.server, CUT))
    assert resume.boot(**options).code == DOWNLOAD
    assert resume.device.tree()["app/ota1e614.cut"] == BIG[:CUT]
    boot = resume.boot(**options)
    assert (boot.code, boot.reset, boot.events) == (DOWNLOAD, False, [])
    assert "boots until the next attempt: 1; " in boot.message
    assert resume.device.tree()["app/ota1e614.cut"] == BIG[:CUT]
    boot = resume.boot(**options)
    assert (boot.code, boot.reset) == (None, True)
    assert resume.asked() == [REST]
    tree = resume.device.tree()
    assert {path: tree["app/" + path] for path in FILES} == FILES
    assert not [path for path in tree if path.endswith((".prt", ".cut", ".res"))]


# -- what may have happened to the files --


def test_a_partial_file_longer_than_the_file_ends_in_a_whole_download(resume):
    resume.interrupted().device.put({PARTIAL: BIG + b"more"})
    resume.serve(Origin(resume.server))
    resume.arrives((f"bytes={len(BIG) + 4}-", '"v2"'), WHOLE)


@pytest.mark.parametrize("content", [BIG, OTHER[: len(BIG)]], ids=["right", "wrong"])
def test_a_partial_file_of_full_length_never_blocks_the_update(resume, content):
    """All bytes had come, but not the end of the body. Nothing is left to ask for."""
    resume.interrupted().device.put({PARTIAL: content})
    resume.serve(Origin(resume.server))
    resume.arrives()
    behind = (f"bytes={len(BIG)}-", '"v2"')
    assert resume.asked() in ([], [WHOLE], [behind], [behind, WHOLE])


def test_a_chunked_body_that_lacks_only_its_end_never_blocks_the_update(resume):
    """As it comes about."""
    head = b'HTTP/1.1 200 OK\r\nETag: "v2"\r\nTransfer-Encoding: chunked\r\n\r\n'

    def send(peer):
        peer.send(head + b"%x\r\n%s\r\n" % (len(BIG), BIG))
        peer.close()

    resume.serve(send)
    resume.breaks(partial=BIG)
    resume.serve(Origin(resume.server))
    resume.arrives()


@pytest.mark.parametrize(
    "content", [BIG[: CUT - 1] + b"\0", OTHER[:CUT], bytes(CUT)], ids=["bit", "other", "zeros"]
)
def test_a_damaged_partial_file_is_replaced_by_a_whole_download(resume, content):
    resume.interrupted().device.put({PARTIAL: content})
    resume.serve(Origin(resume.server))
    resume.arrives(REST, WHOLE)


@pytest.mark.parametrize("size", [0, 1, 2000])
def test_a_truncated_partial_file_is_resumed_from_its_new_end(resume, size):
    resume.interrupted().device.put({PARTIAL: BIG[:size]})
    resume.serve(Origin(resume.server))
    resume.arrives((f"bytes={size}-", '"v2"') if size else WHOLE)


@pytest.mark.parametrize("name", [PARTIAL, SIDE])
def test_a_missing_partial_or_side_file_ends_in_a_whole_download(resume, name):
    resume.interrupted()
    (resume.device.folder / name).unlink()
    resume.serve(Origin(resume.server))
    resume.arrives(WHOLE)


GARBAGE = {
    "empty": b"",
    "zeros": bytes(4096),
    "no UTF-8": b"\xff\xfe\xfd" * 100,
    "lines": b"\n" * 100,
    "text": b"all is well\n",
    "long": b"x" * 100000,
    "html": b"<html>\n<body>\n</html>\n",
}


@pytest.mark.parametrize("case", GARBAGE)
def test_a_side_file_of_garbage_ends_in_a_whole_download(resume, case):
    resume.interrupted()
    side(resume).write_bytes(GARBAGE[case])
    resume.serve(Origin(resume.server))
    resume.arrives(WHOLE)


@pytest.mark.parametrize("lost", [1, 2, 3, 4, 10, 40, 60])
def test_a_truncated_side_file_never_sends_a_truncated_validator(resume, lost):
    """Half a validator is none."""
    resume.interrupted()
    content = side(resume).read_bytes()
    side(resume).write_bytes(content[:-lost])
    resume.serve(Origin(resume.server))
    resume.arrives()
    assert resume.asked()[-1] in (WHOLE, REST)
    assert {condition for _, condition in resume.asked()} <= {None, '"v2"'}


@pytest.mark.parametrize("option", [True, False])
@pytest.mark.parametrize("name", [PARTIAL, SIDE, "otac14f2.prt"])
def test_a_folder_named_like_a_partial_file_does_not_block_the_update(resume, name, option):
    resume.interrupted()
    (resume.device.folder / name).unlink(missing_ok=True)
    resume.device.put({"deep/er.txt": b"x", "file": b"y"}, root=name)
    resume.serve(Origin(resume.server))
    left = option and name not in (PARTIAL, SIDE)
    resume.arrives(REST if left else WHOLE, resume_downloads=option)


def test_a_manifest_that_names_a_partial_or_side_file_is_refused(resume):
    for name in (PARTIAL, SIDE):
        resume.offer(manifest([entry(name, b"evil")]))
        resume.server.on("/f/" + name, reply(b"evil"))
        boot = resume.boot()
        assert (boot.code, boot.reset) == ("manifest_fetch_failed", False)
        assert resume.asked("/f/" + name) == []
