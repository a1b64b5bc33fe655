"""What the power is cut in: for each scenario the device before it, and what may come of it."""

import json

from cutter import Cutter
from power.machine import applied
from power.oracle import PREFIX, End, state
from power.stage import Failed
from servers import PythonServer
from support import noise

# Of the updater's own files, with what they are there for: resuming downloads; a release that
# failed; files that a rollback could not bring back.
RESUME = frozenset({PREFIX + "cut", PREFIX + "res"})
MEMORY = frozenset({PREFIX + "bad"})
STALE = frozenset({PREFIX + "due"})

OWN = {"own_settings.json": b'{"name": "probe"}'}
OLD = {
    "main.py": noise(1100, 1),
    "lib/sensor_driver.py": noise(700, 2),
    "lib/unchanged_module.py": noise(300, 3),
    "settings_default.json": b'{"interval": 10}',
    "web_pages/index_page.html": noise(200, 4),
}
EXTRAS = {
    "old_notes_long.txt": noise(600, 21),
    "lib/removed_module.py": noise(300, 22),
    "old_folder/inner_part/leftover.py": noise(100, 23),
    "x.py": b"x",
}
SKIPPED = {"assets/large_page.css": noise(700, 31), "startup_logo.png": noise(900, 32)}
SKIPPED_NEW = {
    "assets/large_page.css": noise(800, 41),
    "startup_logo.png": noise(500, 42),
    "assets/created_icon.png": noise(100, 43),
}
PAGE = "web_pages/index_page.html"


def new_release(stage):
    """The files of the next release: replaced, created, in created folders, unchanged, an empty
    one, and one of several blocks."""
    return {
        "empty_marker.txt": b"",
        "lib/sensor_driver.py": noise(900, 12),
        "lib/unchanged_module.py": OLD["lib/unchanged_module.py"],
        "main.py": noise(400, 11),
        "new_folder/nested/deep_module.py": noise(150, 15),
        "settings_default.json": b'{"interval": 20, "unit": "s"}',
        PAGE: noise(max(2600, 2 * stage.block + 500), 14),
    }


# -- ends --


def old(before, spare=frozenset(), either=None):
    """The old release, with all that it had, or without what belonged to an earlier update."""
    return [
        End("the old release", before, spare, either or {}, whole=True),
        End("the old release", before, spare, either or {}),
    ]


def new(after):
    """The new release, with what an undisturbed device has beside it."""
    return [End("the new release", after, whole=True)]


def old_or_new(before, after):
    """Before the network returns."""
    return old(before) + new(after)


def only_new(before, after):
    """After it has returned."""
    return new(after)


# -- scenarios: each prepares a stage and returns its Case --


def _prepared(stage, more=None):
    stage.put(OWN)
    stage.adopt({**OLD, **(more or {})})
    stage.fill()
    stage.offer(new_release(stage))


def first(stage):
    """The first update of a device that has nothing."""
    stage.fill()
    stage.offer(new_release(stage))
    return stage.case(online=True, rest=old_or_new, final=only_new)


def incremental(stage):
    """The next release."""
    _prepared(stage)
    return stage.case(online=True, rest=old_or_new, final=only_new)


def forced(stage):
    """The same with force_update: unchanged files are installed, too."""
    _prepared(stage)
    stage.options["force_update"] = True
    return stage.case(online=True, rest=old_or_new, final=only_new)


def prune(stage):
    """Files that the release does not name are deleted, and folders that get empty."""
    stage.options["delete_files_not_in_manifest_policy"] = "all"
    stage.put(OWN)
    stage.adopt(OLD)
    stage.put(EXTRAS)
    stage.fill()
    stage.offer(new_release(stage))
    return stage.case(online=True, rest=old_or_new, final=only_new)


