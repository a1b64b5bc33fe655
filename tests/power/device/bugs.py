"""Faults planted in the package, by which the simulator shows that it would see them."""

import sys


def _modules():
    return sys.modules["saguarota.fs"], sys.modules["saguarota.transaction"].Transaction


# -- of an update --


def state_in_place():
    """The state file is truncated and written."""
    fs, transaction = _modules()

    def set_state(self, word):
        fs.write(self.ota_state_file, word)

    transaction.set_state = set_state


def backup_counted_early():
    """A backup counts before it is made: half a one is restored."""
    from saguarota import installation

    fs, _ = _modules()

    def back_up(self, path, *more):
        fs.write(self.progress, "B", "a")
        backup = fs.join(self.backup_dir, path)
        fs.make_parents(backup)
        fs.copy(fs.join(self.dest_dir, path), backup, more[-1])

    installation.back_up = back_up


def backup_not_synced():
    """A backup is closed, by which alone it gets to the flash, only when the next one is made."""
    fs, transaction = _modules()
    real, set_state = fs.copy, transaction.set_state
    left = []

    def close():
        while left:
            left.pop().close()

    def copy(path, target, buffer):
        close()
        if "_backup/" not in target:
            return real(path, target, buffer)
        left.append(open(target, "wb"))
        with open(path, "rb") as file:
            left[0].write(file.read())

    def closed_first(self, word):
        close()
        set_state(self, word)

    fs.copy = copy
    transaction.set_state = closed_first


def state_before_manifest():
    """The state says that the update is on trial before the new manifest is the local one."""
    from saguarota import installation

    _, transaction = _modules()
    commit, set_state = installation.commit, transaction.set_state

    def in_wrong_order(self):
        set_state(self, "confirm_pending")
        self.set_state = lambda word: None
        commit(self)
        del self.set_state

    installation.commit = in_wrong_order


def swap_stays():
    """The file that names what is being replaced is not removed."""
    fs, _ = _modules()
    remove = fs.remove
    fs.remove = lambda path: None if path.endswith(".swp") else remove(path)


def journal_without_folders():
    """The journal does not say which folders the update creates."""
    from saguarota import plan as module

    plan = module.plan

    def without_folders(transaction, *args):
        plan(transaction, *args)
        with open(transaction.journal) as file:
            lines = [line for line in file if not line.startswith("D ")]
        with open(transaction.journal, "w") as file:
            for line in lines:
                file.write(line)

    module.plan = without_folders


# -- of a rollback --


def left_new_unnoted():
    """What has no backup is left new, and not noted as due."""
    from saguarota import rollback

    call = rollback.call

    def skip(module, *rest):
        if module != "due":
            return call(module, *rest)

    rollback.call = skip


def one_error_stops_all():
    """A folder in the way of one file is an error, and ends the rollback."""
    from saguarota import fs, restoration, rollback

    def clear(path):
        if fs.kind(path) == fs.FOLDER:
            raise OSError(21)

    def failed(self, path, error):
        raise error

    restoration.aside.clear = clear
    rollback._Rollback.failed = failed


def in_the_way_removed():
    """What stands in the way is removed, whoever has made it."""
    from saguarota import folders, removal, restoration

    removal.aside.set_aside = restoration.aside.set_aside = folders.remove


def half_a_backup_restored():
    """The size of a backup is not looked at."""
    from saguarota import fs, rollback

    def is_whole(self, path, size):
        return fs.kind(self.backup(path)) == fs.FILE

    rollback._Rollback.is_whole = is_whole


def lost_without_a_word():
    """What could not be restored is not reported."""
    from saguarota import rollback

    rollback._Rollback.give_up = lambda self, path, why: None


def restless():
    """Each boot ends in a reset."""
    updater = sys.modules["saguarota"].OTAUpdater
    check = updater.check_and_perform_ota

    def check_and_perform_ota(self):
        check(self)
        raise SystemExit

    updater.check_and_perform_ota = check_and_perform_ota


def short_names_stay():
    """What a cut leaves of a long name on FAT is not looked for."""
    from saguarota import fat_aliases

    fat_aliases.sweep = fat_aliases.sweep_all = lambda *args: None
