"""One update on flash: what it changes, and how that is undone.

Before the state says ``installing``, the journal lists every file that the update will touch, in
path order:

    M          there was no local manifest
    D folder   will be created; as the file system names it, the others relative to dest_dir
    F path     will be created
    B path     will be backed up, then replaced
    S path     will be replaced without a backup (skip lists)

Of the ``B`` files, as many are backed up as the progress file has bytes; a backup beyond that may
be half written and is never restored. The swap file names the ``S`` file that is being replaced. So
a rollback needs nothing but these three, and it can be cut and begun again at any point: backups
stay until the state is idle.

A rename is atomic on littlefs. On FAT a cut may leave the old name, both names for one chain of
clusters, or none; what follows here never frees clusters that are in use.
"""

import os

from micropython import const

from . import flash
from .const import OTAError, OTAErrorCode, OTAState, log

_LOW_SPACE_PERCENT = const(40)


class Transaction:
    """The files of one updater.

    ``dest_dir``: where paths of the manifest begin. ``backup_dir``, ``ota_state_file``,
    ``local_manifest_file``: relative to the current directory. ``backup_skip_*``: files that are
    not backed up. OSError of the file system passes through all methods.
    """

    def __init__(
        self,
        dest_dir,
        backup_dir,
        ota_state_file,
        local_manifest_file,
        backup_skip_extensions,
        backup_skip_prefixes,
    ):
        # FAT has no "./app", littlefs no "app/".
        self.dest_dir = "." if dest_dir == "." else flash.absolute(dest_dir)
        self.backup_dir = backup_dir
        self.ota_state_file = ota_state_file
        self.local_manifest_file = local_manifest_file
        self.new_manifest = local_manifest_file + ".new"
        self._old_manifest = local_manifest_file + ".old"
        self._journal = backup_dir + ".journal"
        self._progress = backup_dir + ".progress"
        self._swap = backup_dir + ".swap"
        self._work = None
        self.part = flash.join(self.dest_dir, backup_dir[backup_dir.rfind("/") + 1 :] + ".part")
        self.backup_skip_extensions = backup_skip_extensions
        self.backup_skip_prefixes = backup_skip_prefixes

    # -- state --

    def state(self):
        """The word of the state file; what is none of the three words reads as idle."""
        word = flash.read_word(self.ota_state_file)
        # A file system without atomic replacement may have lost the old name already.
        if not word and flash.kind(self.ota_state_file) == flash.NONE:
            word = flash.read_word(self.ota_state_file + ".new")
        return word if word in (OTAState.INSTALLING, OTAState.CONFIRM_PENDING) else OTAState.IDLE

    def set_state(self, word):
        flash.write_word(self.ota_state_file, word)

    def own_files(self):
        """The updater's own files below ``dest_dir``, relative to it, one a line."""
        names = [self.backup_dir, self._journal, self._journal + ".new", self._progress, self._swap]
        names += [self.part, self.part + "2", self.ota_state_file, self.ota_state_file + ".new"]
        names += [self.local_manifest_file, self.new_manifest, self._old_manifest]
        base = flash.absolute(self.dest_dir).rstrip("/") + "/"
        paths = [flash.absolute(name) for name in names]
        return "\n".join([path[len(base) :] for path in paths if path.startswith(base)])

    def clean(self):
        """Removes what an update that was given up before it installed anything has left."""
        flash.remove(self.new_manifest)
        flash.remove(self.part)
        flash.remove(self.part + "2")
        flash.remove(self._journal + ".new")
        if not self.has_backup():
            self.discard_backup()

    # -- forward --

    def begin(self, paths, buffer):
        """Writes the journal for the due paths, in path order, and makes the state installing."""
        self.discard_backup()
        free = flash.free_percent(self.dest_dir)
        if free is not None and free < _LOW_SPACE_PERCENT:
            log("warning: only %d%% of the file system is free" % free)
        flash.make_parents(self._journal)
        with open(self._journal + ".new", "w") as journal:
            if flash.kind(self.local_manifest_file) == flash.NONE:
                journal.write("M\n")
            known = ""
            for path in paths:
                known = self._note(journal, path, known)
        if flash.kind(self.local_manifest_file) == flash.FILE:
            flash.copy(self.local_manifest_file, self._old_manifest, buffer)
        with open(self._progress, "wb"):
            pass
        os.rename(self._journal + ".new", self._journal)
        self.set_state(OTAState.INSTALLING)
        self._work = open(self._journal)
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
        return any(name.endswith(extension) for extension in self.backup_skip_extensions) or any(
            path.startswith(prefix) for prefix in self.backup_skip_prefixes
        )

    def install(self, path, buffer):
        """Puts the finished part file in place of ``path``, the next file of the journal, and backs
        up what is there."""
        target = flash.join(self.dest_dir, path)
        mark = self._next_mark(path)
        if mark == "F":
            flash.make_parents(target)
        elif mark == "B":
            backup = flash.join(self.backup_dir, path)
            # FAT knows no case: two paths of the manifest may be one file, backed up already.
            if flash.kind(backup) == flash.NONE:
                flash.make_parents(backup)
                flash.copy(target, backup, buffer)
            with open(self._progress, "ab") as progress:
                progress.write(b"B")
        else:
            with open(self._swap, "w") as swap:
                swap.write(path + "\n")
        os.rename(self.part, target)
        if mark == "S":
            flash.remove(self._swap)

    def _next_mark(self, path):
        line = "D"
        while line[:1] in ("M", "D"):
            line = self._work.readline()
        if line[2:].rstrip("\n") != path:
            raise OTAError(OTAErrorCode.APPLY, "the journal does not name %s" % path)
        return line[0]

    def commit(self):
        """Makes the staged manifest the local one and the state confirm_pending."""
        self._close()
        if flash.kind(self.new_manifest) == flash.FILE:
            os.rename(self.new_manifest, self.local_manifest_file)
        self.set_state(OTAState.CONFIRM_PENDING)

    def _close(self):
        if self._work:
            self._work.close()
            self._work = None

    # -- back --

    def has_backup(self):
        """Whether there is an update that can be undone."""
        return flash.kind(self._journal) == flash.FILE

    def roll_back(self, buffer):
        """Brings back the tree of before the update; the state becomes idle."""
        self._close()
        if self.has_backup():
            if self.state() != OTAState.INSTALLING:
                self.set_state(OTAState.INSTALLING)
            backed_up = os.stat(self._progress)[6] if flash.kind(self._progress) else 0
            self._finish_swap(buffer)
            # All removals come first: where two names share clusters, the second is removed while
            # nothing new can have been written to them.
            self.clean()
            manifest_kept = flash.kind(self._old_manifest) == flash.FILE
            if manifest_kept:
                flash.remove(self.local_manifest_file)
            self._undo(self._remove_new, backed_up, buffer)
            self._remove_folders()
            self._undo(self._restore_old, backed_up, buffer)
            if manifest_kept:
                flash.copy(self._old_manifest, self.new_manifest, buffer)
                os.rename(self.new_manifest, self.local_manifest_file)
        self.clean()
        self.set_state(OTAState.IDLE)
        self.discard_backup()

    def _finish_swap(self, buffer):
        """Brings in the new file of a replacement without backup that a cut has interrupted."""
        whole = self.part + "2"
        lines = flash.read_lines(self._swap)
        if lines and flash.kind(self.part) == flash.FILE and len(lines) < 2:
            flash.copy(self.part, whole, buffer)
            with open(self._swap, "a") as swap:
                swap.write("copied\n")
            lines.append("copied")
        if len(lines) == 2:
            target = flash.join(self.dest_dir, lines[0])
            flash.remove(self.part)
            flash.remove(target)
            flash.copy(whole, target, buffer)
        flash.remove(self._swap)

    def _undo(self, action, backed_up, buffer):
        """Calls ``action(mark, path, left, buffer)`` for each line; ``left`` counts the backups
        from this line on."""
        with open(self._journal) as journal:
            for line in journal:
                action(line[0], line[2:].rstrip("\n"), backed_up, buffer)
                if line[0] == "B":
                    backed_up -= 1

    def _remove_new(self, mark, path, left, _):
        if mark == "M":
            flash.remove(self.local_manifest_file)
        elif mark == "F" or (mark == "B" and left == 1):
            flash.remove(flash.join(self.dest_dir, path))

    def _restore_old(self, mark, path, left, buffer):
        if mark == "B" and left > 0:
            target = flash.join(self.dest_dir, path)
            flash.make_parents(target)
            flash.copy(flash.join(self.backup_dir, path), target, buffer)

    def _remove_folders(self):
        """Removes the created folders: outer ones come first in the journal, so until none goes."""
        removed = True
        while removed:
            removed = False
            with open(self._journal) as journal:
                for line in journal:
                    if line[0] == "D":
                        try:
                            os.rmdir(line[2:].rstrip("\n"))
                            removed = True
                        except OSError:
                            # Not there, or somebody has put a file of his own into it.
                            pass

    def discard_backup(self):
        """Removes the journal first: without it nothing is ever restored from the rest."""
        flash.remove(self._journal)
        flash.remove(self._progress)
        flash.remove(self._swap)
        flash.remove(self._old_manifest)
        flash.remove_tree(self.backup_dir)
