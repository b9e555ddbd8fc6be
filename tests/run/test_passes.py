"""Working until the select returns nothing."""

from typing import Any

import pytest

from bgjobs.handler import Run
from bgjobs.job import Allowance
from bgjobs.record import Counts, RunStatus
from harness.tasks import Works, key_of

DONE = "UPDATE item SET done = done + 1 FROM batch WHERE item.id = batch.id"
OPEN: dict[str, Any] = {"select": "SELECT id, note FROM item WHERE done = 0", "until_empty": True}
Record = dict[str, Any]


def returns(_run: Run, record: Record) -> Record:
    return {"id": record["id"]}


@pytest.mark.parametrize("function", [returns, None])
def test_records_that_arrive_before_the_cursor_are_worked_in_another_pass(
    work: Works, function: Any
) -> None:
    # Each of the first twenty brings one that sorts before everything that is there.
    work.rows(
        "CREATE FUNCTION bring() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF OLD.id > -1 AND OLD.id <= 20 THEN INSERT INTO item VALUES (-OLD.id); END IF;"
        " RETURN NULL; END $$;"
        "CREATE TRIGGER bring AFTER UPDATE ON item FOR EACH ROW EXECUTE FUNCTION bring()"
    )
    outcome = work(function, statement=DONE, **OPEN)
    assert (outcome.failure, outcome.status) == (None, RunStatus.SUCCESS)
    assert outcome.counts == Counts(55, 55, 0, 0, 6)
    assert work.rows("SELECT count(*), min(done), max(done) FROM item") == [(55, 1, 1)]


@pytest.mark.parametrize("function", [returns, None])
def test_records_that_the_work_leaves_in_the_select_are_no_headway(
    work: Works, function: Any
) -> None:
    statement = f"{DONE} AND item.id <> 4"
    outcome = work(function, statement=statement, **OPEN)
    assert outcome.status is RunStatus.FAILED
    assert outcome.failure is not None
    assert "record (4)" in outcome.failure.message
    assert work.rows("SELECT id FROM item WHERE done <> 1") == [(4,)]


@pytest.mark.parametrize("function", [returns, None])
def test_a_record_that_fails_stays_and_does_not_keep_the_run_going(
    work: Works, function: Any
) -> None:
    work.rows("ALTER TABLE item ADD CHECK (id <> 4 OR done = 0)")
    outcome = work(function, statement=DONE, max_failures=Allowance(1), **OPEN)
    assert (outcome.failure, outcome.status) == (None, RunStatus.PARTIAL)
    assert outcome.counts == Counts(35, 34, 0, 1, 4)


@pytest.mark.parametrize("function", [returns, None])
def test_a_pass_that_is_gone_on_with_is_followed_by_another(work: Works, function: Any) -> None:
    position = {"1": {"cursor": ["20"], "until": None, "done": False}}
    outcome = work(function, statement=DONE, start={"position": position}, **OPEN)
    assert outcome.status is RunStatus.SUCCESS
    assert work.rows("SELECT count(*), min(done), max(done) FROM item") == [(35, 1, 1)]


def test_nothing_to_do_is_done_in_one_look(work: Works) -> None:
    work.rows("TRUNCATE item")
    for function in (returns, None):
        assert work(function, statement=DONE, **OPEN).counts == Counts()


def test_a_dry_run_makes_one_pass(work: Works) -> None:
    for function in (returns, None):
        outcome = work(function, statement=DONE, dry_run=True, **OPEN)
        assert outcome.counts == Counts(35, 35, 0, 0, 4)


def test_a_null_in_the_key_is_an_error_here_too(work: Works) -> None:
    select = "SELECT nullif(id, 30) AS k FROM item WHERE done = 0"
    for key in ("k", "k DESC"):
        outcome = work(returns, select=select, key=key_of(key), until_empty=True)
        assert outcome.failure is not None
        assert 'key column "k" is null' in outcome.failure.message
        assert outcome.counts == Counts()
