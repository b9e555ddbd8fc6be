"""The opening and the end of runs, and what a start asks the ledger."""

import threading
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from bgjobs.errors import LeaseLostError
from bgjobs.record import Counts, Failure, RunStatus, Trigger
from bgjobs.store.ledger import Ledger
from bgjobs.store.session import Session
from harness.ledger import NOON, put, put_run
from harness.tasks import Works

POSITION = {"1": {"cursor": ["7", "x"], "until": ["9", "y"], "done": False}}
LEASE = "SELECT to_jsonb(l) FROM bgjobs.lease l ORDER BY shard"


def test_a_run_is_opened_with_its_row_and_its_lease(works: Works) -> None:
    begun, opened = works.opened(
        parameters={"days": 3, "since": NOON.date()}, position=POSITION, boot="b", ttl=33.5
    )
    row = works.run_row(begun.id)
    assert {name: row[name] for name in ("job", "status", "trigger", "attempt", "shards")} == {
        "job": "work",
        "status": "running",
        "trigger": "manual",
        "attempt": 1,
        "shards": 1,
    }
    assert (row["host"], row["boot"], row["pid"]) == ("web1", "b", 4711)
    assert row["parameters"] == {"days": 3, "since": "2026-07-01"}
    (lease,) = works.column(LEASE)
    assert (lease["run"], lease["token"]) == (str(begun.id), 1)
    assert (lease["cursor"], lease["until"], lease["done"]) == (["7", "x"], ["9", "y"], False)
    assert opened.leases[0][:5] == ("work", begun.lane, 1, begun.id, 1)
    (length,) = works.column("SELECT expires_at - heartbeat_at FROM bgjobs.lease")
    assert abs(length - timedelta(seconds=33.5)) < timedelta(seconds=1)


def test_of_twenty_that_open_a_run_at_once_one_does(works: Works) -> None:
    start = works.start()
    barrier = threading.Barrier(20)
    opened, failures = [], []

    def open_one() -> None:
        try:
            connection = psycopg.connect(works.dsn, autocommit=True, prepare_threshold=None)
            with connection:
                ledger = Ledger(Session(connection))
                barrier.wait(60)
                found = ledger.open_run(start._replace(id=uuid4()))
                opened.extend([] if found is None else [found])
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert (len(opened), failures) == (1, [])
    assert works.column("SELECT count(*) FROM bgjobs.run") == [1]
    assert works.column("SELECT token FROM bgjobs.lease") == [1]


def test_a_held_lease_and_a_taken_slot_open_nothing(works: Works) -> None:
    begun, opened = works.opened()
    assert works.ledger.open_run(works.start()) is None
    works.ledger.close_run(begun.id, RunStatus.SUCCESS)
    assert works.ledger.open_run(works.start(slot=begun.slot)) is None
    again = works.ledger.open_run(works.start(slot=begun.slot, attempt=2))
    assert again is not None
    assert again.leases[0].token == opened.leases[0].token + 1
    assert works.column("SELECT count(*) FROM bgjobs.run") == [2]


def test_a_lease_locked_by_a_batch_in_flight_opens_nothing_though_it_ran_out(works: Works) -> None:
    begun, opened = works.opened()
    other = Session(works.connect())
    batches = works.batches(opened.leases[0], other)
    batches.standing(batches.begin())
    works.rows("SELECT 1")
    assert works.ledger.open_run(works.start()) is None
    batches.rollback()
    works.ledger.close_run(begun.id, RunStatus.FAILED, failure=Failure("E", "m"))
    assert works.ledger.open_run(works.start()) is not None


def test_an_opening_whose_answer_was_lost_is_found_again(works: Works) -> None:
    begun, opened = works.opened(position=POSITION)
    assert works.ledger.open_run(begun) == opened
    assert works.column("SELECT token FROM bgjobs.lease") == [1]


