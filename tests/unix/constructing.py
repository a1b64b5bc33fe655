"""Updaters that are only made: what the constructor raises, and what it prints."""

URLS = ("http://127.0.0.1:9/ota/versions.json", "http://127.0.0.1:9/ota/")
MAKE = """
try:
    OTAUpdater(*{args!r}, **{kwargs!r})
    say(made=True)
except Exception as e:
    say(made=type(e).__name__, text=str(e))
"""
# After each value a line on the console, so that the warnings between two are those of one value.
MAKE_EACH = """
for source in {sources!r}:
    try:
        say(found=make(**{{ {name!r}: eval(source) }}).{name})
    except Exception as e:
        say(found=repr(e))
    print("--")
"""


def construct(device, *args, **kwargs):
    """Nothing for an updater, else the exception's name and text."""
    boot = device.execute(MAKE.format(args=args, kwargs=kwargs))
    assert boot.said, boot.log
    said = boot.said[0]
    return "" if said["made"] is True else f"{said['made']}: {said['text']}"


def option(device, **kwargs):
    """As `construct`, with two URLs."""
    return construct(device, *URLS, **kwargs)


def warnings(device, **kwargs):
    """What the constructor prints, which must not raise, one line an item."""
    boot = device.execute(MAKE.format(args=URLS, kwargs=kwargs))
    assert boot.said == [{"made": True}], boot.said
    return boot.log.splitlines()


def found(device, name, sources):
    """(attribute, lines printed) for each value of an option, as the source of an expression; an
    exception in place of the attribute where the constructor raises one."""
    boot = device.execute(MAKE_EACH.format(name=name, sources=sources))
    printed = boot.log.split("--")
    assert len(boot.said) == len(sources) == len(printed) - 1, boot.log
    return [(said["found"], log.split("\n")) for said, log in zip(boot.said, printed)]
