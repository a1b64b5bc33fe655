"""A progress_callback that raises, at each event of manifest mode; the smallest chunks there."""

import pytest
from hostile.attack import NEW, OLD, Attack, manifest
from hostile.server import HostileServer, reply
from support import OFFLINE, Device, entry

EVENTS = [
    "update_start",
    "file_update_skip",
    "file_update_start",
    "download_attempt",
    "download_retry",
    "download_progress",
    "file_update_done",
    "file_delete_extra",
    "update_applied",
]
CALLBACK = """
def callback(name, details):
    say(event=name, details=details)
    if {where}:
        raise {error}
call(make(progress_callback=callback), "check_and_perform_ota")
"""


@pytest.fixture
def attack(tmp_path, micropython, dist):
    """A device whose update has all events: a file that stays, one whose first attempt fails, one
    that takes more than a second, one to delete. The new release has NEW and data/settings."""
    with HostileServer() as server:
        made = Attack(Device(tmp_path / "flash", micropython, dist), server)
        made.device.put({"old/extra.py": b"extra"})
        made.device.options["delete_files_not_in_manifest_policy"] = "all"
        files = [entry(path, content) for path, content in sorted(NEW.items())]
        made.offer(manifest([entry("data/settings", OLD["data/settings"], 1), *files]))
        slow = reply(NEW["lib/added.py"])

        def slowly(peer):
            peer.send(slow[:-100])
            peer.pause(1.05)
            peer.send(slow[-100:])

        server.on("/f/lib/added.py", slowly)
        server.on("/f/main.py", reply("busy", "503 Busy"), reply(NEW["main.py"]))
        yield made


def run(attack, where, error):
    return attack.device.execute(CALLBACK.format(where=where, error=error))


def quicken(attack):
    """No download takes its time; so there is no event download_progress."""
    attack.server.on("/f/lib/added.py", reply(NEW["lib/added.py"]))


def has_new(attack):
    tree = attack.device.tree()
    assert {path: tree[path] for path in NEW} == NEW
    assert "old/extra.py" not in tree and attack.device.state() == "confirm_pending"


@pytest.mark.parametrize(
    "error", ["ValueError('mine')", "OSError(110)", "MemoryError('mine')", "StopIteration"]
)
def test_exceptions_are_printed_and_the_update_goes_on(attack, error):
    """All kinds that the updater itself knows, at all events; none counts as its own."""
    events = set(EVENTS)
    if "ValueError" not in error:
        quicken(attack)
        events.remove("download_progress")
    boot = run(attack, "True", error)
    assert (boot.code, boot.message, boot.reset) == (None, None, True)
    assert {name for name, _ in boot.events} == events
    kind = error.partition("(")[0]
    assert boot.log.count(f"progress_callback raised {kind}") == len(boot.events)
    assert len(boot.named("download_retry")) == 1
    has_new(attack)


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "SystemExit"])
@pytest.mark.parametrize("event", EVENTS)
def test_interruptions_pass_through(attack, event, error):
    """At each event; the next check undoes what was begun, and the one after it is whole."""
    if event != "download_progress":
        quicken(attack)
    before = attack.device.tree()
    where = f"name == {event!r}"
    boot = run(attack, where, error)
    if error == "SystemExit":
        assert boot.reset and boot.status == 0
    else:
        assert not boot.calls and "KeyboardInterrupt" in boot.log
    assert boot.events[-1][0] == event
    if event == "update_applied":
        has_new(attack)
        return
    state = attack.device.state()
    assert state in (None, "idle") if event == "update_start" else state == "installing"
    boot = attack.device.boot(**OFFLINE)
    assert boot.reset is (state == "installing")
    attack.is_as_before(before)


def test_a_raising_callback_does_not_hide_the_error_of_a_failed_update(attack):
    """The code is that of the failure, not of the callback."""
    quicken(attack)
    attack.server.on("/f/pkg/sub/mod.py", reply("no", "404 Not Found"))
    before = attack.device.tree()
    boot = run(attack, "True", "OSError(28)")
    assert (boot.code, boot.reset) == ("download_failed", True), boot.log
    assert "status 404" in boot.message
    attack.is_as_before(before)


def test_progress_of_a_slow_download_reports_path_received_and_total(attack):
    """Only of the download that takes its time; what was received is on flash by then."""
    boot = attack.device.boot()
    size = len(NEW["lib/added.py"])
    (told,) = boot.named("download_progress")
    assert told.keys() == {"path", "received", "total"}
    assert (told["path"], told["total"]) == ("lib/added.py", size)
    assert size - 100 < told["received"] <= size


@pytest.mark.parametrize("form", ["chunks", "until close"])
def test_progress_of_a_body_without_length_reports_no_total(attack, form):
    body = NEW["lib/added.py"]
    start = b"HTTP/1.1 200 OK\r\n"

    def slowly(peer):
        if form == "chunks":
            peer.send(start + b"Transfer-Encoding: chunked\r\n\r\n")
            peer.send(b"%x\r\n%s\r\n" % (len(body) - 9, body[:-9]))
            peer.pause(1.05)
            peer.send(b"9\r\n%s\r\n0\r\n\r\n" % body[-9:])
        else:
            peer.send(start + b"\r\n" + body[:-9])
            peer.pause(1.05)
            peer.send(body[-9:])
            peer.close()

    attack.server.on("/f/lib/added.py", slowly)
    boot = attack.device.boot()
    assert (boot.code, boot.reset) == (None, True), boot.message
    assert {details["total"] for details in boot.named("download_progress")} == {None}
    has_new(attack)


@pytest.mark.parametrize("io", [1, 2, 3])
@pytest.mark.parametrize("md5", [1, 2, 3])
def test_small_chunks_install_and_restore_the_same_bytes(attack, io, md5):
    """For the manifest, files, digests, backups and the way back, without any timeout."""
    quicken(attack)
    attack.server.on("/f/main.py", reply(NEW["main.py"]))
    before = attack.device.tree()
    options = {"io_chunk_size": io, "md5_chunk_size": md5, "http_timeout_s": None}
    attack.device.options.update(options)
    boot = attack.device.boot()
    assert (boot.code, boot.reset) == (None, True), boot.message
    has_new(attack)
    backup = {path: f"saguarota_backup/{path}" for path in ("main.py", "lib/util.py")}
    tree = attack.device.tree()
    assert {path: tree[copy] for path, copy in backup.items()} == {
        path: OLD[path] for path in backup
    }
    assert attack.device.call("revert_update").reset
    assert attack.device.tree() == {**before, "ota_state.txt": b"idle"}
    assert attack.device.boot().reset
    assert attack.device.call("confirm_update", True).value is True
    boot = attack.device.boot()
    assert (boot.code, boot.reset, boot.events) == (None, False, [])
