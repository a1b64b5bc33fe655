"""The updater's own small files of lines, which are replaced whole: a power cut leaves the old one
or the new one."""

from . import flash

# No path is a dot: with this last line the copy of a file is whole.
_END = ".\n"


def copy_of(path):
    """Where the copy of one of the updater's own files is, while there has to be one."""
    return path[:-1] + "2"


def store(path, texts):
    """Replaces one of the updater's own small files, which holds lines; it is there from the
    beginning of that. An OSError leaves what it was."""
    if not flash.kind(path):
        flash.write_text(path, "")
    with open(copy_of(path), "w") as file:
        for line in texts:
            file.write(line + "\n")
        file.write(_END)
    finish_copy(path)


def finish_copy(path):
    """Copies what ``store`` has written over the file, if it is whole; removes it in any other
    case. Returns the name by which to read the file: that of the copy, if there is no room for
    both."""
    copy = copy_of(path)
    size = flash.size(copy)
    if size:
        with open(copy) as file:
            file.seek(max(size - len(_END), 0))
            whole = file.read() == _END
        if whole:
            try:
                flash.copy(copy, path, bytearray(128))
            except OSError:
                return copy
    flash.remove(copy)
    return path
