"""The database of drafts and reviews: what is acknowledged is on disk, and many may open it at once."""

from typing import Any

import sqlalchemy as sa


def engine(url: str) -> sa.Engine:
    """Return the engine of a database in which what is acknowledged is on disk."""
    made = sa.create_engine(url)
    if made.dialect.name == "sqlite":
        sa.event.listen(made, "connect", _durable)
    return made


def make_tables(database: sa.Engine, wanted: sa.MetaData) -> None:
    """Make the tables that are not there yet; another process may be making them at the same moment."""
    with database.begin() as connection:
        for table in wanted.sorted_tables:
            connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))


def _durable(connection: Any, _record: object) -> None:
    # Wait for another writer rather than fail; acknowledge only what has reached the disk.
    cursor = connection.cursor()
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
