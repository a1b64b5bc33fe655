"""Faults planted in the package, by which the simulator shows that it would see them."""

import sys


def _modules():
    return sys.modules["saguarota.flash"], sys.modules["saguarota.transaction"].Transaction


def state_in_place():
    """The state file is truncated and written."""
    flash, transaction = _modules()

    def set_state(self, word):
        flash.write_text(self.ota_state_file, word)

    transaction.set_state = set_state


def backup_counted_early():
    """A backup counts before it is made: half a one is restored."""
    flash, transaction = _modules()

    def back_up(self, path, buffer):
        flash.write_text(self.progress, "B", "a")
        backup = flash.join(self.backup_dir, path)
        flash.make_parents(backup)
        flash.copy(flash.join(self.dest_dir, path), backup, buffer)

    transaction.back_up = back_up


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

    fat_aliases.sweep = fat_aliases.sweep_journal = lambda *args: None
