"""Handlers that end their batch, by whatever way; and batches that fail behind their back."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from bgjobs.errors import ExitStatus
from bgjobs.handler import Run
from bgjobs.job import Allowance
from bgjobs.record import Counts, RunStatus
from harness.effects import EVERY, INSERT, Record, effects, returns, writes
from harness.tasks import Works


def commits(run: Run) -> None:
    run.connection.commit()


def commits_and_hides_it(run: Run) -> None:
    with pytest.raises(psycopg.Error):
        run.connection.execute("COMMIT")
    run.connection.execute("INSERT INTO effect VALUES (99)")


def commits_in_a_script(run: Run) -> None:
    run.connection.execute("INSERT INTO effect VALUES (99); COMMIT")


def rolls_back(run: Run) -> None:
    run.connection.rollback()
    run.connection.execute("INSERT INTO effect VALUES (99)")


def rolls_back_and_raises(run: Run) -> None:
    run.connection.rollback()
    raise ValueError("its own")


def begins_anew(run: Run) -> None:
    run.connection.execute("ROLLBACK; BEGIN; INSERT INTO effect VALUES (99)")


def leaves_the_context(run: Run) -> None:
    with run.connection as connection:
        connection.execute("INSERT INTO effect VALUES (99)")


def closes(run: Run) -> None:
    run.connection.close()


MISDEEDS = (
    commits,
    commits_and_hides_it,
    commits_in_a_script,
    rolls_back,
    rolls_back_and_raises,
    begins_anew,
    leaves_the_context,
    closes,
)


@pytest.mark.parametrize("misdeed", MISDEEDS, ids=lambda misdeed: misdeed.__name__)
def test_a_handler_that_ends_its_batch_fails_the_run_and_leaves_nothing_of_it(
    work: Works, misdeed: Callable[[Run], None]
) -> None:
    def per_record(run: Run, record: Record) -> None:
        if record["id"] == 17:
            misdeed(run)
        writes(run, record)

    def per_batch(run: Run, records: list[Record]) -> None:
        for record in records:
            per_record(run, record)

    def once(run: Run) -> None:
        writes(run, {"id": 1})
        misdeed(run)

    every: list[tuple[Any, dict[str, Any], list[int]]] = [
        (per_record, {"max_failures": Allowance(9)}, list(range(1, 11))),
        (per_batch, {"per": "batch", "max_failures": Allowance(9)}, list(range(1, 11))),
        (once, {"select": None}, []),
    ]
    for function, fields, expected in every:
        work.rows("TRUNCATE effect")
        outcome = work(function, **fields)
        assert outcome.status is RunStatus.FAILED
        assert outcome.exit is ExitStatus.JOB_FAILED
        assert outcome.failure is not None
        text = outcome.failure.message
        assert "commit" in text or "closed run.connection" in text
        assert effects(work) == expected
        assert outcome.counts.processed == len(expected)
        assert work.column("SELECT count(*) FROM bgjobs.failed_record") == [0]


def test_what_befell_the_batch_before_is_not_blamed_on_the_record_at_work(work: Works) -> None:
    # The commit of the first batch is refused when the second one's first record wants the
    # connection: until then nobody has asked for its answer.
    work.rows("INSERT INTO effect VALUES (5)")
    work.rows("ALTER TABLE effect ADD UNIQUE (id) DEFERRABLE INITIALLY DEFERRED")
    wanted: list[int] = []

    def late(run: Run, record: Record) -> Record:
        if record["id"] > 10:
            wanted.append(record["id"])
            run.connection.execute("SELECT 1")
        return returns(run, record)

    def late_and_stubborn(run: Run, record: Record) -> Record:
        with suppress(psycopg.Error):
            late(run, record)
        return returns(run, record)

    for function in (late, late_and_stubborn):
        work.rows("TRUNCATE bgjobs.failed_record; DELETE FROM effect WHERE id <> 5")
        outcome = work(function, statement=INSERT, max_failures=Allowance(1))
        assert outcome.counts == Counts(35, 34, 0, 1, 4)
        assert work.column("SELECT key FROM bgjobs.failed_record") == [["5"]]
        assert effects(work) == EVERY
        assert wanted[0] == 11
