"""What the power is cut in: for each scenario the device before it, and what may come of it."""

import json

from cutter import Cutter
from power.expected import PREFIX
from power.machine import applied
from power.oracle import End, state
from power.stage import Failed
from servers import PythonServer
from support import noise

# Of the updater's own files, with what they are there for: resuming downloads; a release that
# failed; files that a rollback could not bring back.
RESUME = frozenset({PREFIX + "cut", PREFIX + "res"})
MEMORY = frozenset({PREFIX + "bad", PREFIX + "ba2"})
STALE = frozenset({PREFIX + "due", PREFIX + "du2"})

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


# -- ends, of the expected.Device there --


def old(device, spare=frozenset(), either=None):
    """The old release, with all that it had."""
    return [End("the old release", device.tree(), spare, either or {})]


def new(device, spare=frozenset()):
    """The new release, with what an undisturbed device has beside it."""
    return [End("the new release", device.tree(), spare)]


# -- scenarios: each prepares a stage and returns its Case --


def _prepared(stage, more=None):
    stage.put(OWN)
    stage.adopt({**OLD, **(more or {})})
    stage.fill()
    stage.offer(new_release(stage))


def _updating(stage):
    """The case of an update: before the network returns the device is old or new, then new."""
    updated = stage.updated()
    return stage.case(online=True, rest=old(stage.device) + new(updated), final=new(updated))


def first(stage):
    """The first update of a device that has nothing."""
    stage.fill()
    stage.offer(new_release(stage))
    return _updating(stage)


def incremental(stage):
    """The next release."""
    _prepared(stage)
    return _updating(stage)


def forced(stage):
    """The same with force_update: unchanged files are installed, too."""
    _prepared(stage)
    stage.options["force_update"] = True
    return _updating(stage)


def prune(stage):
    """Files that the release does not name are deleted, and folders that get empty."""
    stage.put(OWN)
    stage.adopt(OLD)
    # Those that shift the names are to stay.
    stage.options["delete_files_not_in_manifest_policy"] = (
        "custom_extensions" if stage.shift else "all"
    )
    stage.options["delete_files_not_in_manifest_extensions"] = (".py", ".txt")
    stage.put(EXTRAS)
    stage.fill()
    stage.offer(new_release(stage))
    return _updating(stage)


def resume(stage):
    """A download that was cut by the network goes on."""
    stage.options["resume_downloads"] = True
    _prepared(stage)
    with Cutter(f"http://127.0.0.1:{stage.port}/", after=1500, path=PAGE) as cutter:
        done = stage.boot(port=int(cutter.url.split(":")[2].split("/")[0]))
    if done.boots[0]["code"] != "download_failed" or len(stage.tree()[PREFIX + "cut"]) != 1500:
        raise Failed(f"resume: {done.boots[0]} {done.console}")
    # The release has failed, and waits.
    stage.check("a boot that waits", stage.boot(), RESUME | MEMORY)
    updated = stage.updated()
    rest = old(stage.device, RESUME | MEMORY) + new(updated, MEMORY)
    return stage.case(online=True, rest=rest, final=new(updated, MEMORY))


def http_fs(stage):
    """The release that a web server lists."""
    server = stage.running.enter_context(PythonServer(stage.release.folder))
    _prepared(stage)
    stage.port = server.port
    stage.options.update(base_file_url="http://release/", recurse_http_fs=True)
    return _updating(stage)


def failed(stage):
    """One file does not have its MD5: the update fails and is rolled back in the same boot."""
    _prepared(stage)
    mended, offer = _broken(stage)
    rest, final = old(stage.device, MEMORY), new(stage.updated(mended), MEMORY)
    return stage.case(online=True, rest=rest, final=final, code="md5_mismatch", offer=offer)


