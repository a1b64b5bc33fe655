"""Faults planted in the package, by which the failing flash shows that it would see them."""

import sys


def copies_fail_silently():
    """A file that could not be copied counts as copied: the rollback goes on, and is idle."""
    flash = sys.modules["saguarota.flash"]
    copy = flash.copy

    def silent(*args):
        try:
            copy(*args)
        except OSError:
            pass

    flash.copy = silent


def an_error_ends_all_attempts():
    """After the first error of a rollback none is ever tried again."""
    from saguarota import flash, rollback

    roll_back = rollback.roll_back

    def once(transaction, buffer):
        note = transaction.backup_dir + "/stop"
        if flash.kind(note):
            raise OSError(5)
        try:
            return roll_back(transaction, buffer)
        except OSError:
            flash.write_text(note, "")
            raise

    rollback.roll_back = once


def an_error_resets():
    """A check that fails with an I/O error resets the device, as if that would help."""
    updater = sys.modules["saguarota"].OTAUpdater
    check = updater.check_and_perform_ota

    def again(self):
        check(self)
        if self.last_error_code == "apply_failed":
            raise SystemExit

    updater.check_and_perform_ota = again
