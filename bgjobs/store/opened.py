"""A session for the length of a command."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bgjobs.job import Audit, Database
from bgjobs.store.connection import connect
from bgjobs.store.outdated import explained_within
from bgjobs.store.session import Session


@contextmanager
def opened(database: Database, audit: Audit, *, application: str) -> Iterator[Session]:
    """Connect, and close the connection at the end.

    Raises:
        BgjobsError: Nobody answers, the login is refused, or a statement failed.
    """
    connection = connect(database, application=application)
    session = Session(connection, database.schema, audit)
    try:
        yield session
    except psycopg.Error as error:
        raise explained_within(session, error) from None
    finally:
        connection.close()
