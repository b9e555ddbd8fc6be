from datetime import UTC, timedelta

from bgjobs.present.show import show
from harness.records import NOON, a_failed_record, a_run

LATER = NOON + timedelta(hours=2)


def test_a_failed_run_is_shown_whole() -> None:
    run = a_run(
        "failed",
        error_class="ValueError",
        error_message="no\nmore",
        error_stack="Trace\n\tback",
        output="hello\x1b[31m\nworld",
        counters={"sent": 1234, "warned": 2},
        parameters={"days": 90, "who": "ä"},
        position={"1": {"cursor": ["High", "17"], "until": None, "done": False}},
    )
    assert (
        show(run, [a_failed_record()], now=LATER, zone=UTC)
        == """\
Run        3f2a1b9c-0000-4000-8000-000000000001
Job        purge
Status     failed (its code, its SQL or too many records failed, or the database was lost)
Slot       2026-07-01 12:00:00 UTC, cron, attempt 1
Process    web1, pid 4711, bgjobs 0.1.0
Started    2026-07-01 12:00:00 UTC
Heartbeat  2026-07-01 12:01:20 UTC
Finished   2026-07-01 12:01:30 UTC, took 1m30s
Records    1,240 read, 1,234 processed, 4 skipped, 2 failed, in 13 batches
Counters   sent 1,234, warned 2
Parameters days = 90, who = "ä"
Cursor     after High, 17
Error      ValueError: no more

Stack
  Trace
          back

Output
  hello [31m
  world

Failed records
  High, 17 (attempt 2) ValueError: no such address"""
    )


def test_a_failure_of_many_records_does_not_flood_the_screen() -> None:
    records = [a_failed_record(key=[str(number)]) for number in range(50)]
    *_, last, more = show(a_run("partial"), records, now=LATER, zone=UTC).splitlines()
    assert last.startswith("  9 (attempt 2) ValueError: ")
    assert more == "  and more: bgjobs failures purge"


def test_a_living_run_shows_how_far_each_shard_has_come() -> None:
    shards = {
        "10": {"cursor": None, "until": ["9"], "done": False},
        "2": {"cursor": ["9"], "until": ["9"], "done": True},
    }
    assert (
        show(a_run("running", position=shards), now=LATER, zone=UTC)
        == """\
Run        3f2a1b9c-0000-4000-8000-000000000001
Job        purge
Status     running (at work; its lease is alive)
Slot       2026-07-01 12:00:00 UTC, cron, attempt 1
Process    web1, pid 4711, bgjobs 0.1.0
Started    2026-07-01 12:00:00 UTC
Heartbeat  2026-07-01 12:01:20 UTC
Finished   not yet, 2h00m so far
Records    1,240 read, 1,234 processed, 4 skipped, 2 failed, in 13 batches
Shard 2    after 9, up to 9, done
Shard 10   at the start, up to 9"""
    )
