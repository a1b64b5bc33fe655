"""One update on flash: its state, and what becomes of its files.

Before the state says ``installing``, the journal names the release and every file that the update
will touch. The progress file says how far the update has come. The swap file names the file that
is being replaced without a backup. These three and the backups are all that ``rollback`` needs.

The boots file has a byte for each event that outlives a boot:

    .  a check has found the update unconfirmed
    U  nobody confirmed the update in time: it is being rolled back
    F  an installation failed, and memory did not suffice to record that
    R  an attempt at a rollback failed

What the state file and the local manifest become is written beside them and renamed over them. On
FAT a power loss may then leave the new file under both names, or the old one under neither: see
``atomic_file``.
"""

import os

from micropython import const

from . import fs
from .const import OTAErrorCode, OTAState, call, constructing, load, unload

# A rollback that fails is tried again at so many boots, before it gives up what fails.
_ATTEMPTS = const(3)


class Transaction:
    """The update of one updater.

    ``dest_dir``, ``backup_dir``, ``ota_state_file``, ``local_manifest_file``: as in ``paths``,
    which adds an attribute for each file of the updater. ``backup_skip_*``: files that are not
    backed up. ``resume_downloads``: the partial file outlives an attempt, as long as its side file
    names what it belongs to. OSError of the file system passes through all methods.
    """

    # The step of an update that makes its plan: see ``step``.
    PREPARING = OTAErrorCode.APPLY, "preparing the update"

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
        with constructing:
            call("paths", "paths", self, dest_dir, backup_dir, ota_state_file, local_manifest_file)
        self.backup_skip_extensions = backup_skip_extensions
        self.backup_skip_prefixes = backup_skip_prefixes
        self.resume_downloads = resume_downloads
        # The journal, while it is being worked off.
        self.work = None
        # The OTAErrorCode of an error of the flash now, and what is being done.
        self.step = OTAErrorCode.APPLY, ""
        # The digest of what is being installed.
        self.release_digest = None
        # It failed before, and has to wait.
        self.waits = False
        # What is to be recorded after a rollback, as that was not possible before it.
        self.failure = None

    # -- state --

    def state(self):
        """The word of the state file; any other content reads as idle. Finishes a change of state
        that a power loss has interrupted."""
        # A power loss in the middle of a rename across folders keeps littlefs from finding a file
        # until it finishes the rename: before it removes anything, even what is never there.
        for path in (self.new_state, self.new_manifest, self.journal, self.part):
            try:
                os.remove(path[:-3] + "nil")
            except OSError:
                pass
        if fs.kind(self.new_state) or fs.kind(self.new_state[:-1] + "2"):
            atomic_file = load("atomic_file")
            atomic_file.finish_state(self)
        word = fs.read(self.ota_state_file, 64).strip()
        return word if word in (OTAState.INSTALLING, OTAState.CONFIRM_PENDING) else OTAState.IDLE

    def set_state(self, state):
        """Changes the state: from the moment when the new word is whole beside the state file."""
        fs.write(self.new_state, state)
        fs.rename(self.new_state, self.ota_state_file)

    def remove(self, path):
        """Removes a file, or the folder that somebody has made of that name."""
        if fs.kind(path) == fs.FOLDER:
            folders = load("folders")
            folders.remove(path)
        else:
            fs.remove(path)

    def clean(self):
        """Removes what an update that was given up before it installed anything has left, but not
        what may be resumed of a download."""
        fs.remove(self.new_manifest)
        fs.remove(self.list)
        self.remove(self.part)
        fs.remove(self.part[:-1] + "2")
        if not (self.resume_downloads and fs.kind(self.resume) == fs.FILE):
            self.remove_partial()
        if not self.has_backup() and fs.kind(self.journal):
            self.remove_backup()

    def remove_partial(self):
        """Removes the partial file; its side file first, without which it is never resumed."""
        self.remove(self.resume)
        self.remove(self.partial)

    def close(self):
        """Closes the journal, if it is open."""
        if self.work:
            self.work.close()

    # -- what is left of it --

    def has_backup(self):
        """Whether there is an update that can be undone."""
        return fs.kind(self.progress) == fs.FILE

    def remove_backup(self):
        """Removes the backup and what belongs to it, but not backups that are retained."""
        call("backup", "remove_backup", self)
        unload("folders", "retained")

    def events(self):
        """The text of the boots file; empty where it cannot be read, which keeps nothing from being
        rolled back."""
        try:
            return fs.read(self.boots, 2048)
        except OSError:
            return ""

    def is_last_attempt(self):
        """Whether as many attempts at a rollback have failed as may."""
        return self.events().count("R") >= _ATTEMPTS

    def may_retry(self):
        """Counts an attempt at a rollback that failed; true if the next boot may come at once for
        another one. Where it cannot be counted, a reset might follow a reset for ever."""
        try:
            last = self.is_last_attempt()
            fs.write(self.boots, "R", "a")
        except OSError:
            return False
        return not last
