"""Jobs of one transaction: a single statement, or a single call."""

import asyncio
from typing import Any

import pytest

from bgjobs.errors import ExitStatus
from bgjobs.handler import Run
from bgjobs.record import Counts, RunStatus
from harness.tasks import Works


def test_a_statement_is_one_transaction_and_its_rows_are_the_records(work: Works) -> None:
    for statement, rows in (
        ("DELETE FROM item WHERE id <= :most -- why 100%", 20),
        ("UPDATE item SET note = '100% :most' WHERE id % 2 = 0;", 7),
        ("WITH x AS (SELECT 1) SELECT FROM x WHERE :slot > 'epoch' AND :job = 'work'", 1),
        ("CREATE TABLE made (id int)", 0),
        ("DO $$ BEGIN INSERT INTO effect VALUES (1); END $$", 0),
    ):
        outcome = work(select=None, statement=statement, params={"most": 20})
        assert (outcome.failure, outcome.status) == (None, RunStatus.SUCCESS)
        assert outcome.counts == Counts(rows, rows, 0, 0, min(rows, 1))
    assert work.column("SELECT count(*) FROM effect") == [1]
    assert work.rows("SELECT count(*), count(*) FILTER (WHERE note = '100% :most') FROM item") == [
        (15, 7)
    ]


def test_a_statement_that_fails_is_told_by_the_server_s_words_and_leaves_nothing(
    work: Works,
) -> None:
    statement = "WITH x AS (INSERT INTO effect VALUES (1)) SELECT 1 / 0"
    outcome = work(select=None, statement=statement)
    assert (outcome.status, outcome.exit) == (RunStatus.FAILED, ExitStatus.JOB_FAILED)
    assert outcome.failure is not None
    assert outcome.failure[:2] == ("DivisionByZero", "in its statement: division by zero")
    assert outcome.failure.sqlstate == "22012"
    assert work.column("SELECT count(*) FROM effect") == [0]
    assert work.column("SELECT count(*) FROM bgjobs.failed_record") == [0]


def test_a_constraint_that_is_deferred_fails_the_run_at_its_commit(work: Works) -> None:
    work.rows("ALTER TABLE effect ADD UNIQUE (id) DEFERRABLE INITIALLY DEFERRED")
    for dry_run in (True, False):
        outcome = work(select=None, statement="INSERT INTO effect VALUES (1), (1)", dry_run=dry_run)
        assert outcome.status is RunStatus.FAILED
        assert outcome.failure is not None
        assert outcome.failure.error_class == "UniqueViolation"
    assert work.column("SELECT count(*) FROM effect") == [0]


def test_a_call_is_given_the_run_and_may_return_how_many_records_it_did(work: Works) -> None:
    def check(run: Run) -> Any:
        run.connection.execute("INSERT INTO effect VALUES (1)")
        run.count("seen", 3)
        run.send({"to": "x"}, key="k")
        assert (run.job, run.params, run.attempt, run.dry_run) == ("work", {"n": 5}, 1, False)
        return run.params["n"]

    async def later(run: Run) -> int:
        await asyncio.sleep(0)
        return int(check(run))

    def nothing(run: Run) -> None:
        check(run)

    for function, number in ((check, 5), (later, 5), (nothing, 0)):
        work.rows("TRUNCATE effect, bgjobs.outbox")
        outcome = work(function, select=None, params={"n": 5})
        assert (outcome.failure, outcome.counts.processed) == (None, number)
        assert work.column("SELECT count(*) FROM effect") == [1]
        assert work.column("SELECT key FROM bgjobs.outbox") == ["k"]
        assert work.run_row(outcome.run)["counters"] == {"seen": 3}


def test_a_call_that_raises_leaves_nothing(work: Works) -> None:
    def check(run: Run) -> None:
        run.connection.execute("INSERT INTO effect VALUES (1)")
        run.count("seen")
        run.send(1, key="k")
        raise LookupError("nothing there")

    outcome = work(check, select=None)
    assert outcome.failure is not None
    assert outcome.failure[:2] == ("LookupError", "nothing there")
    assert "in check" in (outcome.failure.stack or "")
    for table in ("effect", "bgjobs.outbox"):
        assert work.column(f"SELECT count(*) FROM {table}") == [0]
    assert work.run_row(outcome.run)["counters"] == {}


def test_a_call_that_hides_an_error_of_the_server_fails(work: Works) -> None:
    def hide(run: Run) -> None:
        with pytest.raises(Exception):  # noqa: B017, PT011 - hidden, whatever it is
            run.connection.execute("SELECT nonsense")

    outcome = work(hide, select=None)
    assert outcome.status is RunStatus.FAILED
    assert outcome.failure is not None
    assert "swallowed" in outcome.failure.message

    def guarded(run: Run) -> None:
        with pytest.raises(Exception), run.connection.transaction():  # noqa: B017, PT011
            run.connection.execute("SELECT nonsense")
        run.connection.execute("INSERT INTO effect VALUES (1)")

    assert work(guarded, select=None).status is RunStatus.SUCCESS
    assert work.column("SELECT count(*) FROM effect") == [1]


def test_a_call_that_ends_the_process_is_a_failure_of_the_job(work: Works) -> None:
    def leave(run: Run) -> None:
        run.connection.execute("INSERT INTO effect VALUES (1)")
        raise SystemExit(0)

    outcome = work(leave, select=None)
    assert (outcome.status, outcome.exit) == (RunStatus.FAILED, ExitStatus.JOB_FAILED)
    assert outcome.failure is not None
    assert outcome.failure.message == "the handler ended the process: sys.exit(0)"
    assert work.column("SELECT count(*) FROM effect") == [0]


def test_work_whose_commit_was_not_heard_of_is_not_done_again(work: Works) -> None:
    statement = "INSERT INTO effect VALUES (1)"
    done = work(select=None, statement=statement)
    position = work.run_row(done.run)["position"]
    assert position["1"]["done"]
    again = work(select=None, statement=statement, start={"position": position, "attempt": 2})
    assert again.status is RunStatus.SUCCESS
    assert work.column("SELECT count(*) FROM effect") == [1]


def test_a_dry_run_does_everything_and_keeps_nothing(work: Works) -> None:
    def check(run: Run) -> int:
        run.connection.execute("INSERT INTO effect VALUES (1)")
        return 4

    assert work(check, select=None, dry_run=True).counts == Counts(4, 4, 0, 0, 1)
    statement = "INSERT INTO effect VALUES (1), (2)"
    assert work(select=None, statement=statement, dry_run=True).counts == Counts(2, 2, 0, 0, 1)
    assert work.column("SELECT count(*) FROM effect") == [0]
