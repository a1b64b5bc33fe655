"""A device with an update on trial: boots that pass without a confirmation, and what follows."""

from support import MEMORY, application, memory

OLD = {"main.py": b"old main", "lib/a.py": b"old a"}
NEW = {"main.py": b"new main", "lib/a.py": b"new a", "lib/b.py": b"new b"}
BOOTS = 3


def trial(device, release, boots=BOOTS):
    """The device has taken NEW, unconfirmed; returns its application before."""
    tree = device.adopt(release, OLD)
    release.put_all(NEW)
    release.manifest = release.builder.generate_manifest()
    device.options["max_unconfirmed_boots"] = boots
    assert device.boot().reset
    assert device.state() == "confirm_pending"
    return application(tree)


def stays(device, boots, **options):
    """So many boots of the new release, unconfirmed."""
    for _ in range(boots):
        boot = device.boot(**options)
        assert (boot.reset, boot.events, boot.code) == (False, [], None), boot.log
        assert device.state() == "confirm_pending"


def reverts(device, old, **options):
    """Boot: the old release is back, and the device restarts."""
    boot = device.boot(**options)
    assert (boot.reset, boot.events) == (True, []), boot.log
    assert (device.state(), device.app()) == ("idle", old)
    return boot


def refuses(device, old, boots=3, **options):
    """So many boots of the old release: the new one is given up."""
    for _ in range(boots):
        boot = device.boot(**options)
        assert (boot.reset, boot.events) == (False, []), boot.log
        assert boot.code == "apply_failed"
        assert boot.message == "given up: this release was not confirmed in its time"
        assert (device.state(), device.app()) == ("idle", old)


def waits(device, old, boots):
    """So many boots of the old release, and no more: the new one has to wait."""
    for left in range(boots, 0, -1):
        boot = device.boot()
        assert (boot.reset, boot.events, boot.code) == (False, [], "apply_failed"), boot.log
        message = f"boots until the next attempt: {left}; not confirmed in {BOOTS} boots"
        assert boot.message == message
        assert (device.state(), device.app()) == ("idle", old)


def confirms(device):
    """Nothing of the updater's stays but what always does, and what it has given up."""
    assert device.call("confirm_update", True).value is True
    own = {"ota_state.txt", "versions.json", MEMORY}
    assert device.tree().keys() == {*device.app(), *own}


def given_up(device):
    """The digests of the releases that are never installed again."""
    return memory(device.tree()).decode().split("\n")[6:-2]
