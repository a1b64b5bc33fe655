"""One boot of a board: does what a plan says and prints what happens, as ../../unix/device/boot.py
does. Lines with a leading @ are for the test, all others are the board's console."""

import gc
import json


def say(**line):
    """Tells the test something."""
    print("@" + json.dumps(line))


def on_event(name, details):
    """The progress callback."""
    say(event=name, details=details)


def call(updater, name, *args):
    """Calls a method. A reset ends it, and the emulator."""
    say(calling=name)
    value = getattr(updater, name)(*args)
    say(
        call=name,
        value=value,
        reset=False,
        code=updater.last_error_code,
        message=updater.last_error_message,
    )


def boot(options, calls, source):
    """Imports the package, makes an updater and calls its methods, each a list of name and
    arguments; or runs a script that has ``say``, ``make`` and ``call``."""
    options.setdefault("progress_callback", on_event)

    def make():
        from saguarota import OTAUpdater

        return OTAUpdater(**options)

    if source:
        exec(source, {"say": say, "make": make, "call": call})
        return
    updater = make()
    gc.collect()
    for one in calls:
        call(updater, *one)
