"""What the server refuses of a batch: by whom it is not led, and half of it."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from bgjobs.errors import JobFailedError
from bgjobs.record import Counts
from bgjobs.store.batches import Batches
from bgjobs.store.lending import check_transaction, lend, take_back
from harness.tasks import Works

LEASE = "SELECT to_jsonb(l) FROM bgjobs.lease l"


def begin(batches: Batches) -> None:
    batches.standing(batches.begin())


def lease(works: Works) -> dict[str, Any]:
    found: dict[str, Any] = works.column(LEASE)[0]
    return found


def test_a_token_that_is_not_the_newest_begins_nothing(works: Works) -> None:
    _, opened = works.opened()
    works.rows("UPDATE bgjobs.lease SET token = token + 1")
    batches = works.batches(opened.leases[0])
    with pytest.raises(psycopg.Error, match="lease of work was taken over") as raised:
        begin(batches)
    assert raised.value.sqlstate == "BG002"
    batches.rollback()


def test_a_lost_fence_stops_all_that_was_sent_behind_it(works: Works, batches: Batches) -> None:
    stale = works.batches(batches.lease._replace(run=works.start().id))
    connection = works.session.connection

    def send() -> None:
        with connection.pipeline():
            stale.begin()
            connection.execute("INSERT INTO effect VALUES (1)")
            stale.end_batch(["1"], Counts(1, 1, 0, 0, 1), {})
            stale.commit()

    with pytest.raises(psycopg.Error) as raised:
        send()
    assert raised.value.sqlstate == "BG002"
    assert works.column("SELECT id FROM effect") == []
    stale.rollback()


def test_a_batch_in_flight_is_not_taken_over(works: Works, batches: Batches) -> None:
    begin(batches)
    other = works.connect()
    taken = "SELECT 1 FROM bgjobs.lease FOR UPDATE SKIP LOCKED"
    assert other.execute(taken).fetchall() == []
    batches.rollback()
    assert other.execute(taken).fetchall() == [(1,)]


Misdeed = Callable[[psycopg.Connection], object]


def swallowed_error(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error):
        connection.execute("SELECT nonsense")


def swallowed_loss(connection: psycopg.Connection) -> None:
    pid = connection.info.backend_pid
    with psycopg.connect(connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 60000)", [pid])
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")


def commit_swallowed(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error):
        connection.commit()
    connection.execute("INSERT INTO effect VALUES (2)")


def stale_token(connection: psycopg.Connection) -> None:
    connection.execute("UPDATE bgjobs.lease SET token = token + 1, run = gen_random_uuid()")


MISDEEDS: dict[str, Misdeed] = {
    "swallows an error": swallowed_error,
    "swallows a lost connection": swallowed_loss,
    "COMMIT": lambda c: c.execute("COMMIT"),
    "a script with COMMIT": lambda c: c.execute("INSERT INTO effect VALUES (2); COMMIT; SELECT 1"),
    "COMMIT, BEGIN and a forged savepoint": lambda c: c.execute(
        "COMMIT; BEGIN; SAVEPOINT bgjobs_part; INSERT INTO effect VALUES (2)"
    ),
    "commit() whose error is swallowed": commit_swallowed,
    "ROLLBACK": lambda c: (c.rollback(), c.execute("INSERT INTO effect VALUES (2)")),
    "ROLLBACK and BEGIN": lambda c: (
        c.execute("ROLLBACK"),
        c.execute("BEGIN"),
        c.execute("INSERT INTO effect VALUES (2)"),
    ),
    "SET CONSTRAINTS ALL IMMEDIATE": lambda c: c.execute("SET CONSTRAINTS ALL IMMEDIATE"),
    "PREPARE TRANSACTION": lambda c: c.execute("PREPARE TRANSACTION 'x'"),
    "closes the connection": lambda c: c.close(),
    "takes the lease itself": stale_token,
}


@pytest.mark.parametrize("misdeed", MISDEEDS.values(), ids=MISDEEDS)
def test_half_a_batch_is_refused_however_it_is_tried(
    works: Works, batches: Batches, misdeed: Misdeed
) -> None:
    begin(batches)
    connection = works.session.connection
    connection.execute("INSERT INTO effect VALUES (1)")

    def work() -> None:
        try:
            misdeed(lend(connection))
        finally:
            take_back(connection)
        check_transaction(connection)
        batches.end_batch(["1"], Counts(1, 1, 0, 0, 1), {})
        batches.commit()

    with pytest.raises((psycopg.Error, JobFailedError)):
        work()
    batches.rollback()
    assert works.column("SELECT id FROM effect") == []
    assert lease(works)["cursor"] is None
    assert lease(works)["token"] == batches.lease.token


def test_a_batch_of_ours_that_forgets_its_end_cannot_commit(works: Works, batches: Batches) -> None:
    begin(batches)
    batches.session.connection.execute("INSERT INTO effect VALUES (1)")
    with pytest.raises(psycopg.Error, match="committed without its cursor") as raised:
        batches.commit()
    assert raised.value.sqlstate == "BG001"
    with pytest.raises(psycopg.Error, match="did not begin it") as raised:
        batches.end_batch(["1"], Counts(), {})
    assert raised.value.sqlstate == "BG001"
    assert works.column("SELECT id FROM effect") == []


def test_without_its_trigger_the_server_lets_half_a_batch_through(
    works: Works, batches: Batches
) -> None:
    # What these tests would not see if they looked at the wrong thing.
    works.rows("ALTER TABLE bgjobs.lease DISABLE TRIGGER half_batch")
    begin(batches)
    batches.session.connection.execute("INSERT INTO effect VALUES (1)")
    batches.session.connection.execute("COMMIT")
    works.rows("ALTER TABLE bgjobs.lease ENABLE TRIGGER half_batch")
    assert works.column("SELECT id FROM effect") == [1]
