"""What a handler is lent, and what it may leave behind."""

from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from bgjobs.errors import JobFailedError
from bgjobs.store.connection import idle
from bgjobs.store.lending import HALF_BATCH, check_transaction, lend, take_back


def test_a_connection_that_was_lent_is_taken_back_in_autocommit(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("BEGIN")
        assert lend(connection) is connection
        connection.execute("ROLLBACK")
        connection.execute("SELECT 1")
        assert connection.info.transaction_status == TransactionStatus.INTRANS
        connection.row_factory = dict_row
        connection.cursor_factory = psycopg.RawCursor
        take_back(connection)
        connection.execute("ROLLBACK")
        assert connection.execute("SELECT %s", [1]).fetchone() == (1,)
        connection.execute("SELECT 1")
        assert idle(connection)
        connection.execute("BEGIN")
        assert not idle(connection)


def test_what_a_handler_left_behind_is_told_as_what_it_is(dsn: str) -> None:
    def left(*statements: str, raised: Exception | None = None, close: bool = False) -> Any:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for statement in statements:
                try:
                    connection.execute(statement)
                except psycopg.Error:
                    continue
            if close:
                connection.close()
            check_transaction(connection, raised)
            connection.execute("ROLLBACK")

    assert left("BEGIN") is None
    with pytest.raises(errors.InFailedSqlTransaction, match="swallowed"):
        left("BEGIN", "SELECT nonsense")
    with pytest.raises(JobFailedError, match="ended the batch's transaction"):
        left("BEGIN", "ROLLBACK")
    with pytest.raises(JobFailedError, match="closed run"):
        left("BEGIN", close=True)
    with pytest.raises(psycopg.OperationalError, match="was lost while the handler worked"):
        left("BEGIN", "SELECT pg_terminate_backend(pg_backend_pid())", raised=ValueError("x"))
    with pytest.raises(ValueError, match="its own"):
        left("BEGIN", "SELECT nonsense", raised=ValueError("its own"))
    half = psycopg.DatabaseError("half a batch")
    half.sqlstate = HALF_BATCH
    with pytest.raises(psycopg.Error, match="half"):
        left("BEGIN", "ROLLBACK", raised=half)
