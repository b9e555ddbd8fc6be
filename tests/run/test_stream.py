"""The flow of pages through a handler, and what a handler may do to it."""

from typing import Any

import pytest

from bgjobs.errors import ExitStatus
from bgjobs.handler import Run
from bgjobs.record import Counts, RunStatus
from harness.effects import EVERY, INSERT, Record, effects, returns, writes
from harness.tasks import Works, key_of


@pytest.mark.parametrize("size", [1, 7, 10, 35, 36])
def test_each_record_is_worked_once_whatever_the_pages(work: Works, size: int) -> None:
    batches = -(-35 // size)
    for function, statement, fields in [
        (returns, INSERT, {}),
        (returns, INSERT, {"read_ahead": False}),
        (returns, INSERT, {"concurrency": 2}),
        (writes, None, {}),
    ]:
        work.rows("TRUNCATE effect")
        outcome = work(function, statement=statement, batch_size=size, **fields)
        assert outcome.status is RunStatus.SUCCESS
        assert outcome.counts == Counts(35, 35, 0, 0, batches)
        assert effects(work) == EVERY
        assert work.run_row(outcome.run)["counters"] == {"worked": 35}
        assert work.seen[-1] == 35
        assert work.seen == sorted(work.seen)
        position = work.run_row(outcome.run)["position"]["1"]
        assert position == {"cursor": ["35"], "until": ["35"], "done": True}


def test_a_job_without_records_has_a_run_and_an_audit_row(work: Works) -> None:
    outcome = work(returns, select="SELECT id FROM item WHERE false", statement=INSERT)
    assert (outcome.status, outcome.counts) == (RunStatus.SUCCESS, Counts())
    assert work.column("SELECT details ->> 'records_processed' FROM audit_log") == ["0"]


def test_what_a_handler_reads_in_the_batch_is_what_it_has_written(work: Works) -> None:
    seen: list[tuple[int, int]] = []

    def work_one(run: Run, record: Record) -> None:
        before = run.connection.execute("SELECT count(*) FROM effect").fetchone() or (0,)
        seen.append((record["id"], before[0]))
        writes(run, record)

    outcome = work(work_one)
    assert outcome.status is RunStatus.SUCCESS
    assert seen == [(n, n - 1) for n in EVERY]


def test_a_handler_that_begins_to_use_the_connection_late_sees_all_before_it(work: Works) -> None:
    def late(run: Run, record: Record) -> Record | None:
        if record["id"] in {15, 27, 28}:
            found = run.connection.execute("SELECT max(id) FROM effect").fetchone()
            assert found == (10 if record["id"] == 15 else 20,)
        return returns(run, record)

    outcome = work(late, statement=INSERT)
    assert (outcome.failure, effects(work)) == (None, EVERY)


def test_records_that_a_handler_takes_out_of_the_select_ahead_are_not_worked(work: Works) -> None:
    # A page that was read ahead is read again once the connection is seen to be used.
    def take_out(run: Run, record: Record) -> None:
        run.connection.execute("UPDATE item SET done = 1 WHERE id = %s", [record["id"] + 10])
        writes(run, record)

    outcome = work(take_out, select="SELECT id FROM item WHERE done = 0")
    assert outcome.failure is None
    assert effects(work) == [*range(1, 11), *range(21, 31)]


def test_concurrent_handlers_have_no_connection_and_are_told_what_to_do(work: Works) -> None:
    outcome = work(writes, concurrency=2)
    assert outcome.status is RunStatus.FAILED
    assert outcome.failure is not None
    assert "run.connection cannot be shared by concurrent handlers" in outcome.failure.message


def test_rows_that_arrive_behind_the_start_are_another_run_s(work: Works) -> None:
    arrivals = iter(range(1000, 2000))

    def add(run: Run, record: Record) -> Record:
        work.rows("INSERT INTO item VALUES (%s)", [next(arrivals)])
        if record["id"] == 12:
            work.rows("INSERT INTO item VALUES (-5), (0)")
            work.rows("DELETE FROM item WHERE id = 33")
        return returns(run, record)

    assert work(add, statement=INSERT).status is RunStatus.SUCCESS
    assert effects(work) == [n for n in EVERY if n != 33]
    work.rows("TRUNCATE effect")
    work.rows("DELETE FROM item WHERE id >= 1000")
    assert work(returns, statement=INSERT).counts.processed == 36


def test_a_group_is_in_one_call_even_if_it_is_larger_than_a_batch(work: Works) -> None:
    called: list[list[int]] = []

    def alert(_run: Run, records: list[Record]) -> None:
        called.append([record["g"] for record in records])

    outcome = work(
        alert,
        per="batch",
        select="SELECT id / 9 AS g, id FROM item",
        key=key_of("g DESC", "id"),
        group_by=("g",),
        batch_size=4,
    )
    assert outcome.counts == Counts(35, 35, 0, 0, 4)
    assert [sorted(set(groups)) for groups in called] == [[3], [2], [1], [0]]
    called.clear()
    work(
        alert,
        per="batch",
        select="SELECT id / 3 AS g, id FROM item",
        key=key_of("g", "id"),
        group_by=("g",),
        batch_size=7,
    )
    groups = [group for groups in called for group in sorted(set(groups))]
    assert groups == list(range(12))


@pytest.mark.parametrize("function", [returns, writes, None])
def test_a_limit_stops_after_so_many_records_and_ends_well(work: Works, function: Any) -> None:
    statement = None if function is writes else INSERT
    for limit, done in ((1, 1), (10, 10), (17, 17), (35, 35), (99, 35)):
        work.rows("TRUNCATE effect")
        outcome = work(function, statement=statement, limit=limit)
        assert (outcome.status, outcome.counts.processed) == (RunStatus.SUCCESS, done)
        assert effects(work) == EVERY[:done]
        reason = f"stopped after {limit} records, as asked" if limit < 35 else None
        assert outcome.reason == reason or limit == 35


def test_a_dry_run_calls_with_every_record_and_keeps_nothing(work: Works) -> None:
    called: list[tuple[int, bool]] = []

    def look(run: Run, record: Record) -> Record:
        called.append((record["id"], run.dry_run))
        run.send(1, key="x")
        if record["id"] % 10 == 0:
            writes(run, record)
        return returns(run, record)

    outcome = work(look, statement=INSERT, dry_run=True)
    assert outcome.counts == Counts(35, 35, 0, 0, 4)
    assert sorted(set(called)) == [(n, True) for n in EVERY]
    for table in ("effect", "bgjobs.outbox", "bgjobs.run", "bgjobs.lease", "audit_log"):
        assert work.column(f"SELECT count(*) FROM {table}") == [0], table


def test_a_run_goes_on_from_its_position_and_ends_where_it_was_to_end(work: Works) -> None:
    position = {"1": {"cursor": ["12"], "until": ["30"], "done": False}}
    for function, statement in ((returns, INSERT), (writes, None), (None, INSERT)):
        work.rows("TRUNCATE effect")
        outcome = work(function, statement=statement, start={"position": position})
        assert outcome.status is RunStatus.SUCCESS
        assert effects(work) == list(range(13, 31))


@pytest.mark.parametrize("status", [ExitStatus.TERMINATED, ExitStatus.TIMED_OUT])
def test_a_wish_to_stop_is_obeyed_after_the_batch(work: Works, status: ExitStatus) -> None:
    def ask(run: Run, record: Record) -> Record:
        if record["id"] == 15:
            assert not run.stopping
            work.stops.ask("enough", status)
            assert run.stopping
        return returns(run, record)

    outcome = work(ask, statement=INSERT)
    kind = RunStatus.TIMED_OUT if status is ExitStatus.TIMED_OUT else RunStatus.INTERRUPTED
    assert (outcome.status, outcome.exit, outcome.reason) == (kind, status, "enough")
    assert effects(work) == EVERY[:20]
    row = work.run_row(outcome.run)
    assert row["position"]["1"] == {"cursor": ["20"], "until": ["35"], "done": False}


def test_a_wish_that_comes_in_the_last_batch_finds_everything_done(work: Works) -> None:
    def ask(run: Run, record: Record) -> Record:
        if record["id"] == 35:
            work.stops.ask("enough")
        return returns(run, record)

    assert work(ask, statement=INSERT).status is RunStatus.SUCCESS


def test_bgjobs_stop_is_heard_at_the_next_batch(work: Works) -> None:
    work.rows(
        "CREATE FUNCTION ask() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.id = 15 THEN UPDATE bgjobs.lease SET stop = 'bgjobs stop by ann'; END IF;"
        " RETURN NEW; END $$;"
        "CREATE TRIGGER ask BEFORE INSERT ON effect FOR EACH ROW EXECUTE FUNCTION ask()"
    )
    outcome = work(returns, statement=INSERT, batch_size=5)
    assert (outcome.status, outcome.exit) == (RunStatus.INTERRUPTED, ExitStatus.TERMINATED)
    assert outcome.reason == "bgjobs stop by ann"
    # At most those go through that were sent ahead.
    done = effects(work)
    assert done == EVERY[: len(done)]
    assert 15 <= len(done) <= 25
