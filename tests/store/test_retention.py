from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from psycopg import errors

from bgjobs.job import Job
from bgjobs.store.retention import Pruned, Retention, prune_if_possible
from bgjobs.store.session import Session
from harness.ledger import NOON, put, put_run

DAY = timedelta(days=1)
JOB = Job("purge", keep=90 * DAY, keep_failed=365 * DAY)


@pytest.fixture
def retention(connection: psycopg.Connection) -> Retention:
    return Retention(Session(connection))


def left(connection: psycopg.Connection) -> list[tuple[str, int]]:
    """Status and age in days of the runs that are left, newest first."""
    rows = connection.execute("SELECT status, started_at FROM bgjobs.run ORDER BY started_at DESC")
    return [(status, (NOON - at).days) for status, at in rows]


def test_failures_are_kept_longer_than_successes(
    connection: psycopg.Connection, retention: Retention
) -> None:
    for age in (1, 89, 91, 364, 366):
        for status in ("success", "failed", "skipped"):
            attempt = 1 if status == "success" else 2
            put_run(connection, "purge", status, NOON - age * DAY, attempt=attempt)
    put_run(connection, "another", started_at=NOON - 900 * DAY)
    assert retention.prune(JOB, NOON) == Pruned(7, 0)
    assert sorted(left(connection)) == sorted(
        [
            *[(status, age) for status in ("success", "failed", "skipped") for age in (1, 89)],
            *[("failed", age) for age in (91, 364)],
            ("success", 900),
        ]
    )


def test_the_newest_run_and_a_living_one_stay_whatever_their_age(
    connection: psycopg.Connection, retention: Retention
) -> None:
    put_run(connection, started_at=NOON - 903 * DAY)
    put_run(connection, status="running", started_at=NOON - 902 * DAY)
    put_run(connection, status="interrupted", started_at=NOON - 901 * DAY)
    put_run(connection, status="skipped", started_at=NOON - 900 * DAY)
    assert retention.prune(JOB, NOON).runs == 1
    assert left(connection) == [("skipped", 900), ("interrupted", 901), ("running", 902)]


def test_a_cap_keeps_the_newest_so_many(
    connection: psycopg.Connection, retention: Retention
) -> None:
    for age in range(10):
        put_run(connection, status="failed" if age % 2 else "success", started_at=NOON - age * DAY)
    capped = JOB._replace(keep=None, keep_failed=None, keep_runs=3)
    assert retention.prune(capped, NOON).runs == 7
    assert left(connection) == [("success", 0), ("failed", 1), ("success", 2)]
    assert retention.prune(capped, NOON).runs == 0


def test_nothing_is_pruned_where_nothing_is_to_expire(
    connection: psycopg.Connection, retention: Retention
) -> None:
    for age in (0, 5000):
        put_run(connection, started_at=NOON - age * DAY)
    assert retention.prune(JOB._replace(keep=None, keep_failed=None), NOON) == Pruned(0, 0)
    assert retention.prune(JOB._replace(keep=None), NOON) == Pruned(0, 0)
    assert retention.prune(JOB._replace(keep_failed=None), NOON) == Pruned(1, 0)


def test_messages_go_when_they_were_sent_long_ago_and_failed_records_and_audit_never(
    connection: psycopg.Connection, retention: Retention
) -> None:
    run = put_run(connection, started_at=NOON)
    for key, sent_at in [("old", NOON - 91 * DAY), ("new", NOON), ("waiting", None)]:
        row = {"job": "purge", "run": run, "key": key, "payload": {}, "sent_at": sent_at}
        put(connection, "outbox", row)
    failed = {"job": "purge", "key": ["1"], "run": run, "slot": NOON, "error_class": "E"}
    put(
        connection,
        "failed_record",
        {**failed, "error_message": "no", "failed_at": NOON - 900 * DAY},
    )
    connection.execute(
        "INSERT INTO audit_log (action_type, entity_type, created_at) VALUES ('a', 'b', %s)",
        [NOON - 900 * DAY],
    )
    assert retention.prune(JOB, NOON) == Pruned(0, 1)
    keys = connection.execute("SELECT key FROM bgjobs.outbox ORDER BY key").fetchall()
    assert keys == [("new",), ("waiting",)]
    assert connection.execute("SELECT count(*) FROM bgjobs.failed_record").fetchone() == (1,)
    assert connection.execute("SELECT count(*) FROM audit_log").fetchone() == (1,)


def test_one_start_prunes_a_bounded_number_of_bites(connection: psycopg.Connection) -> None:
    for age in range(100, 110):
        put_run(connection, started_at=NOON - age * DAY)
    small = Retention(Session(connection), bite=2, bites=3)
    assert [small.prune(JOB, NOON).runs for _ in range(3)] == [6, 3, 0]


@pytest.fixture
def another(dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn) as connected:
        yield connected


def test_a_run_that_another_is_pruning_is_passed_over(
    connection: psycopg.Connection, another: psycopg.Connection, retention: Retention
) -> None:
    for age in (0, 100, 101):
        put_run(connection, started_at=NOON - age * DAY)
    another.execute("SELECT FROM bgjobs.run WHERE started_at = %s FOR UPDATE", [NOON - 100 * DAY])
    assert retention.prune(JOB, NOON).runs == 1
    another.rollback()
    assert retention.prune(JOB, NOON).runs == 1


def test_a_locked_table_stops_pruning_rather_than_the_run(
    connection: psycopg.Connection, another: psycopg.Connection, retention: Retention
) -> None:
    for age in (0, 100):
        put_run(connection, started_at=NOON - age * DAY)
    another.execute("LOCK TABLE bgjobs.run IN EXCLUSIVE MODE")
    with pytest.raises(errors.LockNotAvailable):
        retention.prune(JOB, NOON)
    assert prune_if_possible(retention.session, JOB, NOON) is None
    another.rollback()
    assert prune_if_possible(retention.session, JOB, NOON) == Pruned(1, 0)


def test_the_limits_of_a_bite_end_with_it(
    connection: psycopg.Connection, retention: Retention
) -> None:
    put_run(connection)
    retention.prune(JOB, NOON)
    shown = connection.execute("SHOW statement_timeout").fetchone()
    assert shown == ("0",)
