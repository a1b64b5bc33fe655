"""Every file of the updater on flash, each once.

Their names begin with ``ota``, a number that the backup's folder gives, and a dot; ``reserved``
makes of them the list of names that no release may have. They have 8.3 lower-case characters: of a
longer one, a power loss while FAT removes it may leave the short one.

Beside the backup's folder:

    .jrn  journal       what the update changes: see ``journal``
    .prg  progress      how far it has come: see ``journal``
    .swp  swap          the file that is being replaced without a backup: see ``swap``
    .old  old_manifest  the local manifest of before the update
    .run  boots         a byte for each event that outlives a boot: see ``transaction``
    .lst  list          the listings of HTTP-FS mode, as far as they are walked: see ``http_fs``
    .due  due           files that a rollback could not restore: see ``stale``
    .bad  note          releases that failed: see ``backoff``
    .res  resume        what the partial download belongs to: see ``resume``

Beside the state file, beside the local manifest, and in dest_dir:

    .sta  new_state     what the state file becomes
    .new  new_manifest  what the local manifest becomes
    .cut  partial       a download that may be resumed: see ``resume``
    .prt  part          the file that is being fetched, until it is renamed to its place

Copies, each beside its original, which ends in another character: see ``atomic_file`` and ``swap``:

    .st2  of .sta
    .ba2  of .bad
    .du2  of .due
    .pr2  of .prt

Names for littlefs, which finishes a rename when one is removed, and never stay:

    .nil  removed, though never there: see ``transaction``
    .zzz  written and removed: see ``fs``
"""

from micropython import const

from . import fs

# One text: MicroPython keeps short ones for good.
_BESIDE_BACKUP = const("jrn prg swp old run lst due bad res")
_BESIDE_OTHERS = const("sta new cut prt")


def paths(files, dest_dir, backup_dir, ota_state_file, local_manifest_file):
    """Gives the object ``files`` an attribute for each file above, and for each argument.

    ``dest_dir``: where paths of the manifest begin. ``backup_dir``, ``ota_state_file``,
    ``local_manifest_file``: relative to the current directory.
    """
    # FAT has no "./app", littlefs no "app/".
    files.dest_dir = "." if dest_dir == "." else fs.absolute(dest_dir)
    files.backup_dir = backup_dir
    files.ota_state_file = ota_state_file
    files.local_manifest_file = local_manifest_file
    number = 0
    for byte in backup_dir.encode():
        number = (number * 31 + byte) & 0xFFFFF
    files.prefix = "ota%05x." % number

    def join(path, end):
        return path[: path.rfind("/") + 1] + files.prefix + end

    (
        files.journal,
        files.progress,
        files.swap,
        files.old_manifest,
        files.boots,
        files.list,
        files.due,
        files.note,
        files.resume,
    ) = [join(backup_dir, end) for end in _BESIDE_BACKUP.split()]
    state, manifest, partial, part = _BESIDE_OTHERS.split()
    files.new_state = join(ota_state_file, state)
    files.new_manifest = join(local_manifest_file, manifest)
    files.partial = fs.join(files.dest_dir, files.prefix + partial)
    files.part = fs.join(files.dest_dir, files.prefix + part)
