"""One update on flash: what it changes, and what it leaves for the way back.

Before the state says ``installing``, the journal (see there) names the release and lists every file
that the update will touch, in path order:

    V md5 ...  of the manifest, or of HTTP-FS mode's list; then, with tabs in between, the options
               by which files are found
    M          there was no local manifest
    D folder   will be created; as the file system names it, the others relative to dest_dir
    F path     will be created
    B path     will be backed up, then replaced
    S path     will be replaced without a backup (skip lists)
    X path     will be backed up, then deleted; these come last, in no order
    - path     was to be created, but will not

Of the ``B``, ``S`` and ``X`` files, as many are dealt with as the progress file has bytes: ``B``
for one that is backed up, ``S`` for one that is replaced, ``-`` for one that stays as it is, or
that a rollback in little room has brought back. A backup beyond that may be half written and is
never restored. The swap file names the ``S`` file that is being replaced. These three, and the
backups, are all that ``rollback`` needs.

What the state file and the local manifest become is written beside them and renamed over them. On
FAT a cut may then leave the new file under both names, or the old one under neither: see ``mend``.
"""

import gc
import os

from _saguarota import digest
from micropython import const

from . import flash
from .const import OTAError, OTAErrorCode, OTAState, discard

# Endings of the names of the updater's own files: beside the backup, and beside others. They have
# 8.3 lower-case characters: of a longer one, a cut while FAT removes it may leave the short one.
_BACKUP = const("prg swp old run jrn res lst")
_OTHERS = const("sta new prt cut")


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
            self.trial,
            self.journal,
            self.resume,
            self.list,
        ) = [self.beside(backup_dir, end) for end in _BACKUP.split()]
        state, manifest, part, partial = _OTHERS.split()
        self.new_state = self.beside(ota_state_file, state)
        self.new_manifest = self.beside(local_manifest_file, manifest)
        self.part = flash.join(self.dest_dir, self._own + part)
        self.partial = flash.join(self.dest_dir, self._own + partial)
        # The journal, while it is being worked off.
        self.work = None
        # The digest of what is being installed.
        self.release = None
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

    # -- forward --

    def recall(self, path, buffer):
        """Makes what the file ``path`` describes the release to be installed. Raises OTAError if it
        failed before and has to wait."""
        with open(path, "rb") as file:
            self.release = digest("md5", file, buffer)
        if flash.kind(self.beside(self.backup_dir, "bad")):
            from . import memory

            try:
                memory.wait(self)
            finally:
                discard("memory")
                discard("mend")

    def install(self, path, buffer):
        """Puts the finished part file in place of ``path``, the next file of the journal, and backs
        up what is there."""
        mark = self.next_mark(path)
        target = flash.join(self.dest_dir, path)
        if mark == "F":
            flash.make_parents(target)
        elif mark == "B":
            self.back_up(path, buffer)
        else:
            flash.write_text(self.swap, path + "\n")
        flash.rename(self.part, target)
        if mark == "S":
            flash.write_text(self.progress, "S", "a")
            flash.remove(self.swap)

    def back_up(self, path, buffer):
        """Copies a file that is about to go."""
        backup = flash.join(self.backup_dir, path)
        # FAT knows no case: two paths of the manifest may be one file, backed up already.
        if flash.kind(backup) == flash.NONE:
            flash.make_parents(backup)
            try:
                flash.copy(flash.join(self.dest_dir, path), backup, buffer)
            except BaseException:
                # Of no use, and on a full flash the way back needs its room.
                flash.remove(backup)
                raise
        flash.write_text(self.progress, "B", "a")

    def next_mark(self, path):
        """The mark of the next file of the journal, which must be ``path``."""
        line = "D"
        while line[:1] in ("V", "M", "D"):
            line = self.work.readline()
        if line[2:].rstrip("\n") != path:
            raise OTAError(OTAErrorCode.APPLY, "the journal does not name %s" % path)
        return line[0]

    def commit(self):
        """Makes the staged manifest the local one and the state confirm_pending."""
        self.close()
        if flash.kind(self.new_manifest) == flash.FILE:
            flash.rename(self.new_manifest, self.local_manifest_file)
        # Of a file that this release no longer has.
        self.forget_partial()
        self.set_state(OTAState.CONFIRM_PENDING)

    def close(self):
        """Closes the journal, if it is open."""
        if self.work:
            self.work.close()

    # -- what is left of it --

    def has_backup(self):
        """Whether there is an update that can be undone."""
        return flash.kind(self.progress) == flash.FILE

    def discard_backup(self):
        """Removes the progress file first: without it nothing is ever restored from the rest; and
        the journal last, for it tells that there is more to remove."""
        interrupted = not self.has_backup() and flash.kind(self.journal)
        for name in (self.progress, self.swap, self.old_manifest, self.trial):
            flash.remove(name)
        flash.remove_tree(self.backup_dir)
        if interrupted:
            from . import mend

            mend.sweep(self.backup_dir)
        flash.remove(self.journal)
