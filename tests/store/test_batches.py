"""A batch's transaction, and what the server refuses of it."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from bgjobs.record import Counts, Failure
from bgjobs.store.batches import Batches
from bgjobs.store.dry import DryBatches
from harness.ledger import NOON
from harness.tasks import Works

LEASE = "SELECT to_jsonb(l) FROM bgjobs.lease l"


def begin(batches: Batches) -> None:
    batches.standing(batches.begin())


def lease(works: Works) -> dict[str, Any]:
    found: dict[str, Any] = works.column(LEASE)[0]
    return found


def test_a_batch_commits_its_writes_cursor_counts_and_counters_at_once(
    works: Works, batches: Batches
) -> None:
    for number in (1, 2):
        standing = batches.standing(batches.begin())
        batches.session.connection.execute("INSERT INTO effect VALUES (%s)", [number])
        counters = {"sent": standing.counters.get("sent", 0) + 5}
        batches.end_batch([str(number), "x"], Counts(4, 2, 1, 1, 1), counters)
        assert lease(works)["batches"] == number - 1
        assert batches.committed(batches.commit())
    found = lease(works)
    assert (found["cursor"], found["counters"]) == (["2", "x"], {"sent": 10})
    counts = [found[name] for name in ("read", "processed", "skipped", "failed", "batches")]
    assert counts == [8, 4, 2, 2, 2]
    assert found["in_batch"] is None
    standing = batches.standing(batches.begin())
    assert standing == (["2", "x"], None, Counts(8, 4, 2, 2, 2), {"sent": 10}, None)
    batches.rollback()
    batches.rollback()  # of nothing is nothing
    assert works.column("SELECT id FROM effect ORDER BY id") == [1, 2]


def test_beginning_renews_the_lease_hears_a_stop_and_bounds_the_statements(works: Works) -> None:
    _, opened = works.opened(ttl=500.0)
    works.rows("UPDATE bgjobs.lease SET expires_at = 'epoch', stop = 'bgjobs stop by ann'")
    batches = Batches(works.session, opened.leases[0], lock_timeout=1.5, statement_timeout=0.25)
    assert batches.standing(batches.begin()).stop == "bgjobs stop by ann"
    connection = works.session.connection
    shown = [connection.execute(f"SHOW {n}_timeout").fetchone() for n in ("lock", "statement")]
    assert shown == [("1500ms",), ("250ms",)]
    batches.end_batch(None, Counts(), {})
    batches.commit()
    assert connection.execute("SHOW lock_timeout").fetchone() == ("0",)
    (left,) = works.column("SELECT expires_at - clock_timestamp() FROM bgjobs.lease")
    assert timedelta(seconds=300) < left <= timedelta(seconds=500)


def test_a_batch_without_records_moves_nothing(works: Works, batches: Batches) -> None:
    begin(batches)
    batches.bound_shard(["3"], ["9"])
    batches.end_batch(["5"], Counts(2, 2, 0, 0, 1), {"n": 1})
    batches.commit()
    begin(batches)
    batches.end_batch(None, Counts(), {})
    batches.commit()
    found = lease(works)
    assert (found["cursor"], found["until"], found["batches"]) == (["5"], ["9"], 1)
    assert found["counters"] == {"n": 1}


def test_a_shard_is_bounded_rewound_and_finished_by_who_holds_it(
    works: Works, batches: Batches
) -> None:
    stale = works.batches(batches.lease._replace(token=batches.lease.token - 1))
    for attempt, effective in ((stale, False), (batches, True)):
        attempt.bound_shard(["3"], ["9"])
        assert (lease(works)["until"] == ["9"]) is effective
        attempt.rewind_shard()
        attempt.finish_shard()
        assert lease(works)["done"] is effective
    assert lease(works)["cursor"] is None


def test_a_part_is_undone_alone(works: Works, batches: Batches) -> None:
    connection = works.session.connection
    begin(batches)
    for number in (1, 2, 3):
        batches.save()
        connection.execute("INSERT INTO effect VALUES (%s)", [number])
        (batches.undo if number == 2 else batches.keep)()
    batches.end_batch(["3"], Counts(3, 3, 0, 0, 1), {})
    batches.commit()
    assert works.column("SELECT id FROM effect ORDER BY id") == [1, 3]


@pytest.mark.parametrize("kind", [Batches, DryBatches])
def test_deferred_constraints_are_checked_and_stay_deferred(
    works: Works, kind: type[Batches]
) -> None:
    works.rows(
        "CREATE TABLE effect (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);"
        "INSERT INTO effect VALUES (1)"
    )
    _, opened = works.opened()
    batches = kind(works.session, opened.leases[0], lock_timeout=0, statement_timeout=0)
    connection = works.session.connection
    begin(batches)
    connection.execute("INSERT INTO effect VALUES (2)")
    batches.check_constraints()
    batches.save()
    connection.execute("INSERT INTO effect VALUES (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        batches.check_constraints()
    batches.undo()
    # Still deferred: a violation that is gone by the end is none.
    connection.execute("INSERT INTO effect VALUES (1)")
    connection.execute("DELETE FROM effect WHERE id = 1")
    batches.end_batch(["2"], Counts(1, 1, 0, 0, 1), {})
    assert batches.committed(batches.commit())
    assert works.column("SELECT id FROM effect") == [1 if kind is DryBatches else 2]


def test_the_guard_is_back_after_constraints_were_checked(works: Works, batches: Batches) -> None:
    begin(batches)
    batches.check_constraints()
    with pytest.raises(psycopg.Error) as raised:
        batches.session.connection.execute("COMMIT")
    assert raised.value.sqlstate == "BG001"


def test_a_failed_record_is_listed_once_and_healed(works: Works, batches: Batches) -> None:
    failure = Failure("ValueError", "no", "stack", "22000")
    for moment in (NOON, NOON + timedelta(days=1)):
        batches.fail_record(["High", "7"], moment, failure)
        batches.fail_record(["Low", "8"], moment, failure._replace(stack=None))
    found = works.rows(
        "SELECT key, run, slot, error_class, error_message, error_stack, attempt"
        " FROM bgjobs.failed_record ORDER BY key"
    )
    slot = NOON + timedelta(days=1)
    assert found == [
        (["High", "7"], batches.lease.run, slot, "ValueError", "no", "stack", 2),
        (["Low", "8"], batches.lease.run, slot, "ValueError", "no", None, 2),
    ]
    batches.heal_records([["Low", "8"], ["Low", "9"]])
    assert works.column("SELECT key FROM bgjobs.failed_record") == [["High", "7"]]
    batches.heal_records([])
    assert works.column("SELECT count(*) FROM bgjobs.failed_record") == [1]


def test_a_message_is_put_once_by_its_key(works: Works, batches: Batches) -> None:
    batches.put_message("a", {"to": "x", "at": NOON})
    batches.put_message("a", {"to": "y"})
    batches.put_message("b", None)
    found = works.rows("SELECT job, run, key, payload, sent_at FROM bgjobs.outbox ORDER BY key")
    moment = str(NOON)
    assert found == [
        ("work", batches.lease.run, "a", {"to": "x", "at": moment}, None),
        ("work", batches.lease.run, "b", None, None),
    ]
