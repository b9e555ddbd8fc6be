"""Transactions that housekeeping works in."""

from collections.abc import Iterator
from contextlib import contextmanager

from bgjobs.store.session import Session


@contextmanager
def brief(session: Session) -> Iterator[None]:
    """A transaction that gives up after seconds rather than wait for work, or let work wait.

    Raises:
        psycopg.Error: SQLSTATE 57014 or 55P03 where it gave up.
    """
    with session.connection.transaction():
        session.execute("brief")
        yield
