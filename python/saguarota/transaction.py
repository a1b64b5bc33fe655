"""One update on flash: what it changes, and what it leaves for the rollback.

Before the state says ``installing``, the journal (see ``journal``) names the release and lists
every file that the update will touch, in path order. Of the files that were there before, as many
are dealt with as the progress file has bytes:

    B  backed up
    S  replaced without a backup
    -  stays as it is; or a rollback has restored it and removed its backup
    L  left as it is by a rollback, which could not restore it

A backup beyond that may be half written. The swap file names the ``S`` file that is being replaced.
These three, and the backups, are all that ``rollback`` needs.

The boots file has a byte for each event that outlives a boot:

    .  a check has found the update unconfirmed
    U  nobody confirmed the update in time: it is being rolled back
    F  an installation failed, and memory did not suffice to record that
    R  an attempt at a rollback failed

What the state file and the local manifest become is written beside them and renamed over them. On
FAT a cut may then leave the new file under both names, or the old one under neither: see ``mend``.
"""

import gc
import os

from micropython import const

from . import flash
from .const import OTAState, discard

# Endings of the names of the updater's own files: beside the backup, and beside others. They have
# 8.3 lower-case characters: of a longer one, a cut while FAT removes it may leave the short one.
_BACKUP = const("prg swp old run jrn res lst due bad")
_OTHERS = const("sta new prt cut")
# The number of the journal's format.
FORMAT = "2"
# So many releases that fail in a row are tried at once. A manifest that is another one at each
# request would keep the device from its application.
ROW_MAX = 5
# A rollback that fails is tried again at so many boots, before it gives up what fails.
_ATTEMPTS = const(3)


def parse(line, sized=True):
    """``(mark, size, path)`` of a line of the journal; ``size`` is None where it has none, as none
    has in format 1 (``sized`` is false)."""
    mark, path = line[:1], line[2:].rstrip("\n")
    size = None
    if sized and mark in ("B", "K", "X"):
        size, _, path = path.partition(" ")
        size = int(size)
    return mark, size, path


class Transaction:
    """The files of one updater.

    ``dest_dir``: where paths of the manifest begin. ``backup_dir``, ``ota_state_file``,
    ``local_manifest_file``: relative to the current directory. ``backup_skip_*``: files that are
    not backed up. ``resume_downloads``: the partial file outlives an attempt, as long as its side
    file says what it belongs to. OSError of the file system passes through all methods.
    """

    def __init__(
        self,
        dest_dir,
        backup_dir,
        ota_state_file,
        local_manifest_file,
        backup_skip_extensions,
        backup_skip_prefixes,
        resume_downloads=False,
    ):
        # FAT has no "./app", littlefs no "app/".
        self.dest_dir = "." if dest_dir == "." else flash.absolute(dest_dir)
        self.backup_dir = backup_dir
        self.ota_state_file = ota_state_file
        self.local_manifest_file = local_manifest_file
        number = 0
        for byte in backup_dir.encode():
            number = (number * 31 + byte) & 0xFFFFF
        self._own = "ota%05x." % number
        (
            self.progress,
            self.swap,
            self.old_manifest,
            self.boots,
            self.journal,
            self.resume,
            self.list,
            self.due,
            self.note,
        ) = [self.beside(backup_dir, end) for end in _BACKUP.split()]
        state, manifest, part, partial = _OTHERS.split()
        self.new_state = self.beside(ota_state_file, state)
        self.new_manifest = self.beside(local_manifest_file, manifest)
        self.part = flash.join(self.dest_dir, self._own + part)
        self.partial = flash.join(self.dest_dir, self._own + partial)
        # The journal, while it is being worked off.
        self.work = None
        # What is to be recorded after a rollback, as that was not possible before it.
        self.failure = None
        # The digest of what is being installed.
        self.release = None
        # It failed before, and has to wait.
        self.waits = False
        self.backup_skip_extensions = backup_skip_extensions
        self.backup_skip_prefixes = backup_skip_prefixes
        self.resume_downloads = resume_downloads

    def beside(self, path, end):
        """The updater's own file with this ending, in the folder of ``path``."""
        return path[: path.rfind("/") + 1] + self._own + end

    # -- state --

    def state(self):
        """The word of the state file; what is none of the three words reads as idle. Finishes a
        change of state that a cut has interrupted."""
        # A cut in the middle of a rename across folders keeps littlefs from finding a file until it
        # finishes the rename: before it removes anything, even what is never there.
        for path in (self.new_state, self.new_manifest, self.journal, self.part):
            try:
                os.remove(self.beside(path, "nil"))
            except OSError:
                pass
        if flash.kind(self.new_state) or flash.kind(self.new_state[:-1] + "2"):
            from . import mend

            mend.state(self)
        word = flash.read_text(self.ota_state_file, 64).strip()
        return word if word in (OTAState.INSTALLING, OTAState.CONFIRM_PENDING) else OTAState.IDLE

    def set_state(self, state):
        """Changes the state: from the moment when the new word is whole beside the state file."""
        flash.write_text(self.new_state, state)
        flash.rename(self.new_state, self.ota_state_file)

    def own_files(self, paths=()):
        """The updater's own files below ``dest_dir``, and those of ``paths``, relative to it, one a
        line, as the native module takes them."""
        names = {self.backup_dir, self.ota_state_file, self.local_manifest_file}
        names.update(paths)
        for path in (self.new_state, self.new_manifest, self.journal, self.part):
            # All that begin so.
            names.add(flash.absolute(path)[:-3])
        # In lower case: FAT has no other, and the options may spell one folder in two ways.
        base = flash.absolute(self.dest_dir).rstrip("/").lower() + "/"
        own = ""
        for name in names:
            name = flash.absolute(name).lower()
            if name.startswith(base):
                own += name[len(base) :] + "\n"
        # A copy, for this one lies behind much garbage, where it would keep the heap in pieces.
        del names
        gc.collect()
        return own[:-1]

    def clean(self):
        """Removes what an update that was given up before it installed anything has left, but not
        what may be resumed of a download."""
        flash.remove(self.new_manifest)
        flash.remove(self.list)
        flash.remove_tree(self.part)
        flash.remove(self.part[:-1] + "2")
        if not (self.resume_downloads and flash.kind(self.resume) == flash.FILE):
            self.forget_partial()
        if not self.has_backup() and flash.kind(self.journal):
            self.discard_backup()

    def forget_partial(self):
        """Removes the partial file; its side file first, without which it is never resumed."""
        flash.remove_tree(self.resume)
        flash.remove_tree(self.partial)

    def close(self):
        """Closes the journal, if it is open."""
        if self.work:
            self.work.close()

    # -- what is left of it --

    def has_backup(self):
        """Whether there is an update that can be undone."""
        return flash.kind(self.progress) == flash.FILE

    def discard_backup(self):
        """Removes the backup and what belongs to it, but not backups that are kept."""
        from .backup import remove_backup

        try:
            remove_backup(self)
        finally:
            discard("backup")

    def events(self):
        """The text of the boots file; empty where it cannot be read, which keeps nothing from being
        rolled back."""
        try:
            return flash.read_text(self.boots, 2048)
        except OSError:
            return ""

    def is_last_attempt(self):
        """Whether as many attempts at a rollback have failed as may."""
        return self.events().count("R") >= _ATTEMPTS

    def try_again(self):
        """Counts an attempt at a rollback that failed; true if the next boot may come at once for
        another one. Where it cannot be counted, a reset might follow a reset for ever."""
        try:
            last = self.is_last_attempt()
            flash.write_text(self.boots, "R", "a")
        except OSError:
            return False
        return not last
