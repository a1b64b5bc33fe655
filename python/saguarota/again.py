"""Files that are due again: a rollback had no backup of them and left them new.

Their paths are in the due file, a line each, in path order.
"""


def also_due(changes, path, everything):
    """Yields of ``changes``, all entries of a manifest, those that are due, also by the due file
    ``path``; every one if ``everything``."""
    with open(path) as lines:
        line = lines.readline()
        for change in changes:
            name = change[0] + "\n"
            while line and line < name:
                line = lines.readline()
            if line == name:
                change = change[:4] + (True,) + change[5:]
            if everything or change[4]:
                yield change
