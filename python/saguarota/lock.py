"""A lock for ports without threads, where only a callback may come in between."""


class _Lock:
    def __init__(self):
        self._taken = False

    def acquire(self, _=True):
        """True if the lock was free; never waits."""
        if self._taken:
            return False
        self._taken = True
        return True

    def release(self):
        """Frees the lock."""
        self._taken = False

    def __enter__(self):
        self.acquire()

    def __exit__(self, *_):
        self.release()


def allocate_lock():
    """As that of ``_thread``."""
    return _Lock()
