"""Confirmations, trials, releases that failed, a partial download, HTTP-FS mode, a small heap:
functions that take a maker of Workshops and yield Kept."""

from installed_base.contents import NEW
from installed_base.updates import CHANGED, LAST, updating
from installed_base.workshop import NotMade

_WHOLE = b"\n.\n"


def confirm(make):
    """The confirmation of an update and its clean-up."""
    shop = updating(make)
    shop.update()
    cuts = shop.cut("confirm_update(cleanup=True)", "confirm_update", True)
    yield cuts.first(
        "idle_beside",
        "idle is written beside the state file, which says confirm_pending",
        lambda v: v.own("sta") == b"idle" and v.state == "confirm_pending",
        end="kept",
    )
    yield cuts.first(
        "backup_half_removed",
        "some of the backup is gone, and the progress file",
        lambda v: v.own("prg") is None and v.backup("main.py") is None and "main.py" in v.tree,
        end="confirmed",
    )
    yield cuts.first(
        "journal_left",
        "of the backup, only the journal is left",
        lambda v: v.own("jrn") and f"{v.names.backup}/" not in v.tree,
        end="confirmed",
    )
    shop.boot("confirm_update", online=False)
    yield shop.rest("backup_kept", "an update is confirmed, its backup kept", "kept")


def trial(make):
    """Boots of an update that nobody confirms."""
    shop = updating(make, max_unconfirmed_boots=5)
    shop.update()
    shop.boot(online=False)
    given_up = {"refused": "new", "message": "given up", "given_up": True}
    counted = len(shop.view().own("run"))
    how = f"{counted} of 5 boots of an update that is not confirmed are counted"
    yield shop.rest("trial", how, "new", counted=counted)
    while len(shop.view().own("run")) < 5:
        shop.boot(online=False)
    how = "all boots of a trial are counted: the next check reverts the update"
    yield shop.rest("trial_over", how, "old", recovers=True, **given_up)
    cuts = shop.cut("the check after a trial's last boot")
    yield cuts.first(
        "trial_over_noted",
        "the release is given up, and the state still confirm_pending",
        lambda v: (
            len(v.own("bad") or b"") > 100 and v.state == "confirm_pending" and v.own("ba2") is None
        ),
        **given_up,
    )
    yield cuts.first(
        "trial_over_cut",
        "half of the new files are gone",
        lambda v: v.misses(CHANGED) >= len(CHANGED) // 2,
        **given_up,
    )
    shop.boot(online=False)
    yield shop.rest("given_up", "a release was not confirmed in its time", "old", **given_up)
    shop.spoil("broken", LAST)
    shop.boot()
    how = "one release was not confirmed in its time, and the next one failed"
    yield shop.rest("given_up_and_failed", how, "old", **given_up)


def failed(make):
    """A release of which a file does not have its MD5."""
    shop = updating(make)
    shop.spoil("broken", LAST)
    waits = {"refused": "broken", "message": "boots until the next attempt: ", "keeps": ["bad"]}
    cuts = shop.cut("an update that fails", online=True)
    yield cuts.first(
        "failure_in_copy",
        "the failure is noted in the copy of the note only",
        lambda v: (v.own("ba2") or b"").endswith(_WHOLE) and v.own("bad") == b"",
        **waits,
    )
    yield cuts.first(
        "failure_noted",
        "the failure is noted, and nothing rolled back",
        lambda v: (v.own("bad") or b"").endswith(_WHOLE) and v.own("ba2") is None,
        **waits,
    )
    yield cuts.first(
        "failure_half_undone",
        "half of the new files are gone again",
        lambda v: v.own("prg") is not None and v.own("bad") and v.misses(CHANGED) >= 3,
        **waits,
    )
    for _ in range(3):
        shop.boot()
    if b"\n2\n2\n" not in shop.view().own("bad"):
        raise NotMade("a release that failed twice and waits two boots")
    how = "a release has failed twice, and waits for two boots"
    yield shop.rest("waits", how, "old", boots=2, **waits)


def partial_download(make):
    """A download that the network has cut, to be resumed."""
    shop = updating(make, resume_downloads=True)
    shop.interrupted("main.py", after=1500)
    # The release has failed, and waits.
    shop.boot()
    if len(shop.view().own("cut") or b"") != 1500:
        raise NotMade("a partial download")
    more = {"keeps": ["bad", "cut", "res"], "resumes": "main.py"}
    yield shop.rest("partial_download", "a download was cut by the network", "old", **more)


def http_fs(make):
    """An update by the listings of a web server."""
    shop = updating(make)
    shop.follow_listings()
    cuts = shop.cut("an update by listings", online=True)
    yield cuts.first(
        "listing", "the list of files is begun, the state idle", lambda v: v.own("lst")
    )
    yield cuts.first(
        "listed_half",
        "half of the files are the new ones",
        lambda v: v.has(CHANGED) >= len(CHANGED) // 2,
    )
    yield cuts.first(
        "listed_unchanged",
        "a file that has not changed is counted as one that stays",
        lambda v: b"-" in (v.own("prg") or b""),
    )
    yield cuts.first(
        "listed_all",
        "all files are the new ones, the state installing",
        lambda v: v.has(NEW) == len(NEW) and v.state == "installing" and v.own("prt") is None,
    )
    shop.update()
    yield shop.rest("listed_pending", "an update by listings is not confirmed", "new")


def http_fs_with_a_gap(make):
    """The same where a listed file cannot be had: its line of the journal is struck out."""
    shop = updating(make, strict_http_fs=False)
    shop.follow_listings()
    (shop.release.folder / "lib/gone.py").symlink_to("nowhere")
    cuts = shop.cut("an update by listings without one file", online=True)
    yield cuts.first(
        "listed_struck_out",
        "the file's line of the journal is struck out, and the next file is new",
        lambda v: (
            b"\n- lib/gone.py\n" in (v.own("jrn") or b"") and v.has({"main.py": NEW["main.py"]})
        ),
    )
    shop.update()
    yield shop.rest("listed_struck_pending", "such an update is not confirmed", "new")


def no_heap(make):
    """An update that failed, in a heap that could not take the rollback either."""
    shop = updating(make)
    shop.spoil("broken", LAST)
    shop.without_memory_for_recovery()
    view = shop.view()
    if view.own("run") != b"F" or view.state != "installing" or not view.has(CHANGED):
        raise NotMade("a failure for want of memory")
    how = "an update has failed, and the heap was too small to undo it: a letter F says so"
    yield shop.rest("no_heap", how, "old", recovers=True, keeps=["bad"])


STATES = (confirm, trial, failed, partial_download, http_fs, http_fs_with_a_gap, no_heap)
