"""A table of records, and jobs worked on it in this process."""

from collections.abc import Iterator

import psycopg
import pytest

from harness.tasks import Works

_TABLES = """
CREATE TABLE item (id int PRIMARY KEY, note text, done int NOT NULL DEFAULT 0);
CREATE TABLE effect (id int NOT NULL);
INSERT INTO item SELECT n, 'note ' || n FROM generate_series(1, 35) AS n;
"""


@pytest.fixture
def work(dsn: str, connection: psycopg.Connection) -> Iterator[Works]:
    """Works jobs on `item`, 35 records that are worked in four batches."""
    connection.execute(_TABLES)
    made = Works(dsn)
    yield made
    made.close()
