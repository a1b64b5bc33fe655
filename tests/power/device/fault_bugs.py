"""Bugs planted in the package, by which the failing flash shows that it would see them."""

import sys


def one_attempt():
    """A path that fails once is given up at once."""
    sys.modules["saguarota.transaction"].Transaction.is_last_attempt = lambda self: True


def an_error_stops_the_rest():
    """An error at one path ends the rollback, at each attempt."""
    from saguarota import rollback

    def failed(self, path, error):
        raise error

    rollback._Rollback.failed = failed


def attempts_without_number():
    """Each failed attempt at a rollback is followed by another one, with a reset in between."""
    transaction = sys.modules["saguarota.transaction"].Transaction
    transaction.is_last_attempt = lambda self: False
    transaction.may_retry = lambda self: True
