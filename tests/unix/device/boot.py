"""One boot of a device: does what the plan says and prints what happens, a JSON text a line.

    micropython boot.py PLAN     PLAN: a file with the repr of a dict, made by tests/support.py

Lines with a leading @ are for the test, all others are the device's console.
"""

import json
import os
import sys

with open(sys.argv[1]) as file:
    plan = eval(file.read())


def say(**line):
    """Tells the test something."""
    print("@" + json.dumps(line))


def die():
    """What a power cut is to a process: SIGKILL."""
    os.system("kill -9 $PPID")


if plan["image"]:
    from disk import mount

    disk = mount(die, *plan["image"])
sys.path[:] = plan["sys_path"]

from saguarota import OTADeletePolicy, OTAErrorCode, OTAState, OTAUpdater  # noqa: E402, F401

_events = 0


def on_event(name, details):
    """The progress callback: tells the event, and dies within it where the plan says so."""
    global _events
    say(event=name, details=details)
    if _events == plan["kill_at"]:
        die()
    _events += 1


def make(**more):
    """An updater with the options of the plan."""
    options = dict(plan["options"])
    options.setdefault("progress_callback", on_event)
    options.update(more)
    return OTAUpdater(**options)


def call(updater, name, *args):
    """Calls a method and tells its value, the error attributes, and whether it reset the device."""
    value = None
    reset = False
    try:
        value = getattr(updater, name)(*args)
    except SystemExit:
        reset = True
    say(
        call=name,
        value=value,
        reset=reset,
        code=updater.last_error_code,
        message=updater.last_error_message,
    )
    return reset


if plan["source"]:
    exec(plan["source"])
else:
    _updater = make()
    for _call in plan["calls"]:
        if call(_updater, *_call):
            break
if plan["image"]:
    say(writes=disk.writes)
