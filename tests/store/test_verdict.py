import threading
from datetime import timedelta

import psycopg
import pytest
from psycopg import errors

from bgjobs.record import Counts, RunStatus
from bgjobs.store.history import History
from bgjobs.store.session import Session
from bgjobs.store.verdict import Verdict, bury_the_dead, living
from harness.ledger import NOON, put_lease, put_run

BEGIN = "SELECT bgjobs.begin_batch('purge', '00000000-0000-0000-0000-000000000000', 1, %s, 7, 60)"


@pytest.fixture
def session(connection: psycopg.Connection) -> Session:
    return Session(connection)


def audit(connection: psycopg.Connection) -> list[dict[str, object]]:
    return [d for (d,) in connection.execute("SELECT details FROM audit_log ORDER BY created_at")]


def test_a_run_whose_lease_ran_out_is_buried_with_all_that_its_leases_tell(
    connection: psycopg.Connection, session: Session
) -> None:
    run = put_run(connection, status="running", shards=2)
    put_lease(
        connection, run, expires_in=-1, shard=1, read=10, processed=9, failed=1, batches=2,
        cursor=["7"], counters={"sent": 3}, heartbeat_at=NOON + timedelta(minutes=5), stop="x",
    )  # fmt: skip
    put_lease(
        connection, run, expires_in=-1, shard=2, read=5, processed=5, batches=1, done=True,
        cursor=["9"], counters={"sent": 1}, heartbeat_at=NOON,
    )  # fmt: skip
    (found,) = bury_the_dead(session).buried
    assert found.id == run
    assert found.status is RunStatus.CRASHED
    assert found.counts == Counts(15, 14, 0, 1, 3)
    assert found.counters == {"sent": 4}
    assert found.position["1"] == {"cursor": ["7"], "until": None, "done": False}
    assert found.position["2"]["done"] is True
    assert found.error_message == (
        "the process died: host web1, pid 4711, last heartbeat 2026-07-01 12:05:00 UTC, "
        "cursors 1: 7; 2: 9"
    )
    assert found.reason == "found dead: its lease ran out"
    assert found.finished_at is not None
    leases = connection.execute(
        "SELECT run, expires_at, in_batch, stop, token FROM bgjobs.lease"
    ).fetchall()
    assert leases == [(None, None, None, None, 8)] * 2
    (details,) = audit(connection)
    assert details["job_name"] == "purge"
    assert details["status"] == "failed"
    assert details["records_processed"] == 14
    assert details["error_message"] == found.error_message
    assert details["outcome"] == "crashed"


def test_a_run_with_one_living_lease_is_alive_whatever_its_age(
    connection: psycopg.Connection, session: Session
) -> None:
    run = put_run(connection, status="running", started_at=NOON - timedelta(days=300))
    put_lease(connection, run, expires_in=-1, shard=1)
    put_lease(connection, run, expires_in=60, shard=2)
    assert bury_the_dead(session) == Verdict([], settled=True)
    assert audit(connection) == []


def test_a_batch_in_flight_keeps_a_run_alive_beyond_its_lease_and_beyond_any_proof(
    connection: psycopg.Connection, session: Session, dsn: str
) -> None:
    run = put_run(connection, status="running")
    put_lease(connection, run, expires_in=-1)
    with psycopg.connect(dsn) as working:
        working.execute(BEGIN, [run])
        assert bury_the_dead(session, {run}) == Verdict([], settled=True)
        working.rollback()
    assert [found.id for found in bury_the_dead(session).buried] == [run]


def test_a_run_proven_dead_need_not_have_expired(
    connection: psycopg.Connection, session: Session
) -> None:
    run = put_run(connection, status="running", boot="b", host="web1")
    put_lease(connection, run, expires_in=3600, cursor=["3"])
    assert [(one.run, one.host, one.boot, one.pid) for one in living(session)] == [
        (run, "web1", "b", 4711)
    ]
    (found,) = bury_the_dead(session, {run}).buried
    assert found.reason == "found dead: its process is gone from its host"
    assert found.cursor == ["3"]
    assert living(session) == []


