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
    """Calls a method; a reset ends it, and the emulator."""
    value = getattr(updater, name)(*args)
    say(
        call=name,
        value=value,
        reset=False,
        code=updater.last_error_code,
        message=updater.last_error_message,
    )


def boot(calls, options):
    """Imports the package, makes an updater and calls its methods, each a list of name and
    arguments."""
    from saguarota import OTAUpdater

    gc.collect()
    say(free=gc.mem_free())
    options.setdefault("progress_callback", on_event)
    updater = OTAUpdater(**options)
    for name, *args in calls:
        say(calling=name)
        call(updater, name, *args)


def execute(source):
    """Runs a script in this module's names."""
    exec(source, globals())
