"""The journal and the progress file: what an update changes, and how far it has come.

The journal is written before anything is changed. Format 2, a line each:

    V md5 ...      of the manifest, or of HTTP-FS mode's list; then, with tabs in between, the
                   options by which files are found, and the format's number
    M              there was no local manifest
    L size         the local manifest had so many bytes
    D folder       will be created; as the file system names it, the others relative to dest_dir
    F path         will be created
    B size path    has so many bytes, will be backed up, then replaced
    K size path    will be replaced; its backup, of so many bytes, is that of an earlier update,
                   which a rollback could not restore
    S path         will be replaced without a backup (skip lists)
    X size path    as B or K, but deleted; these come last, in no order
    - path         was to be created, but will not
    E              the end: without it, the journal is damaged

Paths come in path order. Format 1 had no number, no sizes, no L, K and E.

Of the files that were there before, those of B, K, S and X, as many are dealt with as the progress
file has bytes:

    B  backed up
    S  replaced without a backup
    -  stays as it is; or a rollback has restored it and removed its backup
    L  left as it is by a rollback, which could not restore it

A backup beyond that may be half written. ``plan`` writes the journal, ``installation`` goes forward
in both files, ``journal_reader`` reads them for a recovery, ``journal_check`` and
``journal_repair`` see to damaged ones.
"""

# The number of the format.
FORMAT = "2"


def head(transaction, release_digest):
    """The line V; ``release_digest``: that of its manifest or list."""
    options = (
        release_digest,
        transaction.dest_dir,
        transaction.backup_dir,
        transaction.ota_state_file,
        transaction.local_manifest_file,
        FORMAT,
    )
    return line("V", "\t".join(options))


def line(*members):
    """A line of the journal: a mark and what belongs to it."""
    return " ".join([str(member) for member in members]) + "\n"


def parse(line, format=FORMAT):
    """``(mark, size, path)`` of a line; ``size`` is None where it has none, as none has in
    ``format`` 1."""
    mark, path = line[:1], line[2:].rstrip("\n")
    size = None
    if format == FORMAT and mark in ("B", "K", "X"):
        size, _, path = path.partition(" ")
        size = int(size)
    return mark, size, path
