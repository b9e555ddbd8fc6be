from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from bgjobs.errors import UsageError
from bgjobs.record import Counts, RunStatus
from bgjobs.store.history import History
from bgjobs.store.session import Session
from harness.ledger import NOON, put, put_lease, put_run

HOUR = timedelta(hours=1)


@pytest.fixture
def history(connection: psycopg.Connection) -> History:
    return History(Session(connection))


def test_runs_come_newest_first_and_no_more_than_asked_for(
    connection: psycopg.Connection, history: History
) -> None:
    ids = [put_run(connection, started_at=NOON + n * HOUR) for n in range(4)]
    assert [run.id for run in history.runs(limit=3)] == ids[:0:-1]


def test_runs_are_told_by_job_status_and_time(
    connection: psycopg.Connection, history: History
) -> None:
    put_run(connection, "a", "success", NOON)
    failed = put_run(connection, "a", "failed", NOON + HOUR)
    put_run(connection, "b", "failed", NOON + 2 * HOUR)
    put_run(connection, "a", "failed", NOON - HOUR)
    found = history.runs("a", status=RunStatus.FAILED, since=NOON, before=NOON + 2 * HOUR)
    assert [run.id for run in found] == [failed]
    assert len(history.runs(status=RunStatus.FAILED)) == 3
    assert history.runs(since=NOON + 3 * HOUR) == []


def test_what_a_run_printed_is_only_read_where_one_run_is_asked_for(
    connection: psycopg.Connection, history: History
) -> None:
    run = put_run(connection, status="failed", output="long", error_stack="deep")
    assert (history.runs()[0].output, history.runs()[0].error_stack) == (None, None)
    assert (history.run(str(run)).output, history.run(str(run)).error_stack) == ("long", "deep")


def test_a_run_is_found_by_the_beginning_of_its_id(
    connection: psycopg.Connection, history: History
) -> None:
    one = put_run(connection, id=UUID("abcdef00-0000-0000-0000-000000000001"))
    put_run(connection, started_at=NOON + HOUR, id=UUID("abcd1100-0000-0000-0000-000000000002"))
    for prefix in ("abcde", "ABCDEF00-0000", str(one)):
        assert history.run(prefix).id == one
    for prefix, reason in [
        ("abcd", "more than one run begins with"),
        ("99", 'no run "99"'),
        ("xyz", "is not a run's id"),
        ("", "is not a run's id"),
    ]:
        with pytest.raises(UsageError, match=reason):
            history.run(prefix)


def test_a_living_run_counts_what_its_leases_say(
    connection: psycopg.Connection, history: History
) -> None:
    run = put_run(connection, status="running", shards=2)
    later = NOON + HOUR
    put_lease(
        connection, run, shard=1, read=10, processed=8, skipped=1, failed=1, batches=2,
        cursor=["7"], until=["9"], counters={"sent": 3, "odd": "text"}, heartbeat_at=later,
    )  # fmt: skip
    put_lease(
        connection, run, shard=2, read=5, processed=5, batches=1, done=True,
        counters={"sent": 4}, heartbeat_at=later,
    )  # fmt: skip
    found = history.run(str(run))
    assert found.status is RunStatus.RUNNING
    assert found.counts == Counts(15, 13, 1, 1, 3)
    assert found.counters == {"sent": 7}
    assert found.cursor == ["7"]
    assert found.position == {
        "1": {"cursor": ["7"], "until": ["9"], "done": False},
        "2": {"cursor": None, "until": None, "done": True},
    }
    assert found.heartbeat_at == later


def test_a_finished_run_counts_what_its_row_says_whoever_holds_the_lease_now(
    connection: psycopg.Connection, history: History
) -> None:
    run = put_run(
        connection, read=3, processed=3, counters={"sent": 1}, position={"1": {"cursor": ["3"]}}
    )
    put_lease(connection, None, read=99)
    found = history.run(str(run))
    assert (found.counts.read, found.counters, found.cursor) == (3, {"sent": 1}, ["3"])


def test_the_last_run_of_each_job_is_its_newest_that_was_not_skipped(
    connection: psycopg.Connection, history: History
) -> None:
    put_run(connection, "a", started_at=NOON - HOUR)
    newest = put_run(connection, "a", "failed", NOON)
    put_run(connection, "a", "skipped", NOON + HOUR)
    other = put_run(connection, "b")
    put_run(connection, "not-asked-for")
    found = history.last_runs(["a", "b", "never-ran"])
    assert {job: run.id for job, run in found.items()} == {"a": newest, "b": other}


