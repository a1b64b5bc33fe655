"""One updater at a time: the second one refuses, and nothing comes of it."""

import pytest

OLD = {"main.py": b"old main", "lib/a.py": b"old a"}
NEW = {"main.py": b"new main", "lib/a.py": b"new a" * 900, "lib/b.py": b"new b"}
REFUSED = ("apply_failed", "another updater is at work")
CALLS = {
    "check_and_perform_ota": (None, []),
    "revert_update": (None, []),
    "confirm_update": (False, [True]),
    "cleanup_files": (False, []),
}

# Calls everything of another updater from within an event.
NESTED = """
calls = {calls!r}
other = make(progress_callback=None)
def on_event(name, details):
    if name == {event!r}:
        for method, arguments in calls:
            say(within=name)
            call(other, method, *arguments)
call(make(progress_callback=on_event), {method!r})
"""

# For the rest of a script, a port without threads: nothing can be imported from this _thread.
NO_THREADS = """
import sys
for name in [name for name in sys.modules if name.startswith("saguarota")]:
    del sys.modules[name]
sys.modules["_thread"] = sys
from saguarota import OTAUpdater
say(lock="lock" in sys.modules["saguarota"].__dict__)
"""

# The same from a thread, while the first updater waits in an event.
THREADS = """
import _thread, time
calls = {calls!r}
done = []
def second():
    for method, arguments in calls:
        call(make(progress_callback=None), method, *arguments)
    done.append(1)
def on_event(name, details):
    if name == {event!r} and not done:
        _thread.start_new_thread(second, ())
        while not done:
            time.sleep(0.001)
call(make(progress_callback=on_event), {method!r})
"""


@pytest.fixture
def old(device, release):
    """The tree of a device on an old release; the new one waits on the server."""
    tree = device.adopt(release, OLD)
    release.put_all(NEW)
    return tree


def all_calls(source, event, method="check_and_perform_ota"):
    calls = [(name, arguments) for name, (_, arguments) in CALLS.items()]
    return source.format(calls=calls, event=event, method=method)


def are_refused(calls):
    """Each call came to what it does where it may not."""
    for line in calls:
        assert (line["code"], line["message"]) == REFUSED, line
        assert (line["reset"], line["value"]) == (False, CALLS[line["call"]][0]), line


@pytest.mark.parametrize("source", [NESTED, THREADS, NO_THREADS + NESTED])
@pytest.mark.parametrize("event", ["update_start", "file_update_done", "update_applied"])
def test_a_second_updater_is_refused_during_an_update(device, release, old, source, event):
    boot = device.execute(all_calls(source, event))
    assert ({"lock": True} in boot.said) is (NO_THREADS in source)
    *others, first = boot.calls
    assert len(others) >= len(CALLS)
    are_refused(others)
    assert (first["call"], first["reset"], first["code"]) == ("check_and_perform_ota", True, None)
    assert (device.state(), device.app()) == ("confirm_pending", release.tree())
    assert device.call("revert_update").reset
    assert device.tree() == old


@pytest.mark.parametrize("source", [NESTED, THREADS])
def test_a_second_updater_is_refused_during_an_update_that_fails(device, release, old, source):
    release.manifest = release.builder.generate_manifest()
    release.put("main.py", b"something else", 2000)
    boot = device.execute(all_calls(source, "download_retry"))
    *others, first = boot.calls
    are_refused(others)
    assert (first["reset"], first["code"]) == (True, "md5_mismatch")
    assert (device.state(), device.app()) == (
        "idle",
        {k: v for k, v in old.items() if k in device.app()},
    )


def test_an_updater_is_refused_inside_its_own_callback(device, release, old):
    """It would be the second one, too."""
    boot = device.execute("""
def on_event(name, details):
    if name == "file_update_start":
        say(value=updater.cleanup_files(), code=updater.last_error_code)
        say(value=updater.revert_update())
updater = make(progress_callback=on_event)
call(updater, "check_and_perform_ota")
""")
    assert {"value": False, "code": REFUSED[0]} in boot.said
    assert boot.reset
    assert (device.state(), device.app()) == ("confirm_pending", release.tree())


@pytest.mark.parametrize("ends", ["check_and_perform_ota", "revert_update"])
def test_updaters_that_race_end_with_the_old_or_the_new_release(device, release, old, ends):
    """Two threads at once, without a meeting point: one does it all, or both in turn."""
    boot = device.execute(f"""
import _thread, time
ended, lines = [], []
def work(updater, method):
    for _ in range(3):
        try:
            getattr(updater, method)()
        except SystemExit:
            pass
        lines.append(dict(code=updater.last_error_code, message=updater.last_error_message))
    ended.append(1)
for method in ("check_and_perform_ota", {ends!r}):
    _thread.start_new_thread(work, (make(progress_callback=None), method))
while len(ended) < 2:
    time.sleep(0.001)
for line in lines:
    say(**line)
""")
    assert boot.status == 0 and len(boot.said) == 6, boot.log
    for line in boot.said:
        assert (line["code"], line["message"]) in (REFUSED, (None, None)), line
    # Whichever came last.
    assert device.state() in ("idle", "confirm_pending")
    if device.state() == "idle":
        assert device.app() == {path: old[path] for path in device.app()}
    else:
        assert device.app() == release.tree()
        assert device.call("revert_update").reset
        assert device.tree() == old