def test_shards_are_taken_all_or_none(works: Works) -> None:
    done = {"2": {"cursor": ["5"], "until": ["5"], "done": True}}
    begun, opened = works.opened(shards=3, first=0, position=done)
    assert [lease.shard for lease in opened.leases] == [0, 1, 2, 3]
    assert opened.done == {2}
    assert works.ledger.open_run(works.start(shards=2)) is None
    works.ledger.close_run(begun.id, RunStatus.SUCCESS)
    assert works.ledger.open_run(works.start(shards=2)) is not None
    assert works.column("SELECT run IS NULL FROM bgjobs.lease ORDER BY shard") == [
        True,
        False,
        False,
        True,
    ]


def test_a_run_with_a_lane_holds_up_no_other_and_leaves_no_lease(works: Works) -> None:
    lanes = [uuid4(), uuid4()]
    runs = [works.opened(id=lane, lane=lane)[0] for lane in lanes]
    assert works.ledger.open_run(works.start()) is not None
    for run in runs:
        works.ledger.drop_lane("work", run.lane)
    assert works.column("SELECT count(*) FROM bgjobs.lease") == [3]  # they are still held
    for run in runs:
        works.ledger.close_run(run.id, RunStatus.SUCCESS)
        works.ledger.drop_lane("work", run.lane)
    assert works.column("SELECT lane::text FROM bgjobs.lease") == [str(works.start().lane)]


def test_the_end_of_a_run_folds_its_shards_into_its_row_and_audits_them(works: Works) -> None:
    begun, _ = works.opened(shards=2, trigger=Trigger.CRON)
    works.rows(
        "UPDATE bgjobs.lease SET cursor = '[\"4\"]', until = '[\"9\"]', read = 10, processed = 7,"
        " skipped = 2, failed = 1, batches = 2,"
        ' counters = \'{"sent": 2, "rate": 0.5, "odd": "x"}\''
    )
    closed = works.ledger.close_run(begun.id, RunStatus.SUCCESS, output="said", reason="why")
    assert closed is not None
    assert closed[:2] == (RunStatus.PARTIAL, Counts(20, 14, 4, 2, 4))
    row = works.run_row(begun.id)
    assert (row["status"], row["output"], row["reason"]) == ("partial", "said", "why")
    assert row["counters"] == {"sent": 4, "rate": 1.0}
    ended = {"cursor": ["4"], "until": ["9"], "done": True}
    assert row["position"] == {"1": ended, "2": ended}
    (details,) = works.column("SELECT details FROM audit_log")
    assert details == {
        "job_name": "work",
        "status": "success",
        "records_processed": 14,
        "execution_time_ms": closed.milliseconds,
        "outcome": "partial",
        "run_id": str(begun.id),
        "slot": "2026-07-01T12:00:00+00:00",
        "trigger": "cron",
        "attempt": 1,
        "records_read": 20,
        "records_skipped": 4,
        "records_failed": 2,
        "batches": 4,
        "counters": {"sent": 4, "rate": 1.0},
        "reason": "why",
    }
    assert works.column("SELECT DISTINCT run IS NULL AND stop IS NULL FROM bgjobs.lease") == [True]


def test_a_failure_is_told_whole_and_a_run_is_closed_once(works: Works) -> None:
    begun, _ = works.opened()
    failure = Failure("ValueError", "it broke", "  File x\nValueError: it broke", "22000")
    assert works.ledger.close_run(begun.id, RunStatus.FAILED, failure=failure) is not None
    assert works.ledger.close_run(begun.id, RunStatus.SUCCESS) is None
    row = works.run_row(begun.id)
    assert (row["error_class"], row["error_message"], row["error_stack"]) == failure[:3]
    (details,) = works.column("SELECT details FROM audit_log")
    assert (details["status"], details["error_message"]) == ("failed", "it broke")
    assert details["error_stack"] == failure.stack
    assert row["position"]["1"]["done"] is False


def test_an_end_whose_answer_was_lost_is_known_from_one_of_another_s(works: Works) -> None:
    begun, _ = works.opened()
    assert works.ledger.find_closed(begun.id, RunStatus.SUCCESS) is None
    works.rows("UPDATE bgjobs.lease SET read = 2, processed = 1, failed = 1")
    closed = works.ledger.close_run(begun.id, RunStatus.SUCCESS)
    assert works.ledger.find_closed(begun.id, RunStatus.SUCCESS) == closed
    # Success turned partial; crashed is what another would have made of it.
    assert works.ledger.find_closed(begun.id, RunStatus.INTERRUPTED) is None


