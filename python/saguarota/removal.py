"""The first half of a rollback: what the update has put in place goes."""

import os
from errno import EACCES, EIO

from . import aside, fs, journal_reader


def remove(rollback, first):
    """Removes what the update has created, and what stands in place of the backed up files from
    number ``first`` on. ``rollback``: the one that deals with errors."""
    _remove_files(rollback, first)
    while _remove_folders(rollback):
        pass


def _remove_files(rollback, first):
    transaction = rollback.transaction
    number = 0
    for mark, size, path, done in journal_reader.entries(transaction):
        number += mark in journal_reader.COUNTED
        try:
            if mark == "F":
                _remove_created(fs.join(transaction.dest_dir, path))
            elif done == "B" and number >= first and rollback.is_whole(path, size):
                _remove_file(fs.join(transaction.dest_dir, path))
        except (OSError, MemoryError) as e:
            rollback.failed(path, e)


def _remove_folders(rollback):
    """Removes the created folders that are empty; true if there was one. Outer ones come first
    in the journal."""
    removed = False
    for mark, _, path in journal_reader.lines(rollback.transaction):
        if mark != "D":
            continue
        try:
            found = fs.kind(path)
            if found == fs.FILE:
                aside.set_aside(path)
            elif found == fs.FOLDER:
                fs.retry(os.rmdir, path)
                removed = True
        except OSError as e:
            # Mostly, somebody has put a file of his own into it.
            if e.errno == EIO or rollback.is_full(e):
                rollback.failed(path, e)
    return removed


def _remove_created(path):
    if fs.kind(path) == fs.FOLDER:
        # Somebody's own.
        aside.set_aside(path)
    elif not _remove_file(path):
        aside.set_aside(path)


def _remove_file(path):
    """Removes a file; false if it is read-only, as FAT knows it."""
    if fs.kind(path) == fs.FILE:
        try:
            fs.remove(path)
        except OSError as e:
            if e.errno != EACCES:
                raise
            return False
    return True
