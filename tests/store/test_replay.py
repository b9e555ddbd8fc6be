"""Runs that come into the ledger after the fact."""

import threading
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from bgjobs.record import Counts, RunRecord, RunStatus, Trigger
from bgjobs.store.history import History
from bgjobs.store.replay import UnfitError, replay
from bgjobs.store.session import Session
from bgjobs.store.verdict import bury_the_dead
from harness.ledger import NOON, put_lease, put_run


@pytest.fixture
def session(connection: psycopg.Connection) -> Session:
    return Session(connection)


def a_run(**changes: object) -> RunRecord:
    """A start that found no database."""
    made = RunRecord(
        id=uuid4(),
        job="purge",
        slot=NOON,
        trigger=Trigger.CRON,
        status=RunStatus.FAILED,
        attempt=1,
        host="web1",
        pid=4711,
        version="0.1.0",
        parameters={"day": "monday", "secret": "***"},
        started_at=NOON + timedelta(seconds=1),
        heartbeat_at=NOON + timedelta(seconds=1),
        finished_at=NOON + timedelta(seconds=31),
        counts=Counts(),
        counters={},
        cursor=None,
        error_class="DatabaseUnreachableError",
        error_message="the database cannot be reached",
        error_stack=None,
        output=None,
        reason=None,
    )
    return made._replace(**changes)


def audit(connection: psycopg.Connection) -> list[dict[str, object]]:
    return [d for (d,) in connection.execute("SELECT details FROM audit_log ORDER BY created_at")]


def test_start_that_found_no_database_is_recorded_with_its_audit_row(
    connection: psycopg.Connection, session: Session
) -> None:
    run = a_run()
    assert replay(session, run)
    assert History(session).run(str(run.id)) == run._replace(attempt=0)
    (details,) = audit(connection)
    assert details["status"] == "failed"
    assert details["job_name"] == "purge"
    assert details["execution_time_ms"] == 30_000
    assert details["error_message"] == "the database cannot be reached"


def test_run_is_recorded_once_however_often_and_by_however_many(
    connection: psycopg.Connection, session: Session, dsn: str
) -> None:
    run = a_run()
    recorded = []

    def try_it() -> None:
        with psycopg.connect(dsn, autocommit=True) as mine:
            recorded.append(replay(Session(mine), run))

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(recorded) == [False] * 7 + [True]
    assert not replay(session, run)
    assert len(audit(connection)) == 1


def test_slot_stays_free_and_each_host_may_tell_of_it(
    connection: psycopg.Connection, session: Session
) -> None:
    hosts = ["web1", "web2", "web3"]
    for host in hosts:
        assert replay(session, a_run(host=host))
    put_run(connection, slot=NOON, attempt=1)
    assert len(audit(connection)) == 3


def test_run_that_could_not_close_its_row_is_closed_as_it_ended(
    connection: psycopg.Connection, session: Session
) -> None:
    run = put_run(connection, status="running")
    put_lease(connection, run, expires_in=-1, read=10, processed=8, failed=2, batches=1)
    told = a_run(
        id=run, status=RunStatus.FAILED, error_class="Boom", error_message="boom", output="printed"
    )
    assert replay(session, told)
    found = History(session).run(str(run))
    assert found.status is RunStatus.FAILED
    assert found.counts == Counts(10, 8, 0, 2, 1)  # of the leases, which commit with the records
    assert found.finished_at == told.finished_at
    assert (found.error_class, found.error_message, found.output) == ("Boom", "boom", "printed")
    assert connection.execute("SELECT run FROM bgjobs.lease").fetchall() == [(None,)]
    (details,) = audit(connection)
    assert details["records_processed"] == 8
    assert not replay(session, told)
    assert bury_the_dead(session).buried == []
    assert len(audit(connection)) == 1


@pytest.mark.parametrize("ahead", [timedelta(days=3000), timedelta(days=-3000)])
def test_clock_of_the_host_does_not_put_an_end_before_the_start_or_after_now(
    connection: psycopg.Connection, session: Session, ahead: timedelta
) -> None:
    run = put_run(connection, status="running")
    put_lease(connection, run, expires_in=-1)
    assert replay(session, a_run(id=run, finished_at=NOON + ahead))
    found = History(session).run(str(run))
    assert found.finished_at is not None
    assert found.started_at <= found.finished_at <= History(session).now()


def test_clock_that_was_set_back_during_the_run_is_no_obstacle(session: Session) -> None:
    assert replay(session, a_run(finished_at=NOON - timedelta(hours=1)))


def test_run_that_was_buried_meanwhile_stays_as_it_was_judged(
    connection: psycopg.Connection, session: Session
) -> None:
    run = put_run(connection, status="running")
    put_lease(connection, run, expires_in=-1)
    bury_the_dead(session)
    assert not replay(session, a_run(id=run))
    assert History(session).run(str(run)).status is RunStatus.CRASHED
    assert len(audit(connection)) == 1


@pytest.mark.parametrize(
    "changes",
    [{"job": "No Such Name"}, {"error_message": None}, {"output": "a NUL: \0"}],
    ids=["name", "message", "NUL"],
)
def test_record_that_the_ledger_can_not_hold_is_told_from_a_passing_fault(
    session: Session, changes: dict[str, object]
) -> None:
    with pytest.raises(UnfitError):
        replay(session, a_run(**changes))
    assert replay(session, a_run())


def test_row_and_audit_row_come_together_or_not_at_all(
    connection: psycopg.Connection, session: Session
) -> None:
    connection.execute("ALTER TABLE audit_log ADD CONSTRAINT full_disk CHECK (false)")
    run = a_run()
    with pytest.raises(psycopg.errors.CheckViolation):
        replay(session, run)
    connection.execute("ALTER TABLE audit_log DROP CONSTRAINT full_disk")
    assert replay(session, run)
