"""A lock for ports without threads, where only a callback may come in between."""


class _Lock:
    def __init__(self):
        self._locked = False

    def acquire(self, _=True):
        """True if the lock was free; never waits."""
        if self._locked:
            return False
        self._locked = True
        return True

    def release(self):
        """Frees the lock."""
        self._locked = False

    def __enter__(self):
        self.acquire()

    def __exit__(self, *_):
        self.release()


def allocate_lock():
    """As that of ``_thread``."""
    return _Lock()
