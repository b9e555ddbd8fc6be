from datetime import timedelta

import psycopg
import pytest

from bgjobs.record import Pause
from bgjobs.store.pauses import Pauses
from bgjobs.store.session import Session
from harness.ledger import NOON, put_lease, put_run

HOUR = timedelta(hours=1)
BEGIN = "SELECT stop FROM bgjobs.begin_batch('purge', '00000000-0000-0000-0000-000000000000', 1, %s, 7, 60)"


@pytest.fixture
def pauses(connection: psycopg.Connection) -> Pauses:
    return Pauses(Session(connection))


def test_a_pause_is_in_force_until_its_end(pauses: Pauses) -> None:
    made = pauses.pause("purge", NOON + HOUR, "the disk is being moved", "ann@web1")
    assert made == Pause(
        "purge", NOON + HOUR, "the disk is being moved", "ann@web1", made.paused_at
    )
    assert pauses.current("purge", NOON) == made
    assert pauses.current("purge", NOON + HOUR) is None
    assert pauses.current("another", NOON) is None


def test_a_pause_without_an_end_lasts_until_it_is_resumed(pauses: Pauses) -> None:
    pauses.pause("purge", None, None, "ann@web1")
    assert pauses.current("purge", NOON + 10_000 * HOUR) is not None
    assert pauses.resume("purge")
    assert pauses.current("purge", NOON) is None
    assert not pauses.resume("purge")


def test_resuming_what_has_ended_by_itself_tells_so(pauses: Pauses) -> None:
    pauses.pause("purge", NOON - 24 * 365 * 100 * HOUR, None, "ann@web1")
    assert not pauses.resume("purge")


def test_a_second_pause_replaces_the_first(pauses: Pauses) -> None:
    pauses.pause("purge", NOON + HOUR, "first", "ann@web1")
    pauses.pause("purge", None, "second", "bob@web2")
    pauses.pause("archive", NOON + HOUR, None, "bob@web2")
    found = pauses.pauses(NOON)
    assert list(found) == ["archive", "purge"]
    assert (found["purge"].until, found["purge"].reason) == (None, "second")
    assert list(pauses.pauses(NOON + HOUR)) == ["purge"]


def test_a_stop_is_left_on_the_leases_of_runs_at_work_and_told_to_the_next_batch(
    connection: psycopg.Connection, pauses: Pauses
) -> None:
    run = put_run(connection, status="running")
    put_lease(connection, run, shard=1)
    put_lease(connection, run, shard=2)
    put_lease(connection, None, shard=3)
    put_lease(connection, put_run(connection, "another", "running"), "another")
    assert pauses.stop("purge", "stopped by ann@web1") == {run}
    with connection.transaction(force_rollback=True):
        told = connection.execute(BEGIN, [run]).fetchone()
    assert told == ("stopped by ann@web1",)
    rows = connection.execute("SELECT job, shard, stop IS NOT NULL FROM bgjobs.lease").fetchall()
    assert sorted(rows) == [
        ("another", 1, False), ("purge", 1, True), ("purge", 2, True), ("purge", 3, False),
    ]  # fmt: skip


def test_there_is_nothing_to_stop_where_nothing_runs(pauses: Pauses) -> None:
    assert pauses.stop("purge", "stopped by ann@web1") == frozenset()
