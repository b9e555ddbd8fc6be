"""Runs opened in this process."""

from collections.abc import Iterator

import pytest

from harness.tasks import Works


@pytest.fixture
def works(dsn: str) -> Iterator[Works]:
    """Opens runs on an empty ledger."""
    made = Works(dsn)
    yield made
    made.close()
