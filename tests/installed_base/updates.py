"""Updates that were interrupted: functions that take a maker of Workshops and yield Kept."""

from contextlib import suppress

from installed_base.contents import EXTRAS, NEW, OLD, OWN, SKIPPED, SKIPPED_NEW, changed
from installed_base.package import Names
from installed_base.workshop import NotMade

LAST = "web_pages/index_page.html"
REPLACED = {path: NEW[path] for path in OLD if OLD[path] != NEW[path]}
RESTORED = {path: OLD[path] for path in REPLACED}
CREATED = {path: NEW[path] for path in NEW if path not in OLD}
CHANGED = changed(OLD, NEW)


def updating(make, old=OLD, new=NEW, names=("old", "new"), **options):
    """A Workshop's device with an old release, to which a new one is offered."""
    shop = make(**options)
    shop.put(OWN)
    shop.adopt(names[0], old)
    shop.offer(names[1], new)
    return shop


def _is_whole(view, path):
    return view.backup(path) is not None and view.backup(path) == view.tree.get(path)


# -- an update that was interrupted --


def update(make):
    """An update with backups of all that it replaces."""
    shop = updating(make)
    new = shop.release.manifest.encode()
    cuts = shop.cut("an update", online=True)
    yield cuts.first("manifest_staged", "the new manifest is staged", lambda v: v.own("new") == new)
    yield cuts.first(
        "journal_written",
        "the journal is written and the local manifest copied, the state not yet installing",
        lambda v: v.own("jrn") and v.own("old") == v.manifest,
    )
    yield cuts.first(
        "installing_unstarted",
        "the state is installing, and there is no progress file",
        lambda v: v.state == "installing" and v.own("prg") is None,
    )
    yield cuts.first(
        "installing_started",
        "there is an empty progress file, and a download",
        lambda v: v.own("prg") == b"" and v.own("prt"),
    )
    yield cuts.first(
        "backup_begun",
        "a backup has its name, but not its bytes",
        lambda v: any(v.backup(p) is not None and not _is_whole(v, p) for p in RESTORED),
    )
    yield cuts.first(
        "backup_not_counted",
        "a backup is whole, but the progress file does not count it",
        lambda v: sum(_is_whole(v, p) for p in RESTORED) > len(v.own("prg") or b""),
    )
    yield cuts.first(
        "half_replaced",
        "half of the files are the new ones",
        lambda v: v.has(CHANGED) >= len(CHANGED) // 2,
    )
    yield cuts.first(
        "last_backed_up",
        "all backups are counted, and the last file is still the old one",
        lambda v: v.own("prg") == b"B" * len(REPLACED) and v.has({LAST: OLD[LAST]}),
    )
    yield cuts.first(
        "all_replaced",
        "all files are the new ones, and the local manifest is the old one",
        lambda v: v.has(NEW) == len(NEW) and v.own("new") == new and v.manifest == v.own("old"),
    )
    yield cuts.first(
        "manifest_committed",
        "the local manifest is the new one, and the state installing",
        lambda v: v.manifest == new and v.own("new") is None and v.own("sta") is None,
    )
    yield cuts.first(
        "pending_beside",
        "confirm_pending is written beside the state file, which says installing",
        lambda v: v.own("sta") == b"confirm_pending" and v.state == "installing",
        end="new",
    )
    if shop.machine.disk.kind == "littlefs":
        yield cuts.first(
            "rename_not_finished",
            "a download has its new name in another folder, and littlefs has yet to drop the old",
            lambda v: v.has({"lib/sensor_driver.py": NEW["lib/sensor_driver.py"]}),
        )
        return
    for what, end in (("file", "PRT"), ("manifest", "NEW")):
        yield cuts.first(
            f"two_names_for_{what}",
            f"the new {what} has two names for one chain of clusters",
            lambda v, end=end: v.has_two_names(end),
        )
    yield cuts.first(
        "no_manifest",
        "there is no local manifest, and the new one is beside it",
        lambda v: v.manifest is None and v.own("new") == new,
    )
    yield cuts.first(
        "no_state",
        "there is no state file, and confirm_pending is beside it",
        lambda v: v.state == "" and v.own("sta") == b"confirm_pending",
        end="new",
    )


def two_names_for_state(make):
    """On FAT, where both names of a file that is renamed lie in two sectors."""
    for shop in shifted(make):
        cuts = shop.cut("an update", online=True)
        with suppress(NotMade):
            yield cuts.first(
                "two_names_for_state",
                "the new state has two names for one chain of clusters",
                lambda v: v.has_two_names("STA") and v.own("sta") == b"confirm_pending",
                end="new",
            )
            return


def shifted(make):
    """Devices with FAT, before an update, where names lie by so many entries further on in their
    folders. Raises NotMade if there are no more."""
    for shift in range(16):
        shop = make()
        if shop.machine.disk.kind != "fat":
            return
        shop.put({f"{top}p{at}": "" for at in range(shift) for top in ("", "lib/")})
        yield updating(lambda shop=shop: shop)
    raise NotMade("names in two sectors")


def first_update(make):
    """The first update of a device that has nothing."""
    shop = make()
    shop.offer("first", NEW)
    new = shop.release.manifest.encode()
    cuts = shop.cut("a first update", online=True)
    yield cuts.first(
        "first_half", "half of the files are there", lambda v: v.has(NEW) >= len(NEW) // 2
    )
    yield cuts.first(
        "first_committed",
        "the local manifest is there, and the state installing",
        lambda v: v.manifest == new and v.own("new") is None and v.state == "installing",
    )
    shop.update()
    yield shop.rest("first_pending", "a first update is not confirmed", "new")


