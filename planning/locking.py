"""A lock between processes and between tabs, let go of by the system when its holder dies."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def held(place: Path) -> Iterator[bool]:
    """Hold a lock while the block runs, without waiting for it; tell whether it was free.

    Parameters
    ----------
    place : Path
        File of the lock: an empty database, as locks of those work alike on every system. It stays.

    Raises
    ------
    sqlite3.Error
        If the file cannot be made, opened or written to.
    """
    with closing(sqlite3.connect(place, timeout=0, isolation_level=None)) as lock:
        yield _taken(lock)


def _taken(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN IMMEDIATE")
        lock.execute("PRAGMA user_version = 1")  # a file that may only be read lets the first line pass
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the low byte, whatever the reason
            raise
        return False
    return True