def waiting(stage):
    """A boot of those that a release which failed twice has to wait."""
    _prepared(stage)
    mended, offer = _broken(stage)
    for _ in range(3):
        stage.check("a release that fails", stage.boot(), MEMORY)
    ends = old(stage.device, MEMORY), new(stage.updated(mended), MEMORY)
    return stage.case(
        online=True, code="md5_mismatch", offer=offer, rest=ends[0], held=ends[0], final=ends[1]
    )


def rollback(stage):
    """An update was cut near its end; the power is cut again in the rollback."""
    case = incremental(stage)
    stage.image = _installing(stage, case)
    return stage.case(rest=old(stage.device), final=case.final)


def revert(stage):
    """The way back from an update that is not confirmed."""
    _prepared(stage)
    stage.update()
    rest = new(stage.device) + old(stage.device.reverted())
    return stage.case("revert_update", rest=rest, final=new(stage.device))


def trial(stage):
    """A boot that counts towards the end of a trial."""
    stage.options["max_unconfirmed_boots"] = 9
    _prepared(stage)
    stage.update()
    return stage.case(rest=new(stage.device), final=new(stage.device))


def trial_over(stage):
    """The boot after the last one of a trial: the update is reverted, and not installed again."""
    stage.options["max_unconfirmed_boots"] = 2
    _prepared(stage)
    stage.update()
    stage.check("a boot on trial", stage.boot())
    refused = stage.release.manifest
    mended = stage.offer({"main.py": noise(500, 51)}, 3000)
    better, stage.release.manifest = stage.release.manifest, refused

    def offer(is_mended):
        stage.release.manifest = better if is_mended else refused

    updated = stage.device
    stage.device = updated.reverted()
    rest = old(stage.device, MEMORY)
    # The new release is given up, and known for that until it is another one that is confirmed.
    final = new(stage.updated(mended), MEMORY)
    return stage.case(rest=rest, held=rest, final=final, offer=offer)


def confirm(stage):
    """The confirmation with the clean-up."""
    _prepared(stage)
    stage.update()
    ends = [End("unconfirmed", stage.device.tree()), *_confirmed(stage.device)]
    return stage.case("confirm_update", True, rest=ends, final=ends)


def cleanup(stage):
    """The clean-up after the confirmation."""
    _prepared(stage)
    stage.update()
    done = stage.boot("confirm_update", online=False)
    ends = _confirmed(stage.device)
    stage.device = stage.device.confirmed()
    stage.check("confirmation", done)
    return stage.case("cleanup_files", rest=ends, final=ends)


def skip_lists(stage):
    """Files that the default skip lists cover are replaced without a backup."""
    del stage.options["backup_skip_extensions"], stage.options["backup_skip_prefixes"]
    _prepared(stage, SKIPPED)
    stage.offer(SKIPPED_NEW)
    either = {path: (SKIPPED[path], SKIPPED_NEW[path]) for path in SKIPPED}
    updated = stage.updated()
    rest = old(stage.device, STALE, either) + new(updated)
    # A file that a rollback has left new is due until the update is confirmed.
    return stage.case(online=True, rest=rest, final=new(updated, STALE))


def _confirmed(device):
    """Confirmed, with all of the backup or nothing of it."""
    kept = device.confirmed()
    return [End("confirmed", kept.tree()), End("confirmed and clean", kept.cleaned().tree())]


def _broken(stage):
    """Breaks the release: a file does not have the MD5 that the manifest says. Returns what the
    server has when it is mended, and a function that mends it, or breaks it again."""
    served = stage.served()
    mended = stage.release.manifest
    manifest = json.loads(mended)
    (entry,) = (entry for entry in manifest["files"] if entry["path"] == PAGE)
    entry["md5"] = "0" * 32
    broken = stage.release.manifest = json.dumps(manifest)

    def offer(is_mended):
        stage.release.manifest = mended if is_mended else broken

    return served, offer


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
    "waiting": waiting,
    "rollback": rollback,
    "revert": revert,
    "trial": trial,
    "trial_over": trial_over,
    "confirm": confirm,
    "cleanup": cleanup,
    "skip_lists": skip_lists,
}
