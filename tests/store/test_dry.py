"""The batches of a dry run."""

import psycopg
import pytest

from bgjobs.record import Counts
from bgjobs.store.batches import Lease
from bgjobs.store.dry import DryBatches
from harness.tasks import Works


@pytest.fixture
def batches(works: Works) -> DryBatches:
    works.rows("CREATE TABLE effect (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    begun = works.start()
    lease = Lease(begun.job, begun.lane, 1, begun.id, 0, begun.ttl)
    return DryBatches(works.session, lease, lock_timeout=1.5, statement_timeout=2)


def test_everything_is_done_and_nothing_is_kept(works: Works, batches: DryBatches) -> None:
    connection = works.session.connection
    for number in (1, 2):
        standing = batches.standing(batches.begin())
        assert connection.execute("SHOW statement_timeout").fetchone() == ("2s",)
        batches.bound_shard(standing.cursor, ["9"])
        connection.execute("INSERT INTO effect VALUES (%s)", [number])
        batches.end_batch([str(number)], Counts(2, 1, 1, 0, 1), {"n": number})
        assert batches.committed(batches.commit())
    standing = batches.standing(batches.begin())
    assert standing == (["2"], ["9"], Counts(4, 2, 2, 0, 2), {"n": 2}, None)
    batches.rewind_shard()
    batches.finish_shard()
    batches.end_batch(None, Counts(), {})
    batches.commit()
    assert batches.total == Counts(4, 2, 2, 0, 2)
    assert works.column("SELECT count(*) FROM effect") == [0]
    assert works.column("SELECT count(*) FROM bgjobs.run, bgjobs.lease") == [0]


@pytest.mark.parametrize("ids", [(1, 1), (1, None)], ids=["deferred", "at once"])
def test_what_the_server_refuses_is_not_counted(
    works: Works, batches: DryBatches, ids: tuple[int, int | None]
) -> None:
    works.rows("ALTER TABLE effect ALTER id SET NOT NULL")
    connection = works.session.connection

    def send() -> None:
        with connection.pipeline():
            batches.begin()
            for number in ids:
                connection.execute("INSERT INTO effect VALUES (%s)", [number])
            batches.end_batch(["1"], Counts(2, 2, 0, 0, 1), {})
            batches.commit()

    with pytest.raises(psycopg.IntegrityError):
        send()
    batches.rollback()
    assert batches.total == Counts()