def test_the_next_attempt_begins_where_the_last_one_came_to(works: Works) -> None:
    begun, opened = works.opened()
    batches = works.batches(opened.leases[0])
    batches.standing(batches.begin())
    batches.bound_shard(None, ["9"])
    batches.end_batch(["7"], Counts(3, 3, 0, 0, 1), {"n": 1})
    batches.commit()
    works.ledger.close_run(begun.id, RunStatus.INTERRUPTED, reason="stopped")
    found = works.ledger.attempts("work", begun.slot)
    assert found is not None
    assert found == works.ledger.look("work").newest == works.ledger.find_run(begun.id)
    assert found.position == {"1": {"cursor": ["7"], "until": ["9"], "done": False}}
    _, again = works.opened(slot=begun.slot, attempt=2, position=found.position)
    batches = works.batches(again.leases[0])
    standing = batches.standing(batches.begin())
    assert standing == (["7"], ["9"], Counts(), {}, None)
    batches.rollback()


def test_an_unfinished_look_tells_all_that_a_start_decides_by(works: Works) -> None:
    connection = works.session.connection
    empty = works.ledger.look("work")
    assert empty[1:] == (None, False, None, None, None, None, None, False, True)
    for _ in range(2):
        works.ledger.know_job("work")
    put_run(connection, "work", "success", NOON, trigger="cron")
    put_run(connection, "work", "skipped", NOON + timedelta(hours=1), trigger="cron")
    newest = put_run(connection, "work", "failed", NOON + timedelta(hours=2), trigger="manual")
    put_run(connection, "work", "failed", NOON + timedelta(hours=3), trigger="cron", attempt=0)
    put_run(connection, "other", "success", NOON + timedelta(hours=4))
    put(connection, "pause", {"job": "work", "reason": "why", "paused_by": "ann"})
    look = works.ledger.look("work")
    assert look.known_since is not None
    assert empty.now < look.known_since < look.now
    assert (look.paused, look.paused_until, look.pause_reason, look.paused_by) == (
        True,
        None,
        "why",
        "ann",
    )
    assert look.newest is not None
    assert (look.newest.id, look.newest.status) == (newest, RunStatus.FAILED)
    assert look.last_slot == NOON + timedelta(hours=1)
    assert works.ledger.attempts("work", NOON + timedelta(hours=3)) is None


def test_a_skipped_start_is_recorded_with_its_reason_however_often(works: Works) -> None:
    holding, _ = works.opened()
    holder = works.ledger.holder("work")
    assert holder is not None
    assert holder[:4] == (holding.id, "web1", 4711, holder.started_at)
    assert holder.now >= holder.started_at
    for _ in range(2):
        works.ledger.skip_run(works.start(slot=NOON, trigger=Trigger.CRON), "held by another")
    found = works.rows(
        "SELECT status, reason, finished_at >= started_at FROM bgjobs.run WHERE status = 'skipped'"
    )
    assert found == [("skipped", "held by another", True)] * 2
    assert works.ledger.holder("other") is None


def test_a_beat_renews_the_lease_and_hears_who_asks_it_to_stop(works: Works) -> None:
    _, opened = works.opened(ttl=1000.0)
    lease = opened.leases[0]
    works.rows("UPDATE bgjobs.lease SET expires_at = clock_timestamp(), heartbeat_at = 'epoch'")
    assert works.ledger.beat(lease) is None
    assert works.column("SELECT expires_at > now() + interval '900 s' FROM bgjobs.lease") == [True]
    works.rows("UPDATE bgjobs.lease SET stop = 'bgjobs stop by ann'")
    assert works.ledger.beat(lease) == "bgjobs stop by ann"
    with pytest.raises(LeaseLostError, match="the lease of work was taken over by another run"):
        works.ledger.beat(lease._replace(token=lease.token - 1))
    assert works.ledger.clock() > NOON - timedelta(days=365)
