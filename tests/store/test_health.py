"""What the database tells of its own health."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from time import sleep

import psycopg
import pytest
from psycopg import conninfo

from bgjobs.host import cluster, postgres
from bgjobs.host.account import account_for
from bgjobs.host.binaries import binaries
from bgjobs.job import Throttle
from bgjobs.store.health import (
    Health,
    look,
    maintained_table,
    replication_lag,
    waiting_sessions,
)
from bgjobs.store.session import Session
from harness.databases import short_directory


@pytest.fixture
def session(connection: psycopg.Connection) -> Session:
    connection.execute("CREATE TABLE tasks AS SELECT generate_series(1, 10) AS id")
    connection.execute("CREATE TABLE others AS SELECT 1 AS id")
    return Session(connection)


@contextmanager
def blocked(dsn: str, holding: str, wanting: str) -> Iterator[None]:
    """Somebody waits for what somebody else holds."""
    with psycopg.connect(dsn) as holder, psycopg.connect(dsn) as waiter:
        holder.execute(holding)
        thread = Thread(target=waiter.execute, args=(wanting,))
        thread.start()
        question = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"
        with psycopg.connect(dsn, autocommit=True) as third:
            while third.execute(question, [waiter.info.backend_pid]).fetchone() != (True,):
                sleep(0.01)
        yield
        holder.rollback()
        thread.join()


@pytest.mark.parametrize(
    ("holding", "wanting"),
    [
        ("LOCK TABLE tasks", "SELECT FROM tasks"),
        ("UPDATE tasks SET id = id WHERE id = 1", "UPDATE tasks SET id = id WHERE id = 1"),
    ],
    ids=["for the table", "for a record"],
)
def test_sessions_that_wait_are_seen_on_their_table_alone(
    session: Session, dsn: str, holding: str, wanting: str
) -> None:
    assert waiting_sessions(session, "tasks") == 0
    with blocked(dsn, holding, wanting):
        assert waiting_sessions(session, "tasks") == 1
        assert waiting_sessions(session, "others") == 0
    assert waiting_sessions(session, "tasks") == 0


def test_maintenance_is_seen_on_its_table_alone(session: Session, dsn: str) -> None:
    assert not maintained_table(session, "tasks")
    with psycopg.connect(dsn) as other:
        other.execute("ANALYZE tasks")  # holds its lock until the end of the transaction
        assert maintained_table(session, "tasks")
        assert not maintained_table(session, "others")
    assert not maintained_table(session, "tasks")


def test_table_that_is_not_there_is_well(session: Session) -> None:
    assert waiting_sessions(session, "nowhere") == 0
    assert not maintained_table(session, "nowhere")


def test_only_what_the_throttle_asks_for_is_read(session: Session, dsn: str) -> None:
    with psycopg.connect(dsn) as other:
        other.execute("ANALYZE tasks")
        all_of_it = Throttle(timedelta(1), timedelta(1), locks=True, autovacuum=True)
        assert look(session, all_of_it, "tasks") == Health(None, 0, maintained=True)
        assert look(session, Throttle(locks=True), "tasks") == Health()
        assert look(session, all_of_it, None) == Health()


def test_role_without_rights_sees_locks_and_maintenance(session: Session, dsn: str) -> None:
    with psycopg.connect(dsn) as other:
        other.execute("ANALYZE tasks")
        with session.connection.transaction():
            session.connection.execute("CREATE ROLE bgjobs_test_stranger")
            session.connection.execute("SET LOCAL ROLE bgjobs_test_stranger")
            assert maintained_table(session, "tasks")
            assert waiting_sessions(session, "tasks") == 0
            assert replication_lag(session) is None
            session.connection.execute("RESET ROLE")
            session.connection.execute("DROP ROLE bgjobs_test_stranger")


@pytest.fixture
def standby(server: str, require: Callable[..., str]) -> Iterator[psycopg.Connection]:
    """A connection to a standby of the server of the tests."""
    program = binaries() / "pg_basebackup"
    sockets = str(conninfo.conninfo_to_dict(server).get("host", ""))
    require("pg_basebackup", program.exists() and sockets.startswith("/"))
    with short_directory() as place:
        home = place / "pg"
        cluster.make_home(home)
        account = account_for(home)
        copied = [program, "-D", home / "data", "-d", server, "-R", "-c", "fast"]
        subprocess.run(copied, check=True, cwd="/", **(account.arguments if account else {}))
        try:
            assert cluster.start(home, 60) is None
            with psycopg.connect(postgres.url(home), autocommit=True) as connected:
                yield connected
        finally:
            postgres.stop(home)


def test_standby_that_does_not_follow_is_seen(
    session: Session, standby: psycopg.Connection
) -> None:
    standby.execute("SELECT pg_wal_replay_pause()")
    while (replication_lag(session) or 0) < 0.3:
        session.connection.execute("UPDATE tasks SET id = id")
        sleep(0.01)
    standby.execute("SELECT pg_wal_replay_resume()")
    while (replication_lag(session) or 0) >= 0.3:
        session.connection.execute("UPDATE tasks SET id = id")
        sleep(0.01)