def prune(make):
    """An update that deletes what the release does not name."""
    shop = make(delete_files_not_in_manifest_policy="all")
    shop.adopt("old", OLD)
    shop.put({**OWN, **EXTRAS})
    shop.offer("new", NEW)
    extras = {**OWN, **EXTRAS}
    shop.facts["deleted"] = sorted(extras)
    cuts = shop.cut("an update that deletes extra files", online=True)
    yield cuts.first(
        "extra_backed_up",
        "an extra file is backed up, and still there",
        lambda v: any(_is_whole(v, path) for path in extras),
    )
    yield cuts.first(
        "extras_half_deleted",
        "half of the extra files are gone",
        lambda v: v.misses(extras) >= len(extras) // 2,
    )
    yield cuts.first(
        "extra_folder_removed",
        "a folder that they left empty is gone",
        lambda v: "old_folder/" not in v.tree,
    )
    yield cuts.first(
        "extras_deleted",
        "all extra files are gone, and the local manifest is the old one",
        lambda v: v.misses(extras) == len(extras) and v.manifest == v.own("old"),
    )
    shop.update()
    yield shop.rest("extras_pending", "an update that deleted files is not confirmed", "new")


def skip_lists(make):
    """An update that replaces some files without a backup."""
    new = {**NEW, **SKIPPED_NEW}
    skip = {"backup_skip_extensions": None, "backup_skip_prefixes": None}
    shop = updating(make, {**OLD, **SKIPPED}, new, ("skip old", "skip new"), **skip)
    shop.facts["either"] = sorted(SKIPPED)
    page = "assets/large_page.css"
    cuts = shop.cut("an update with skip lists", online=True)
    yield cuts.first(
        "swap_before_rename",
        "the swap file names a file that is still the old one",
        lambda v: v.own("swp") and v.own("prt") and v.has({page: SKIPPED[page]}),
    )
    yield cuts.first(
        "swap_after_rename",
        "the swap file names a file that is the new one",
        lambda v: v.own("swp") and v.own("prt") is None and v.has({page: SKIPPED_NEW[page]}),
    )
    yield cuts.first(
        "swap_counted",
        "the replacement of that file is counted, and the swap file still there",
        lambda v: v.own("swp") and (v.own("prg") or b"").endswith(b"S"),
    )
    if shop.machine.disk.kind == "fat":
        yield cuts.first(
            "swap_no_name",
            "the file that the swap file names is removed, and the download not renamed",
            lambda v: v.own("swp") and v.own("prt") and v.misses([page]),
        )
        yield cuts.first(
            "swap_two_names",
            "the file that the swap file names and the download have one chain of clusters",
            lambda v: v.own("swp") and v.has_two_names("PRT"),
        )
    whole = cuts.at(
        "all files are the new ones", lambda v: v.has(new) == len(new) and v.state == "installing"
    )
    pending = shop.image
    shop.image = whole.image
    cuts = shop.cut("the rollback of an update with skip lists")
    yield cuts.first(
        "due_not_stored",
        "the list of files due is whole in its copy only",
        lambda v: (v.own("du2") or b"").endswith(b"\n.\n") and v.own("due") == b"",
    )
    shop.boot(online=False)
    if not shop.view().own("due"):
        raise NotMade("no files due")
    yield shop.rest("files_due", "a rollback has left files new", "old", due=sorted(SKIPPED))
    shop.image = pending
    shop.update()
    yield shop.rest("skipped_pending", "an update with skip lists is not confirmed", "new")


def two_spellings(make):
    """An update, on FAT, of which two paths are one file: the second one's content is what is left,
    and there is one backup."""
    shop = updating(make)
    if shop.machine.disk.kind != "fat":
        return
    shop.offer("two spellings", {**NEW, "MAIN.PY": [100, 51]})
    shop.releases["two spellings"]["files"] = NEW
    shop.facts["folds"] = True
    cuts = shop.cut("an update with the paths MAIN.PY and main.py", online=True)
    yield cuts.first(
        "two_spellings",
        "the file of both is replaced twice",
        lambda v: v.has({"main.py": NEW["main.py"]}),
    )
    shop.update()
    how = "an update with the paths MAIN.PY and main.py is not confirmed"
    yield shop.rest("two_spellings_pending", how, "new")


def other_names(make):
    """An update whose new boot.py has options that name other files and folders."""
    options = {
        "application_name": "fieldtest",
        "local_manifest_file": "conf/installed.json",
        "dest_dir": "app",
    }
    names = Names("otaa24d5.", "fieldtest_backup", manifest="conf/installed.json", dest="app/")
    shop = make(names, **options)
    # The folder that the manifest is in.
    shop.put({"conf/network.json": "{}"})
    updating(lambda: shop)
    shop.facts["boots_with"] = dict.fromkeys(options)
    shop.facts["boots_with"]["dest_dir"] = "."
    cuts = shop.cut("an update that replaces boot.py", online=True)
    yield cuts.first(
        "other_names",
        "half of the files are the new ones",
        lambda v: v.has(CHANGED) >= len(CHANGED) // 2,
    )
    shop.update()
    how = "an update that replaced boot.py is not confirmed"
    yield shop.rest("other_names_pending", how, "new")


STATES = (update, two_names_for_state, first_update, prune, skip_lists, two_spellings, other_names)
