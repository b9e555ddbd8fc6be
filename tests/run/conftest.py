"""A table of records, and jobs worked on it in this process."""

from collections.abc import Iterator

import pytest

from harness import databases
from harness.tasks import Works, emptied

_TABLES = """
CREATE TABLE item (id int PRIMARY KEY, note text, done int NOT NULL DEFAULT 0);
CREATE TABLE effect (id int NOT NULL);
INSERT INTO item SELECT n, 'note ' || n FROM generate_series(1, 35) AS n;
"""


@pytest.fixture(scope="module")
def shared_dsn(server: str, template: str) -> Iterator[str]:
    """The URL of a database that the tests of a module use one after the other."""
    with databases.database(server, template) as url:
        yield url


@pytest.fixture
def work(shared_dsn: str) -> Iterator[Works]:
    """Works jobs on `item`, 35 records that are worked in four batches of ten."""
    emptied(shared_dsn, _TABLES)
    made = Works(shared_dsn)
    yield made
    made.close()
