"""One update on flash: what it changes, and what it leaves for the way back.

Before the state says ``installing``, the journal lists every file that the update will touch, in
path order:

    M          there was no local manifest
    D folder   will be created; as the file system names it, the others relative to dest_dir
    F path     will be created
    B path     will be backed up, then replaced
    S path     will be replaced without a backup (skip lists)
    X path     will be backed up, then deleted; these come last, in no order
    - path     was to be created, but will not

Of the ``B`` and ``X`` files, as many are dealt with as the progress file has bytes: ``B`` for one
that is backed up, ``-`` for one that stays as it is, or that a rollback in little room has brought
back. A backup beyond that may be half written and is never restored. The swap file names the ``S``
file that is being replaced. These three, and the backups, are all that ``rollback`` needs.
"""

import gc
import os

from micropython import const

from . import flash
from .const import OTAError, OTAErrorCode, OTAState, log, on_flash

_LOW_SPACE_PERCENT = const(40)


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
        self.new_manifest = local_manifest_file + ".new"
        self.old_manifest = local_manifest_file + ".old"
        # MicroPython's table of names is short of room: no second one with a dot for each.
        for name in ("journal", "progress", "swap", "resume", "list"):
            setattr(self, name, backup_dir + "." + name)
        # The journal, while it is being worked off.
        self.work = None
        # A cut in FAT's rename of a long name may leave its short one, a second name for the
        # clusters of the new file. A name of 8.3 lower-case characters goes at once.
        number = 0
        for byte in backup_dir.encode():
            number = (number * 31 + byte) & 0xFFFFF
        name = flash.join(self.dest_dir, "ota%05x" % number)
        self.part = name + ".prt"
        self.partial = name + ".cut"
        self.backup_skip_extensions = backup_skip_extensions
        self.backup_skip_prefixes = backup_skip_prefixes
        self.resume_downloads = resume_downloads

    # -- state --

    def state(self):
        """The word of the state file; what is none of the three words reads as idle. Finishes a
        change of state that a cut has interrupted."""
        word = flash.read_text(self.ota_state_file + ".new", 64).strip()
        if word in (OTAState.IDLE, OTAState.INSTALLING, OTAState.CONFIRM_PENDING):
            self.set_state(word)
        else:
            word = flash.read_text(self.ota_state_file, 64).strip()
        return word if word in (OTAState.INSTALLING, OTAState.CONFIRM_PENDING) else OTAState.IDLE

    def set_state(self, word):
        """Changes the state: from the moment when the new word is whole beside the state file.

        No rename: where a cut leaves two names for one file, FAT would free its clusters twice.
        """
        new = self.ota_state_file + ".new"
        flash.write_text(new, word)
        flash.write_text(self.ota_state_file, word)
        flash.remove(new)

    def own_files(self, paths=()):
        """The updater's own files below ``dest_dir``, and those of ``paths``, relative to it, one a
        line."""
        # In lower case: FAT has no other, and the options may spell one folder in two ways.
        base = flash.absolute(self.dest_dir).rstrip("/").lower() + "/"
        own = ""
        # One after the other: an update has little heap left when it asks for this.
        for name in (
            self.backup_dir,
            self.journal,
            self.progress,
            self.swap,
            self.resume,
            self.list,
            self.part,
            self.part + "2",
            self.partial,
            self.ota_state_file,
            self.ota_state_file + ".new",
            self.local_manifest_file,
            self.new_manifest,
            self.old_manifest,
        ) + paths:
            name = flash.absolute(name).lower()
            if name.startswith(base):
                own += name[len(base) :] + "\n"
        # A copy, for this one lies behind much garbage, where it would keep the heap in pieces.
        gc.collect()
        return own[:-1]

    def clean(self):
        """Removes what an update that was given up before it installed anything has left, but not
        what may be resumed of a download."""
        flash.remove(self.new_manifest)
        flash.remove(self.list)
        flash.remove_tree(self.part)
        flash.remove(self.part + "2")
        if not (self.resume_downloads and flash.kind(self.resume) == flash.FILE):
            self.forget_partial()
        if not self.has_backup():
            self.discard_backup()

    def forget_partial(self):
        """Removes the partial file; its side file first, without which it is never resumed."""
        flash.remove_tree(self.resume)
        flash.remove_tree(self.partial)

    # -- forward --

    def plan(self, paths):
        """Writes the journal for these paths, which are in path order; nothing is changed yet."""
        self.discard_backup()
        flash.make_parents(self.journal)
        with open(self.journal, "w") as journal:
            if flash.kind(self.local_manifest_file) == flash.NONE:
                journal.write("M\n")
            known = ""
            for path in paths:
                known = self._note(journal, path, known)

    def begin(self, size, buffer):
        """Makes the state installing, by the plan. ``size``: bytes that the new files are known to
        have at least."""
        space = flash.space(self.dest_dir)
        if space:
            free, total = space
            if flash.kind(self.partial) == flash.FILE:
                # Part of them, or gone as soon as the room is needed.
                free += os.stat(self.partial)[6]
            if free * 100 < total * _LOW_SPACE_PERCENT:
                log("warning: only %d%% of the file system is free" % (free * 100 // total))
            if size > free:
                raise OTAError(
                    OTAErrorCode.APPLY, "the new files have %d bytes, %d are free" % (size, free)
                )
        local = self.local_manifest_file
        if flash.kind(local) == flash.FILE:
            on_flash("copying " + local, flash.copy, local, self.old_manifest, buffer)
        try:
            # With this file, all of it is there.
            flash.write_text(self.progress, "")
            self.set_state(OTAState.INSTALLING)
        except BaseException:
            # Nothing is changed yet, and nothing must be undone later.
            flash.remove(self.ota_state_file + ".new")
            self.discard_backup()
            raise
        self.work = open(self.journal)
        flash.make_parents(self.part)

    def _note(self, journal, path, known):
        """Writes a path's lines; ``known`` is the folder whose lines were written last."""
        target = flash.join(self.dest_dir, path)
        found = flash.kind(target)
        if found == flash.FOLDER:
            raise OTAError(OTAErrorCode.APPLY, "%s is a folder on the device" % path)
        if found == flash.FILE:
            journal.write("%s %s\n" % ("S" if self._skipped(path) else "B", path))
            return known
        slash = target.find("/", 1)
        while slash > 0:
            folder = target[:slash]
            if not known.startswith(folder + "/"):
                found = flash.kind(folder)
                if found == flash.FILE:
                    raise OTAError(
                        OTAErrorCode.APPLY, "%s: %s is a file on the device" % (path, folder)
                    )
                if found == flash.NONE:
                    journal.write("D %s\n" % folder)
            slash = target.find("/", slash + 1)
        journal.write("F %s\n" % path)
        return target[: target.rfind("/") + 1] or known

    def _skipped(self, path):
        name = path.lower()
        for extension in self.backup_skip_extensions:
            if name.endswith(extension):
                return True
        for prefix in self.backup_skip_prefixes:
            if path.startswith(prefix):
                return True
        return False

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
        os.rename(self.part, target)
        if mark == "S":
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
        while line[:1] in ("M", "D"):
            line = self.work.readline()
        if line[2:].rstrip("\n") != path:
            raise OTAError(OTAErrorCode.APPLY, "the journal does not name %s" % path)
        return line[0]

    def commit(self, buffer):
        """Makes the staged manifest the local one and the state confirm_pending."""
        self.close()
        if flash.kind(self.new_manifest) == flash.FILE:
            flash.copy(self.new_manifest, self.local_manifest_file, buffer)
            flash.remove(self.new_manifest)
        # Of a file that this release no longer has.
        self.forget_partial()
        self.set_state(OTAState.CONFIRM_PENDING)

    def close(self):
        """Closes the journal, if it is open."""
        if self.work:
            self.work.close()
            self.work = None

    # -- what is left of it --

    def has_backup(self):
        """Whether there is an update that can be undone."""
        return flash.kind(self.progress) == flash.FILE

    def discard_backup(self):
        """Removes the progress file first: without it nothing is ever restored from the rest."""
        flash.remove(self.progress)
        flash.remove(self.journal)
        flash.remove(self.swap)
        flash.remove(self.old_manifest)
        flash.remove_tree(self.backup_dir)