def test_a_process_that_was_only_stopped_is_fenced_off(
    connection: psycopg.Connection, session: Session
) -> None:
    run = put_run(connection, status="running")
    put_lease(connection, run, expires_in=-1)
    bury_the_dead(session)
    with pytest.raises(psycopg.Error) as raised:
        connection.execute(BEGIN, [run])
    assert raised.value.sqlstate == "BG002"


def test_a_run_whose_leases_are_gone_is_dead_and_one_with_a_lane_leaves_none(
    connection: psycopg.Connection, session: Session
) -> None:
    lost = put_run(connection, "lost", "running")
    laned = put_run(connection, "laned", "running", read=2)
    put_lease(connection, laned, "laned", expires_in=-1, lane=laned, read=4)
    assert {run.id: run.counts.read for run in bury_the_dead(session).buried} == {lost: 0, laned: 4}
    assert connection.execute("SELECT count(*) FROM bgjobs.lease").fetchone() == (0,)


def test_a_run_that_closes_itself_meanwhile_is_left_to_itself(
    connection: psycopg.Connection, session: Session, dsn: str
) -> None:
    run = put_run(connection, status="running")
    put_lease(connection, run, expires_in=-1)
    with psycopg.connect(dsn) as closing:
        closing.execute("UPDATE bgjobs.run SET status = 'success', finished_at = now()")
        assert bury_the_dead(session) == Verdict([], settled=False)
        closing.commit()
    assert bury_the_dead(session) == Verdict([], settled=True)
    assert History(session).run(str(run)).status is RunStatus.SUCCESS


def test_twenty_that_judge_at_once_write_one_audit_row_a_run(
    connection: psycopg.Connection, dsn: str
) -> None:
    for number in range(5):
        run = put_run(connection, f"job{number}", "running", NOON)
        put_lease(connection, run, f"job{number}", expires_in=-1)
    barrier = threading.Barrier(20)
    buried = []

    def judge() -> None:
        with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as own:
            barrier.wait(60)
            buried.extend(run.id for run in bury_the_dead(Session(own)).buried)

    threads = [threading.Thread(target=judge) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    # A run passed over because another was at it stays for the next start.
    bury_the_dead(Session(connection))
    assert len(set(buried)) == len(buried)
    assert len(audit(connection)) == 5
    tokens = connection.execute("SELECT token, run FROM bgjobs.lease").fetchall()
    assert tokens == [(8, None)] * 5


def test_a_run_whose_audit_row_is_refused_stays_and_the_others_are_buried(
    connection: psycopg.Connection, session: Session
) -> None:
    for job in ("a", "purge", "z"):
        put_lease(connection, put_run(connection, job, "running"), job, expires_in=-1)
    connection.execute("ALTER TABLE audit_log ADD CHECK (details ->> 'job_name' <> 'purge')")
    found = bury_the_dead(session)
    assert {run.job for run in found.buried} == {"a", "z"}
    assert not found.settled
    assert isinstance(found.error, errors.CheckViolation)
    assert [run.status for run in History(session).runs("purge")] == [RunStatus.RUNNING]


def test_a_lock_in_the_way_is_nobodys_failure_and_leaves_the_run_to_the_next(
    connection: psycopg.Connection, session: Session, dsn: str
) -> None:
    run = put_run(connection, status="running")
    put_lease(connection, run, expires_in=-1)
    with psycopg.connect(dsn) as migrating:
        migrating.execute("LOCK TABLE audit_log")
        assert bury_the_dead(session) == Verdict([], settled=False)
        migrating.rollback()
    assert [found.id for found in bury_the_dead(session).buried] == [run]


def test_it_works_through_a_pooler(connection: psycopg.Connection, pooled_dsn: str) -> None:
    run = put_run(connection, status="running")
    put_lease(connection, run, expires_in=-1)
    with psycopg.connect(pooled_dsn, autocommit=True, prepare_threshold=None) as pooled:
        assert [found.id for found in bury_the_dead(Session(pooled)).buried] == [run]