def test_a_dead_run_is_presumed_only_where_it_cannot_be_recorded(
    connection: psycopg.Connection,
) -> None:
    dead = put_run(connection, "a", "running", NOON)
    put_lease(connection, dead, "a", expires_in=-1)
    alive = put_run(connection, "b", "running", NOON + HOUR)
    put_lease(connection, alive, "b")
    shown = History(Session(connection), presume_dead=True).runs()
    assert [(run.status, run.finished_at) for run in shown] == [
        (RunStatus.RUNNING, None),
        (RunStatus.CRASHED, None),
    ]
    assert {run.status for run in History(Session(connection)).runs()} == {RunStatus.RUNNING}


def test_failed_records_come_newest_first(connection: psycopg.Connection, history: History) -> None:
    run = put_run(connection, "a", "partial")
    for number, job in enumerate(["a", "b", "a"]):
        put(
            connection,
            "failed_record",
            {
                "job": job, "key": [str(number)], "run": run if job == "a" else uuid4(),
                "slot": NOON, "error_class": "E", "error_message": "no",
                "failed_at": NOON + number * HOUR,
            },
        )  # fmt: skip
    assert [record.key for record in history.failures()] == [["2"], ["1"], ["0"]]
    assert [record.key for record in history.failures("a", limit=1)] == [["2"]]
    assert [r.key for r in history.failures_of_run(history.run(str(run)))] == [["0"], ["2"]]


def test_a_slot_is_accounted_for_by_cron_or_by_a_run_of_that_very_slot(
    connection: psycopg.Connection, history: History
) -> None:
    late, early = NOON + HOUR, NOON - HOUR
    put_run(connection, "ran", slot=NOON, started_at=late)
    put_run(connection, "skipped", "skipped", NOON)
    put_run(connection, "caught-up", trigger="catch_up", slot=late, started_at=late)
    put_run(connection, "made-good", trigger="manual", slot=NOON, started_at=late)
    put_run(connection, "early", started_at=early)
    put_run(connection, "old-slot", trigger="manual", slot=early, started_at=late)
    put_run(connection, "by-hand", trigger="manual", slot=late, started_at=late)
    jobs = [
        *("ran", "skipped", "caught-up", "made-good"),
        *("early", "old-slot", "by-hand", "never"),
    ]
    assert history.accounted(dict.fromkeys(jobs, NOON)) == set(jobs[:4])


def plan_of(connection: psycopg.Connection, name: str, **values: object) -> str:
    session = Session(connection)
    text = session._statement(name)  # noqa: SLF001 - its plan is what is looked at
    rows = connection.execute(b"EXPLAIN " + text, values).fetchall()
    return "\n".join(line for (line,) in rows)


def test_large_ledgers_are_read_by_index(connection: psycopg.Connection) -> None:
    connection.execute(
        "INSERT INTO bgjobs.run (id, job, slot, trigger, status, attempt, host, pid, version,"
        "       started_at, heartbeat_at, finished_at, error_message)"
        " SELECT gen_random_uuid(), 'job' || n %% 50, t, 'cron',"
        "        CASE WHEN n %% 1000 = 0 THEN 'failed' ELSE 'success' END, 1, 'h', 1, '1', t, t, t, 'x'"
        "   FROM generate_series(1, 20000) AS n, LATERAL (SELECT %s + n * interval '1 min') AS s (t)",
        [NOON],
    )
    connection.execute("ANALYZE bgjobs.run")
    everything = {"job": None, "status": None, "since": None, "before": None, "limit": 20}
    plans = {
        "newest": plan_of(connection, "runs", **everything),
        "of a job": plan_of(connection, "runs_of_job", **{**everything, "job": "job7"}),
        "failed": plan_of(
            connection, "runs", **{**everything, "status": "failed", "since": NOON + HOUR}
        ),
        "failed of a job": plan_of(
            connection, "runs_of_job", **{**everything, "job": "job7", "status": "failed"}
        ),
        "last of each": plan_of(connection, "last_runs", jobs=[f"job{n}" for n in range(50)]),
        "one": plan_of(connection, "run", first=uuid4(), last=uuid4()),
        "accounted": plan_of(connection, "accounted", jobs=["job1"], slots=[NOON]),
        "suspects": plan_of(connection, "suspects", proven=[]),
    }
    assert {name: plan for name, plan in plans.items() if "Seq Scan on run" in plan} == {}
    for name in ("newest", "of a job", "failed", "failed of a job"):
        assert "Presorted Key: r.started_at" in plans[name], plans[name]
    assert "run_newest_of_job" in plans["of a job"]
    assert "run_notable_newest" in plans["failed"]
    assert "run_notable on" in plans["failed of a job"]
    assert "run_started" in plans["last of each"]
