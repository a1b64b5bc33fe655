"""A release that cannot be installed, and what a device with it does, boot after boot."""

import itertools
import json
import re

OLD = {"main.py": b"old main", "lib/a.py": b"old a", "lib/b.py": b"old b"}
NEW = {"main.py": b"new main", "lib/a.py": b"new a", "lib/b.py": b"new b", "lib/c.py": b"new c"}
BAD = "main.py"


def breaks(release, files=NEW, version=2000):
    """Offer these files, with a main.py that is not what the manifest says."""
    release.put_all(files, version)
    release.manifest = release.builder.generate_manifest()
    release.put(BAD, b"something else", version)


def fails(device, code="md5_mismatch", **options):
    """Boot: an attempt that fails. Returns the boot."""
    boot = device.boot(**options)
    assert (boot.reset, boot.code) == (True, code), (boot.message, boot.log)
    assert boot.named("update_start") and not boot.named("update_applied")
    return boot


def waits(device, code="md5_mismatch", **options):
    """Boot: the application's. Returns the number of boots that the message names."""
    boot = device.boot(**options)
    assert (boot.reset, boot.events) == (False, []), boot.log
    assert boot.code == code
    return int(re.search(r"boots until the next attempt: (\d+); ", boot.message)[1])


def attempts(device, boots, **options):
    """A letter for each boot: F, an attempt that fails; w, the application's."""
    said = ""
    for _ in range(boots):
        boot = device.boot(**options)
        assert boot.code and not boot.named("update_applied"), boot.log
        said += "F" if boot.reset else "w"
        assert boot.reset is bool(boot.named("update_start"))
        assert device.state() == "idle"
    return said


def note(device):
    """The names of what the device remembers."""
    return {path for path in device.tree() if path.endswith((".bad", ".ba2"))}


def changes_always(release):
    """The manifest has another unknown member at each request."""
    made = json.loads(release.generate_manifest())
    numbers = itertools.count()
    release.generate_manifest = lambda: json.dumps({**made, "made": next(numbers)})
