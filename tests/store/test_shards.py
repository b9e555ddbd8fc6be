"""Where the records of a run are split, and how its shards stand."""

import itertools
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from bgjobs.errors import JobFailedError
from bgjobs.job import Job
from bgjobs.record import Trigger
from bgjobs.store.batches import Lease
from bgjobs.store.ends import ends
from bgjobs.store.ledger import NO_LANE, Ledger, Start
from bgjobs.store.pages import Pages
from bgjobs.store.session import Session
from bgjobs.store.shards import AtWork, Shard, Shards
from harness.ledger import NOON, put_lease, put_run
from harness.tasks import key_of

TABLE = """
CREATE TABLE item (id int PRIMARY KEY, level int, name text COLLATE "C", at timestamptz);
INSERT INTO item
SELECT i, i * 7 % 5, 'name ' || i * 11 % 13, '2026-07-01'::timestamptz + i * interval '7 minutes'
  FROM generate_series(1, 103) AS i"""


@pytest.fixture
def session(connection: psycopg.Connection) -> Session:
    connection.execute(TABLE)
    return Session(connection)


def pages(
    session: Session, *key: str, group_by: tuple[str, ...] = (), where: str = "true"
) -> Pages:
    select = f"SELECT * FROM item WHERE {where}"
    return Pages(session, Job("work", select=select, key=key_of(*key), group_by=group_by), {})


def parts_of(found: Pages, parts: int) -> list[list[tuple[str, ...]]]:
    """The keys of each part, as a shard that is bound by these ends reads them."""
    bounds = ends(found, parts)
    return [
        list(map(tuple, found.read(found.ask(after, until, 1000)).keys()))
        for after, until in itertools.pairwise([None, *bounds])
    ]


@pytest.mark.parametrize("key", [("id",), ("level DESC", "name", "id DESC"), ("at DESC", "id")])
@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_parts_are_of_equal_size_and_together_all(session, key, parts):
    found = pages(session, *key)
    split = parts_of(found, parts)
    whole = list(map(tuple, found.read(found.ask(None, None, 1000)).keys()))
    assert [one for part in split for one in part] == whole
    assert len(split) == parts
    assert max(map(len, split)) - min(map(len, split)) <= parts


@pytest.mark.parametrize("parts", [2, 3, 4, 9])
def test_no_group_is_cut(session, parts):
    found = pages(session, "level DESC", "name", "id", group_by=("level",))
    split = parts_of(found, parts)
    levels = [{key[0] for key in part} for part in split]
    assert sum(map(len, levels)) == len(set.union(*levels)) == 5
    assert sum(map(len, split)) == 103
    assert 2 <= len(split) <= min(parts, 5)


def test_there_are_no_more_parts_than_records(session):
    assert ends(pages(session, "id", where="id < 4"), 8) == [["1"], ["2"], ["3"]]
    assert ends(pages(session, "id", where="id = 4"), 8) == [["4"]]
    assert ends(pages(session, "id", where="false"), 8) == []


def test_record_without_a_place_is_refused(session):
    session.connection.execute("UPDATE item SET level = NULL WHERE id = 9")
    with pytest.raises(JobFailedError, match='key column "level" is null'):
        ends(pages(session, "level", "id"), 2)


def start(**more: Any) -> Start:
    given = {
        "id": uuid4(),
        "job": "work",
        "slot": NOON,
        "trigger": Trigger.MANUAL,
        "attempt": 1,
        "host": "alpha",
        "boot": "",
        "pid": 1,
        "version": "0",
        "parameters": {},
        "ttl": 60,
        "shards": 3,
    }
    return Start(**{**given, **more})


def test_each_shard_is_claimed_once_and_again_when_it_is_given_back_or_dead(session):
    ledger, shards = Ledger(session), Shards(session)
    first = start(claim=1)
    opened = ledger.open_run(first)
    assert opened is not None
    one = opened.leases[0]
    assert shards.at_work(first.id) == AtWork(worked=1, awaited=2)
    assert ledger.open_run(start(claim=2)) is None
    assert shards.join_run(start(claim=1), NOON) is None
    assert shards.join_run(start(claim=2, shards=4), NOON) is None
    assert shards.join_run(start(claim=2), NOON.replace(hour=1)) is None
    two = shards.join_run(start(claim=2), NOON)
    three = shards.join_run(start(claim=3), None)
    assert (two, three) == (
        Lease("work", NO_LANE, 2, first.id, opened.leases[1].token + 1, 60),
        Lease("work", NO_LANE, 3, first.id, opened.leases[2].token + 1, 60),
    )
    assert shards.at_work(first.id) == AtWork(worked=3, awaited=0)
    standing = shards.shard("work", 2)
    assert standing is not None
    assert (standing.run, standing.shards, standing.over, standing.free) == (
        first.id,
        3,
        False,
        False,
    )
    shards.give_back(one)
    assert shards.at_work(first.id) == AtWork(worked=2, awaited=0)
    assert shards.join_run(start(claim=1), NOON) is not None
    session.connection.execute("UPDATE bgjobs.lease SET expires_at = now() WHERE shard = 2")
    assert shards.at_work(first.id) == AtWork(worked=2, awaited=0)
    assert shards.join_run(start(claim=2), NOON) is not None


def test_batch_in_flight_is_work_though_the_lease_has_run_out(session, dsn):
    run = put_run(session.connection, "work", status="running")
    for shard in (1, 2):
        put_lease(session.connection, run, "work", expires_in=-1, shard=shard)
    shards = Shards(session)
    assert shards.at_work(run) == AtWork(worked=0, awaited=0)
    with psycopg.connect(dsn) as other:
        other.execute("SELECT FROM bgjobs.lease WHERE shard = 2 FOR UPDATE")
        assert shards.at_work(run) == AtWork(worked=1, awaited=0)


def test_who_waits_to_split_finds_what_another_has_split(session, dsn):
    run = put_run(session.connection, "work", status="running")
    for shard in (0, 1, 2):
        put_lease(session.connection, run, "work", shard=shard)
    shards = Shards(session)
    with shards.held(run) as found:
        assert found == [
            Shard(1, 7, done=False, bounded=False),
            Shard(2, 7, done=False, bounded=False),
        ]
        hasty = psycopg.connect(dsn, options="-c lock_timeout=10")
        late = pytest.raises(psycopg.errors.LockNotAvailable)
        with hasty as other, late, Shards(Session(other)).held(run):
            pass
        session.connection.execute("""UPDATE bgjobs.lease SET until = '["5"]' WHERE shard = 1""")
        session.connection.execute("UPDATE bgjobs.lease SET done = true WHERE shard = 2")
    with shards.held(run) as found:
        assert found == [
            Shard(1, 7, done=False, bounded=True),
            Shard(2, 7, done=True, bounded=False),
        ]


def test_settled_is_the_sum_of_the_shards_and_their_first_failure(session):
    run = put_run(session.connection, "work", status="running")
    counts = {"read": 3, "processed": 2, "failed": 1, "batches": 1}
    put_lease(session.connection, run, "work", shard=0)
    put_lease(session.connection, run, "work", shard=1, done=True, **counts)
    put_lease(session.connection, run, "work", shard=2, failure={"message": "second"}, **counts)
    put_lease(session.connection, run, "work", shard=3, failure={"message": "third"})
    put_lease(session.connection, run, "work", shard=4)
    settled = Shards(session).settled(run)
    assert (settled.open, settled.failure) == (1, {"message": "second"})
    assert settled.counts == (6, 4, 0, 2, 2)
