"""Rollbacks and reverts that were interrupted: functions that take a maker of Workshops and yield
Kept."""

from contextlib import suppress

from installed_base.contents import NEW, OLD
from installed_base.updates import CREATED, LAST, REPLACED, RESTORED, shifted, updating
from installed_base.workshop import NotMade


def rollback(make):
    """The rollback of an update that was cut near its end."""
    shop = updating(make)
    _cut_near_its_end(shop)
    yield from _back(shop, "rollback", shop.cut("a rollback"))


def rollback_in_little_room(make):
    """The same on a flash that is almost full: each backup goes as soon as its file is back."""
    shop = updating(make)
    # A cut may cost FAT a cluster: this one, and one more of whoever tries the image.
    shop.leave_least_room("log.txt", spare={"fat": 2, "littlefs": 0}[shop.machine.disk.kind])
    _cut_near_its_end(shop)
    cuts = shop.cut("a rollback on a flash with little room")
    yield cuts.first(
        "backup_taken_back",
        "a file is back, and its backup gone",
        lambda v: b"-" in (v.own("prg") or b"") and any(v.backup(p) is None for p in RESTORED),
    )


def revert(make):
    """The way back from an update that is not confirmed."""
    shop = updating(make)
    shop.update()
    yield shop.rest("pending", "an update is not confirmed", "new")
    cuts = shop.cut("revert_update()", "revert_update")
    yield cuts.first(
        "revert_beside",
        "installing is written beside the state file, which says confirm_pending",
        lambda v: v.own("sta") == b"installing" and v.state == "confirm_pending",
    )
    yield from _back(shop, "revert", cuts)


def short_name(make):
    """On FAT, where the removal of a long name that lies in two sectors leaves its short one."""
    for shop in shifted(make):
        _cut_near_its_end(shop)
        with suppress(NotMade):
            yield shop.cut("a rollback").first(
                "short_name",
                "the short name of a file is left",
                lambda v: any("~1" in path for path in v.tree),
            )
            return


def _cut_near_its_end(shop):
    new = shop.release.manifest.encode()
    cuts = shop.cut("an update", online=True)
    late = cuts.at("the new manifest is there", lambda v: v.manifest == new and not v.own("new"))
    shop.image = late.image


def _back(shop, name, cuts):
    yield cuts.first(
        f"{name}_begun",
        "a file of the update is removed",
        lambda v: v.state == "installing" and v.misses(NEW),
    )
    yield cuts.first(
        f"{name}_removed",
        "what the update created is gone, and what it replaced still new",
        lambda v: v.misses(CREATED) == len(CREATED) and v.has(REPLACED) == len(REPLACED),
    )
    if shop.machine.disk.kind == "fat":
        yield cuts.first(
            f"{name}_half_written",
            "an old file is being written back: it is neither old nor new",
            lambda v: v.has({LAST: OLD[LAST]}) + v.has({LAST: NEW[LAST]}) + v.misses([LAST]) == 0,
        )
    yield cuts.first(
        f"{name}_half_restored",
        "half of the old files are back",
        lambda v: v.misses(CREATED) == len(CREATED) and v.has(RESTORED) >= len(RESTORED) // 2,
    )
    yield cuts.first(
        f"{name}_restored",
        "all old files are back, and the local manifest is not",
        lambda v: v.has(OLD) == len(OLD) and not v.manifest,
    )
    yield cuts.first(
        f"{name}_done",
        "all is back, the progress file gone, and the state installing",
        lambda v: v.has(OLD) == len(OLD) and v.own("prg") is None and v.state == "installing",
    )
    yield cuts.first(
        f"{name}_idle",
        "the state is idle, and the journal still there",
        lambda v: v.state == "idle" and v.own("jrn") and v.own("prg") is None,
    )


STATES = (rollback, rollback_in_little_room, revert, short_name)
