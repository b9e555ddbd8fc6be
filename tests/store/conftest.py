"""Runs opened in this process."""

from collections.abc import Iterator

import pytest

from bgjobs.store.batches import Batches
from harness import databases
from harness.tasks import Works, emptied


@pytest.fixture(scope="module")
def shared_dsn(server: str, template: str) -> Iterator[str]:
    """The URL of a database that the tests of a module use one after the other."""
    with databases.database(server, template) as url:
        yield url


@pytest.fixture
def works(shared_dsn: str) -> Iterator[Works]:
    """Opens runs on an empty ledger."""
    emptied(shared_dsn)
    made = Works(shared_dsn)
    yield made
    made.close()


@pytest.fixture
def batches(works: Works) -> Batches:
    """The batches of a run that was opened, beside a table for what they do."""
    works.rows("CREATE TABLE effect (id int UNIQUE DEFERRABLE INITIALLY IMMEDIATE)")
    return works.batches(works.opened()[1].leases[0])
