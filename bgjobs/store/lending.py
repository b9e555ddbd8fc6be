"""Lending the run's connection to a handler, and making sure of what comes back."""

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from bgjobs.errors import JobFailedError

HALF_BATCH = "BG001"


def lend(connection: psycopg.Connection) -> psycopg.Connection:
    """Give the connection to a handler, in a batch's transaction, until `take_back`.

    Should the handler end that transaction, what it does next is one of its own, which the end of
    the batch refuses to commit: in autocommit it would stay without a batch.
    """
    connection._autocommit = False  # noqa: SLF001 - its setter wants no transaction open
    return connection


def take_back(connection: psycopg.Connection) -> None:
    """Be in autocommit again, and return rows as they were."""
    connection._autocommit = True  # noqa: SLF001 - its setter wants no transaction open
    connection.row_factory = tuple_row
    connection.cursor_factory = psycopg.Cursor


def check_transaction(connection: psycopg.Connection, raised: Exception | None = None) -> None:
    """Make sure that a handler left the batch's transaction as it should be.

    Args:
        connection: Which it had.
        raised: What it raised; raised again where that is what it comes to.

    Raises:
        psycopg.OperationalError: The connection was lost, and the handler swallowed it.
        psycopg.errors.InFailedSqlTransaction: The handler swallowed an error of the server.
        JobFailedError: The handler ended the transaction, or closed the connection.
    """
    if connection.broken:
        raise psycopg.OperationalError("the connection was lost while the handler worked")
    if connection.closed:
        raise JobFailedError(
            "the handler closed run.connection, which is not its own; `with run.connection:` does "
            "so too, use `with run.connection.transaction():`"
        )
    status = connection.info.transaction_status
    if status not in {TransactionStatus.INTRANS, TransactionStatus.INERROR}:
        if isinstance(raised, psycopg.Error) and raised.sqlstate == HALF_BATCH:
            raise raised
        raise JobFailedError(
            "the handler ended the batch's transaction; it must not commit or roll back by itself"
        )
    if raised is not None:
        raise raised
    if status == TransactionStatus.INERROR:
        raise psycopg.errors.InFailedSqlTransaction(
            "the handler swallowed a database error; "
            "wrap what may fail in `with run.connection.transaction():`"
        )
