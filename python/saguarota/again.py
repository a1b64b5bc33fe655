"""Files that are due again: a rollback had no backup of them and left them new.

Their paths are in the due file, a line each, in path order.
"""


class Manifest:
    """A remote manifest of which the files of the due file are due whatever their version."""

    def __init__(self, remote, path):
        self._remote = remote
        self._lines = open(path)
        self._line = self._lines.readline()

    def next(self, local, force, everything):
        """As that of the native ``Manifest``."""
        while True:
            change = self._remote.next(local, force, True)
            if change is None:
                self._lines.close()
                return None
            name = change[0] + "\n"
            while self._line and self._line < name:
                self._line = self._lines.readline()
            if self._line == name:
                change = change[:4] + (True,) + change[5:]
            if everything or change[4]:
                return change
