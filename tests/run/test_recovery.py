"""Errors in a batch that heal, by going on from the lease; and those that do not."""

import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from bgjobs.errors import ExitStatus
from bgjobs.handler import Run
from bgjobs.job import Allowance
from bgjobs.record import Counts, RunStatus
from bgjobs.run import recovery
from bgjobs.run.execute import execute
from harness.tasks import Works, a_job

BOUND = 60
INSERT = "INSERT INTO effect SELECT id FROM batch"
EVERY = list(range(1, 36))
Record = dict[str, Any]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits between tries are of no interest here."""
    monkeypatch.setattr(recovery, "wait", lambda *_args, **_more: 0.0)


def effects(work: Works) -> list[int]:
    return work.column("SELECT id FROM effect ORDER BY id")


def returns(_run: Run, record: Record) -> Record:
    return {"id": record["id"]}


def terminate(work: Works) -> None:
    pid = work.session.connection.info.backend_pid
    assert work.column("SELECT pg_terminate_backend(%s, 60000)", [pid]) == [True]


def raising(sqlstate: str, times: int, record: int = 15) -> str:
    """A trigger on `effect` that raises so often when it comes to a record."""
    return f"""
    CREATE SEQUENCE raised;
    CREATE FUNCTION raise_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.id = {record} AND nextval('raised') <= {times} THEN
        RAISE 'it is in the way' USING ERRCODE = '{sqlstate}';
      END IF;
      RETURN NEW; END $$;
    CREATE TRIGGER raise_it BEFORE INSERT ON effect FOR EACH ROW EXECUTE FUNCTION raise_it();
    """


@pytest.mark.parametrize("at", [1, 5, 11, 20, 21, 35])
def test_a_lost_connection_costs_no_record_and_doubles_none(work: Works, at: int) -> None:
    def while_python_works(_run: Run, record: Record) -> Record:
        if record["id"] == at and not lost:
            lost.append(at)
            terminate(work)
        return {"id": record["id"]}

    def while_it_uses_it(run: Run, record: Record) -> None:
        run.connection.execute("INSERT INTO effect VALUES (%s)", [record["id"]])
        while_python_works(run, record)

    def while_a_batch_uses_it(run: Run, records: list[Record]) -> None:
        for record in records:
            while_it_uses_it(run, record)

    for function, statement, fields in [
        (while_python_works, INSERT, {}),
        (while_python_works, INSERT, {"read_ahead": False}),
        (while_it_uses_it, None, {}),
        (while_a_batch_uses_it, None, {"per": "batch"}),
    ]:
        lost: list[int] = []
        work.rows("TRUNCATE effect")
        outcome = work(function, statement=statement, **fields)
        assert (outcome.failure, outcome.status) == (None, RunStatus.SUCCESS)
        assert outcome.counts == Counts(35, 35, 0, 0, 4)
        assert (effects(work), lost) == (EVERY, [at])


def test_a_connection_lost_while_the_server_works_a_set(work: Works) -> None:
    statement = f"{INSERT}, (SELECT pg_advisory_xact_lock(1)) AS held"
    waiting = (
        "SELECT a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE NOT granted AND locktype = 'advisory' AND a.datname = current_database()"
    )
    holder = work.connect()
    holder.execute("SELECT pg_advisory_lock(1)")
    outcomes: list[Any] = []
    running = threading.Thread(
        target=lambda: outcomes.append(work(statement=statement, batch_size=5))
    )
    running.start()
    killed: set[int] = set()
    while len(killed) < 3:
        for pid in set(work.column(waiting)) - killed:
            killed.add(pid)
            work.column("SELECT pg_terminate_backend(%s)", [pid])
        assert running.is_alive()
    holder.execute("SELECT pg_advisory_unlock(1)")
    running.join(BOUND)
    assert outcomes[0].status is RunStatus.SUCCESS
    assert effects(work) == EVERY


@pytest.mark.parametrize("function", [returns, None])
@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03", "53300"])
def test_what_heals_is_tried_again_and_no_record_is_blamed(
    work: Works, function: Any, sqlstate: str
) -> None:
    work.rows(raising(sqlstate, 3))
    outcome = work(function, statement=INSERT, max_failures=Allowance(9))
    assert (outcome.failure, outcome.status) == (None, RunStatus.SUCCESS)
    assert outcome.counts == Counts(35, 35, 0, 0, 4)
    assert effects(work) == EVERY


@pytest.mark.parametrize(
    ("sqlstate", "status"),
    [
        ("40001", ExitStatus.NOT_NOW),
        ("57P03", ExitStatus.UNREACHABLE),
        ("53100", ExitStatus.NOT_NOW),
    ],
)
def test_what_does_not_heal_ends_the_run_at_the_last_good_batch(
    work: Works, sqlstate: str, status: ExitStatus
) -> None:
    work.rows(raising(sqlstate, 1000))
    for function in (returns, None):
        work.rows("TRUNCATE effect")
        outcome = work(function, statement=INSERT, max_failures=Allowance(9))
        assert (outcome.status, outcome.exit) == (RunStatus.FAILED, status)
        assert effects(work) == EVERY[:10]
        assert work.run_row(outcome.run)["position"]["1"]["cursor"] == ["10"]
        assert work.column("SELECT count(*) FROM bgjobs.failed_record") == [0]


def test_a_deadlock_with_another_session_is_undone_and_tried_again(work: Works) -> None:
    # The other has what the batch wants, and wants what the batch has.
    other = psycopg.connect(work.dsn, autocommit=True)
    other.execute("SET deadlock_timeout = '60s'")
    other.execute("BEGIN; SELECT 1 FROM item WHERE id = 12 FOR UPDATE")
    blocked = "SELECT 1 FROM pg_locks WHERE NOT granted AND pid = %s"
    tries: list[int] = []

    def want() -> None:
        other.execute("UPDATE item SET done = 7 WHERE id = 11")
        other.execute("COMMIT")

    wanting = threading.Thread(target=want)

    def mark(run: Run, record: Record) -> None:
        run.connection.execute("SET LOCAL deadlock_timeout = '10ms'")
        if record["id"] == 12:
            tries.append(1)
            if len(tries) == 1:
                wanting.start()
                while not work.column(blocked, [other.info.backend_pid]):
                    continue
        run.connection.execute("UPDATE item SET done = done + 1 WHERE id = %s", [record["id"]])

    outcome = work(mark, lock_timeout=None)
    wanting.join(BOUND)
    other.close()
    assert (outcome.failure, outcome.status) == (None, RunStatus.SUCCESS)
    assert len(tries) >= 2
    assert work.rows("SELECT id, done FROM item WHERE done <> 1") == [(11, 8)]


def test_a_lock_that_is_not_freed_in_time_ends_as_not_now(work: Works) -> None:
    holder = work.connect()
    holder.execute("BEGIN; SELECT 1 FROM item WHERE id = 15 FOR UPDATE")
    statement = "UPDATE item SET done = 1 FROM batch WHERE item.id = batch.id"
    for function in (returns, None):
        outcome = work(function, statement=statement, lock_timeout=timedelta(milliseconds=5))
        assert (outcome.status, outcome.exit) == (RunStatus.FAILED, ExitStatus.NOT_NOW)
        assert outcome.failure is not None
        assert "lock timeout" in outcome.failure.message
    holder.execute("ROLLBACK")
    assert work(None, statement=statement).status is RunStatus.SUCCESS


def test_a_statement_beyond_its_timeout_fails_the_run_and_is_not_tried_again(work: Works) -> None:
    statement = f"{INSERT}, (SELECT pg_sleep(30)) AS slow"
    for function in (returns, None):
        outcome = work(function, statement=statement, statement_timeout=timedelta(milliseconds=20))
        assert (outcome.status, outcome.exit) == (RunStatus.FAILED, ExitStatus.JOB_FAILED)
        assert outcome.failure is not None
        assert "statement timeout" in outcome.failure.message
    assert effects(work) == []


def test_a_handler_that_costs_the_connection_each_time_is_given_up(work: Works) -> None:
    tries: list[int] = []

    def kill(_run: Run, record: Record) -> Record:
        if record["id"] == 15:
            tries.append(1)
            terminate(work)
        return {"id": record["id"]}

    outcome = work(kill, statement=INSERT)
    assert (outcome.status, outcome.exit) == (RunStatus.FAILED, ExitStatus.UNREACHABLE)
    assert 5 < len(tries) < 50
    assert effects(work) == EVERY[:10]


def test_a_run_that_is_to_stop_does_not_try_again(work: Works) -> None:
    work.rows(raising("40001", 1000))

    def ask(_run: Run, record: Record) -> Record:
        if record["id"] == 15:
            work.stops.ask("enough")
        return {"id": record["id"]}

    outcome = work(ask, statement=INSERT)
    assert (outcome.status, outcome.exit) == (RunStatus.INTERRUPTED, ExitStatus.TERMINATED)
    assert effects(work) == EVERY[:10]


def test_a_lease_that_was_taken_over_is_lost_with_the_batch(work: Works) -> None:
    def lose(_run: Run, record: Record) -> Record:
        if record["id"] == 15:
            # Between two batches: in one the lease is locked.
            terminate(work)
            work.rows("UPDATE bgjobs.lease SET token = token + 1")
        return {"id": record["id"]}

    with pytest.raises(Exception, match="taken over") as raised:
        work(lose, statement=INSERT)
    assert raised.value.status is ExitStatus.NOT_NOW  # type: ignore[attr-defined]
    assert effects(work) == EVERY[:10]


@pytest.mark.parametrize("function", [returns, None])
def test_a_commit_whose_answer_was_lost_is_asked_for_and_not_repeated(
    work: Works, function: Any
) -> None:
    task = work.open(
        a_job(statement=INSERT, pause=timedelta(microseconds=1)),
        function,
        limit=1000,
    )
    commit, connection = task.batches.commit, work.session.connection
    numbers = iter(range(100))

    def commit_the_third_in_silence() -> Any:
        answer = commit()
        if next(numbers) == 3:
            with connection.pipeline() as pipeline:
                pipeline.sync()
            terminate(work)
            raise psycopg.OperationalError("the answer was lost")
        return answer

    task.batches.commit = commit_the_third_in_silence  # type: ignore[method-assign]
    outcome = execute(task, lambda: None)
    assert (outcome.failure, outcome.status) == (None, RunStatus.SUCCESS)
    assert outcome.counts == Counts(35, 35, 0, 0, 4)
    assert effects(work) == EVERY


def test_an_end_whose_answer_was_lost_is_written_once(work: Works) -> None:
    task = work.open(a_job(statement=INSERT), returns)
    close = task.ledger.close_run
    lost: list[int] = []

    def close_in_silence(*args: Any, **more: Any) -> Any:
        answer = close(*args, **more)
        if not lost:
            lost.append(1)
            terminate(work)
            raise psycopg.OperationalError("the answer was lost")
        return answer

    task.ledger.close_run = close_in_silence  # type: ignore[method-assign]
    outcome = execute(task, lambda: None)
    assert (outcome.status, outcome.counts.processed) == (RunStatus.SUCCESS, 35)
    assert work.column("SELECT count(*) FROM audit_log") == [1]