def test_updaters_can_be_constructed_in_two_threads_at_once(device):
    """The constructor loads a module and drops it again."""
    boot = device.execute("""
import _thread, time
ended = []
def work():
    error = None
    try:
        for _ in range(8):
            make(application_name="x")
    except Exception as e:
        error = repr(e)
    ended.append(error)
for _ in range(2):
    _thread.start_new_thread(work, ())
while len(ended) < 2:
    time.sleep(0.001)
say(ended=ended)
""")
    assert boot.said == [{"ended": [None, None]}], boot.log


@pytest.mark.parametrize("method", ["cleanup_files", "confirm_update", "check_and_perform_ota"])
def test_updaters_made_and_used_in_threads_either_work_or_are_refused(device, release, method):
    """Each thread makes its own, several times, and calls it: both import modules."""
    tree = device.adopt(release, OLD)
    boot = device.execute(f"""
import _thread, time
ended, lines = [], []
def work():
    error = None
    try:
        for _ in range(12):
            updater = make(progress_callback=None)
            lines.append(dict(value=updater.{method}(), code=updater.last_error_code))
    except Exception as e:
        error = repr(e)
    ended.append(error)
for _ in range(3):
    _thread.start_new_thread(work, ())
while len(ended) < 3:
    time.sleep(0.001)
for line in lines:
    say(**line)
say(ended=ended)
""")
    assert boot.said.pop() == {"ended": [None] * 3}, boot.log
    good = {"value": {"cleanup_files": True, "confirm_update": False}.get(method), "code": None}
    refused = {"value": CALLS[method][0], "code": REFUSED[0]}
    assert good in boot.said and len(boot.said) == 36
    assert all(line in (good, refused) for line in boot.said), boot.said
    assert device.tree() == {path: data for path, data in tree.items() if path in device.tree()}
    assert device.app() == release.tree()


@pytest.mark.usefixtures("insides")
def test_a_lock_without_threads_is_held_by_one_until_it_is_released(device):
    boot = device.execute("""
from saguarota.lock import allocate_lock
lock, other = allocate_lock(), allocate_lock()
say(got=[lock.acquire(False), lock.acquire(), lock.acquire(False), other.acquire()])
lock.release()
say(got=[lock.acquire(), lock.acquire(False), other.acquire(False)])
""")
    assert boot.said == [{"got": [True, False, False, True]}, {"got": [True, False, False]}]


AFTER = """
{first}
other = make(progress_callback=None)
call(other, "cleanup_files")
call(other, "check_and_perform_ota")
"""


def test_the_lock_is_free_after_a_check_with_nothing_due(device, release):
    device.adopt(release, OLD)
    boot = device.execute(AFTER.format(first='call(make(), "check_and_perform_ota")'))
    assert [line["code"] for line in boot.calls] == [None, None, None]
    assert [line["value"] for line in boot.calls] == [None, True, None]


@pytest.mark.parametrize("before", ["", NO_THREADS])
def test_the_lock_is_free_after_an_update(device, release, old, before):
    boot = device.execute(before + AFTER.format(first='call(make(), "check_and_perform_ota")'))
    assert [line["reset"] for line in boot.calls] == [True, False, False]
    assert [line["code"] for line in boot.calls] == [None, None, None]
    assert device.state() == "confirm_pending"


def test_the_lock_is_free_after_an_error(device, release, old):
    release.manifest = "no JSON"
    boot = device.execute(AFTER.format(first='call(make(), "check_and_perform_ota")'))
    assert [line["code"] for line in boot.calls] == ["manifest_fetch_failed", None, boot.code]
    assert boot.code == "manifest_fetch_failed"


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "SystemExit"])
def test_the_lock_is_free_after_ctrl_c_and_the_next_check_rolls_back(device, release, old, error):
    """What is not an Exception leaves the check; the next one rolls back what it began."""
    boot = device.execute(f"""
def on_event(name, details):
    if name == "file_update_done":
        raise {error}
try:
    make(progress_callback=on_event).check_and_perform_ota()
except {error}:
    say(left=True)
other = make(progress_callback=None)
call(other, "check_and_perform_ota")
""")
    assert boot.said == [{"left": True}]
    assert (boot.reset, boot.code) == (True, None)
    assert device.state() == "idle"
    assert device.app() == {path: old[path] for path in device.app()}
    assert device.boot().reset
    assert device.app() == release.tree()


@pytest.mark.parametrize("method", ["confirm_update", "cleanup_files"])
def test_the_lock_is_free_after_a_method_has_raised(device, release, old, method):
    """Here the state cannot be read."""
    boot = device.execute(f"""
import os
os.rename("ota_state.txt", "kept")
os.mkdir("ota_state.txt")
try:
    make().{method}()
except OSError as e:
    say(error=e.errno)
os.rmdir("ota_state.txt")
os.rename("kept", "ota_state.txt")
call(make(), "check_and_perform_ota")
""")
    assert boot.said and boot.said[0]["error"], boot.log
    assert (boot.reset, boot.code) == (True, None)
    assert device.app() == release.tree()


def test_a_refused_revert_says_so(device, release, old):
    """It returns, where it otherwise never does."""
    boot = device.execute(all_calls(NESTED, "update_start"))
    (line,) = [line for line in boot.calls if line["call"] == "revert_update"]
    assert (line["value"], line["reset"]) == (None, False)
    assert boot.log.count(REFUSED[1]) >= len(CALLS)


def test_the_port_has_threads(device):
    """What the tests with threads are worth nothing without."""
    assert device.execute("import _thread; say(has=1)").said == [{"has": 1}]
