"""A session for the length of a command."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bgjobs.job import Audit, Database
from bgjobs.store.connection import connect, explain
from bgjobs.store.session import Session


@contextmanager
def opened(database: Database, audit: Audit, *, application: str) -> Iterator[Session]:
    """Connect, and close the connection at the end.

    Raises:
        BgjobsError: Nobody answers, the login is refused, or a statement failed.
    """
    connection = connect(database, application=application)
    try:
        yield Session(connection, database.schema, audit)
    except psycopg.Error as error:
        raise explain(error) from None
    finally:
        connection.close()
