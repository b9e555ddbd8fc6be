"""Connecting, and what errors mean."""

import os
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from bgjobs.errors import AnswerError, BgjobsError, DatabaseUnreachableError, JobFailedError
from bgjobs.job import Database
from bgjobs.store import connection as connections
from bgjobs.store.blame import AUDIT, Blame, presume
from bgjobs.store.connection import connect, explain, explained, healing, of_records


def error(state: str, text: str = "text") -> psycopg.Error:
    try:
        return errors.lookup(state)(text)
    except KeyError:
        made = psycopg.DatabaseError(text)
        made.sqlstate = state
        return made


def test_a_connection_is_in_autocommit_prepares_nothing_and_tells_who_it_is(dsn: str) -> None:
    with connect(Database(dsn), application="bgjobs:purge") as connection:
        assert connection.autocommit
        assert connection.prepare_threshold is None
        shown = connection.execute("SHOW application_name").fetchone()
        assert shown == ("bgjobs:purge",)
        given = connection.info.get_parameters()
    assert (given["keepalives_idle"], given["tcp_user_timeout"]) == ("10", "20000")
    own = connections.parameters(Database(f"{dsn}&connect_timeout=77"), "x")
    assert own["connect_timeout"] == "77"


def test_dates_are_read_whatever_the_database_has_set(
    dsn: str, pooled_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGDATESTYLE", "German")
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    name = conninfo_to_dict(dsn)["dbname"]
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {name} SET datestyle = 'SQL, DMY'".encode())
    for url in (dsn, pooled_dsn):
        with connect(Database(url), application="bgjobs:purge") as connection:
            row = connection.execute("SELECT timestamptz '2026-07-01 12:00Z'").fetchone()
            assert connection.info.encoding == "utf-8"
        assert row == (datetime(2026, 7, 1, 12, tzinfo=UTC),)
    assert os.environ["PGDATESTYLE"] == "German"


@pytest.mark.parametrize(
    ("url", "status", "text"),
    [
        ("host=127.0.0.1 port=1", 69, "the database cannot be reached: "),
        ("{dsn}&user=nobody_known", 77, 'role "nobody_known" does not exist'),
        ("{dsn}_", 78, "[database] "),
        ("postgresql://%zz", 78, "[database] url: "),
    ],
)
def test_a_login_that_fails_is_one_line_with_its_status(
    dsn: str, url: str, status: int, text: str
) -> None:
    made = url.format(dsn=dsn) if not url.endswith("_") else dsn.replace("?", "_gone?")
    with pytest.raises(BgjobsError) as raised:
        connect(Database(made), application="x")
    assert raised.value.status == status
    assert text in str(raised.value)
    assert "\n" not in str(raised.value)


HEALING = ("40001", "40P01", "55P03", "57P01", "57P02", "57P03", "08006", "08003", "53300", "25P03")
OF_RECORDS = ("22012", "22P02", "23502", "23505", "23514", "23P01", "P0001", "44000", "25P02")
NEITHER = ("42P01", "42601", "42501", "57014", "53100", "BG001", "BG002", "3F000", "25P01", "0A000")


def test_what_heals_what_a_record_causes_and_what_neither() -> None:
    for state in HEALING:
        assert (healing(error(state)), of_records(error(state))) == (True, False), state
    for state in OF_RECORDS:
        assert (healing(error(state)), of_records(error(state))) == (False, True), state
    for state in NEITHER:
        assert (healing(error(state)), of_records(error(state))) == (False, False), state
    # Those of the driver carry no state.
    assert healing(psycopg.OperationalError("server closed the connection"))
    assert of_records(psycopg.DataError("NUL"))
    assert healing(DatabaseUnreachableError("away"))
    for ours, of_record in ((JobFailedError("x"), False), (AnswerError("x"), True)):
        assert (healing(ours), of_records(ours)) == (False, of_record)
    assert (healing(ValueError()), of_records(ValueError())) == (False, True)


@pytest.mark.parametrize(
    ("state", "text", "status", "said"),
    [
        ("BG002", "the lease of x was taken over", 75, "taken over; nothing uncommitted"),
        ("BG001", "committed", 1, "a handler must not commit, roll back or begin by itself"),
        ("25P01", "no transaction", 1, "a handler must not commit"),
        ("3F000", 'schema "bgjobs" does not exist', 78, "run: bgjobs migrate"),
        ("42P01", 'relation "bgjobs.run" does not exist', 78, "run: bgjobs migrate"),
        ("42P01", 'relation "itm" does not exist', 1, 'relation "itm" does not exist'),
        ("42501", "permission denied for table run", 77, "`bgjobs migrate --grants ROLE`"),
        ("42501", "permission denied for table item", 77, "permission denied for table item"),
        ("53100", "could not extend file", 75, "the server's disk is full"),
        ("40P01", "deadlock detected", 75, "each time it was tried: deadlock detected"),
        ("55P03", "lock timeout", 75, "lock timeout"),
        ("25P03", "idle-in-transaction timeout", 1, "takes longer than idle_in_transaction"),
        ("57P01", "terminating connection", 69, "the database was lost: terminating connection"),
        ("57014", "statement timeout", 1, "statement timeout"),
        ("23505", "duplicate key", 1, "duplicate key"),
    ],
)
def test_each_error_of_the_server_is_explained_with_its_status(
    state: str, text: str, status: int, said: str
) -> None:
    found = explain(error(state, text))
    assert found.status == status
    assert said in str(found)


def test_an_error_is_told_with_the_part_of_the_job_that_has_it(
    connection: psycopg.Connection,
) -> None:
    def told(query: str, part: str) -> str:
        with pytest.raises(psycopg.Error) as raised, Blame("statement"), Blame(part):
            connection.execute(query)
        return str(explained(raised.value))

    assert told("SELECT 1,\n  nme FROM bgjobs.run", "select") == (
        'in its select: column "nme" does not exist, at: nme FROM bgjobs.run'
    )
    assert told("SELECT jobb FROM bgjobs.run", "select") == (
        'in its select: column "jobb" does not exist (Perhaps you meant to reference the column '
        '"run.job"), at: SELECT jobb FROM bgjobs.run'
    )
    assert told("SELECT 1 / 0", "statement") == "in its statement: division by zero"
    assert told("SELECT nme", AUDIT).startswith("[audit] its row cannot be written: column")
    unknown = error("42703", "column x does not exist")
    presume(unknown, "statement")
    assert str(explain(unknown)) == "in its statement: column x does not exist"
    denied = error("42501", "permission denied for table item")
    presume(denied, "statement")
    assert explain(denied).status == 77


def test_what_is_not_the_server_s_is_told_as_it_is() -> None:
    given = ValueError("x")
    assert explained(given) is given