def resume(stage):
    """A download that was cut by the network goes on."""
    stage.options["resume_downloads"] = True
    _prepared(stage)
    with Cutter(f"http://127.0.0.1:{stage.port}/", after=1500, path=PAGE) as cutter:
        done = stage.boot(port=int(cutter.url.split(":")[2].split("/")[0]))
    if done.boots[0]["code"] != "download_failed" or len(stage.tree()[PREFIX + "cut"]) != 1500:
        raise Failed(f"resume: {done.boots[0]} {done.console}")

    def rest(before, after):
        return old(before, RESUME) + new(after)

    return stage.case(online=True, rest=rest, final=only_new)


def http_fs(stage):
    """The release that a web server lists."""
    server = stage.running.enter_context(PythonServer(stage.release.folder))
    _prepared(stage)
    stage.port = server.port
    stage.options.update(base_file_url="http://release/", recurse_http_fs=True)
    return stage.case(online=True, rest=old_or_new, final=only_new)


def failed(stage):
    """One file does not have its MD5: the update fails and is rolled back in the same boot."""
    _prepared(stage)
    mended = stage.release.manifest
    manifest = json.loads(mended)
    (entry,) = (entry for entry in manifest["files"] if entry["path"] == PAGE)
    entry["md5"] = "0" * 32
    stage.release.manifest = json.dumps(manifest)

    def mend():
        stage.release.manifest = mended

    def rest(before, after):
        return old(before, MEMORY)

    def final(before, after):
        stage.update()
        return new(stage.tree())

    return stage.case(online=True, rest=rest, final=final, code="md5_mismatch", mend=mend)


def rollback(stage):
    """An update was cut near its end; the power is cut again in the rollback."""
    _prepared(stage)
    case = stage.case(online=True, rest=old_or_new, final=only_new)
    stage.image = _installing(stage, case)
    return stage.case(
        rest=lambda before, after: case.rest[:2], final=lambda before, after: case.final
    )


def revert(stage):
    """The way back from an update that is not confirmed."""
    _prepared(stage)
    stage.update()

    def rest(before, after):
        return new(before) + old(after)

    return stage.case("revert_update", rest=rest, final=lambda before, after: new(before))


def confirm(stage):
    """The confirmation with the clean-up."""
    _prepared(stage)
    stage.update()
    return stage.case("confirm_update", True, rest=_confirmed, final=_confirmed)


def cleanup(stage):
    """The clean-up after the confirmation."""
    _prepared(stage)
    stage.update()
    stage.boot("confirm_update", online=False)
    return stage.case("cleanup_files", rest=_confirmed, final=_confirmed)


def skip_lists(stage):
    """Files that the default skip lists cover are replaced without a backup."""
    del stage.options["backup_skip_extensions"], stage.options["backup_skip_prefixes"]
    _prepared(stage, SKIPPED)
    stage.offer(SKIPPED_NEW)
    either = {path: (SKIPPED[path], SKIPPED_NEW[path]) for path in SKIPPED}

    def rest(before, after):
        return old(before, STALE, either) + new(after)

    return stage.case(online=True, rest=rest, final=only_new)


def _confirmed(before, after):
    """Unconfirmed as before, or confirmed, with all of the backup or nothing of it."""
    kept = {**before, "ota_state.txt": b"idle"}
    return [
        End("unconfirmed", before, whole=True),
        End("confirmed", kept, whole=True),
        End("confirmed and clean", after, whole=True),
    ]


def _installing(stage, case):
    """The image of a cut in the update, as late as the state says installing."""
    for end in range(len(case.log) * 9 // 10, 0, -1):
        image = applied(case.image, case.log[:end])
        if state(stage.machine.tree(image)) == "installing":
            return image
    raise Failed("the update never says that it installs")


SCENARIOS = {
    "first": first,
    "incremental": incremental,
    "forced": forced,
    "prune": prune,
    "resume": resume,
    "http_fs": http_fs,
    "failed": failed,
    "rollback": rollback,
    "revert": revert,
    "confirm": confirm,
    "cleanup": cleanup,
    "skip_lists": skip_lists,
}
