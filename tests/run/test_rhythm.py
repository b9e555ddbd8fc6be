"""Rests between batches, and batches whose size follows what they take."""

from datetime import timedelta
from typing import Any

import pytest

from bgjobs.handler import Run
from bgjobs.job import Job
from bgjobs.record import Counts, RunStatus
from bgjobs.run import recovery
from bgjobs.run.rhythm import Rhythm
from bgjobs.run.throttling import Throttling
from harness.tasks import Works

INSERT = "INSERT INTO effect SELECT id FROM batch"
EVERY = list(range(1, 36))


class World:
    """A clock that sleeping moves."""

    def __init__(self, **fields: Any) -> None:
        self.now = 0.0
        self.did: list[float | str] = []
        self.rhythm = Rhythm(
            Job("work", **fields),
            sleep=self.sleep,
            beat=lambda: self.did.append("beat"),
            monotonic=lambda: self.now,
        )

    def sleep(self, seconds: float) -> None:
        self.did.append(seconds)
        self.now += seconds


def test_a_rest_follows_a_batch_with_records_and_no_other() -> None:
    world = World(pause=timedelta(seconds=2))
    assert world.rhythm.paced
    world.rhythm.rest()
    assert world.did == []
    world.rhythm.worked(10)
    world.rhythm.rest()
    world.rhythm.rest()
    assert world.did == [2]
    world.rhythm.worked(0)
    world.rhythm.rest()
    assert world.did == [2]
    assert not World().rhythm.paced


def test_a_rest_longer_than_the_lease_keeps_it_alive() -> None:
    world = World(pause=timedelta(seconds=50), lease=timedelta(seconds=80))
    world.rhythm.worked(1)
    world.rhythm.rest()
    assert world.did == ["beat", 20, "beat", 20, "beat", 10]


def test_a_size_follows_the_work_and_not_the_rests() -> None:
    world = World(batch_size=None, batch_target=timedelta(seconds=1), pause=timedelta(seconds=60))
    sizes = []
    for _ in range(40):
        sizes.append(world.rhythm.size)
        world.now += world.rhythm.size * 0.0005
        world.rhythm.worked(world.rhythm.size)
        world.rhythm.rest()
    assert sizes[0] == 500
    assert sizes == sorted(sizes)
    assert 1900 <= sizes[-1] <= 2000
    assert world.rhythm.stumbled()
    assert 950 <= world.rhythm.size <= 1000
    assert not World(batch_size=500).rhythm.stumbled()


@pytest.mark.parametrize("shape", ["handler", "set"])
def test_a_run_rests_between_its_batches_and_not_after_them(work: Works, shape: str) -> None:
    rests: list[float] = []
    work.stops.pause = rests.append  # type: ignore[method-assign]
    function = (lambda _run, r: {"id": r["id"]}) if shape == "handler" else None
    for size, batches in ((10, 4), (35, 1), (7, 5)):
        rests.clear()
        work.rows("TRUNCATE effect")
        outcome = work(function, statement=INSERT, batch_size=size, pause=timedelta(milliseconds=2))
        assert outcome.counts == Counts(35, 35, 0, 0, batches)
        assert work.column("SELECT id FROM effect ORDER BY id") == EVERY
        # That of a page which was full is not known to be the last.
        assert rests == [0.002] * (batches - (1 if 35 % size else 0))


@pytest.mark.parametrize("shape", ["handler", "set", "with a limit"])
def test_the_size_of_batches_adapts_in_every_kind_of_flow(work: Works, shape: str) -> None:
    work.rows("INSERT INTO item SELECT n, '' FROM generate_series(36, 3000) AS n")
    function = (lambda _run, r: {"id": r["id"]}) if shape == "handler" else None
    outcome = work(
        function,
        statement=INSERT,
        batch_size=None,
        batch_target=timedelta(hours=1),
        limit=3000 if shape == "with a limit" else None,
    )
    # 500, 500 and then a fifth more each time; what was sent ahead has the size before.
    assert outcome.counts.processed == 3000
    assert outcome.counts.batches <= 6
    outcome = work(function, statement=INSERT, batch_size=None, batch_target=timedelta(0), limit=60)
    assert outcome.counts.processed == 60


@pytest.mark.parametrize("shape", ["handler", "set"])
def test_batches_that_run_into_the_timeout_are_made_smaller_where_they_may(
    work: Works, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "wait", lambda *_args, **_more: 0.0)
    work.rows("INSERT INTO item SELECT n, '' FROM generate_series(36, 200) AS n")
    # More than a hundred records are too many for the statement.
    statement = f"{INSERT}, LATERAL (SELECT pg_sleep(CASE WHEN (SELECT count(*) FROM batch) > 100 THEN 30 ELSE 0 END)) AS s"
    function = (lambda _run, r: {"id": r["id"]}) if shape == "handler" else None
    fields: dict[str, Any] = {
        "statement": statement,
        "statement_timeout": timedelta(milliseconds=150),
    }
    assert work(function, batch_size=200, **fields).status is RunStatus.FAILED
    outcome = work(function, batch_size=None, batch_target=timedelta(milliseconds=1), **fields)
    assert (outcome.failure, outcome.status) == (None, RunStatus.SUCCESS)
    assert outcome.counts.processed == 200


def test_a_throttle_is_asked_between_batches(work: Works) -> None:
    looks: list[int] = []

    class Counting(Throttling):
        def __init__(self) -> None:
            """Nothing to look at."""

        def wait(self, beat: Any) -> None:
            looks.append(work.column("SELECT count(*) FROM effect")[0])

        def committed(self, seconds: float) -> None:
            assert seconds >= 0

    from bgjobs.run.execute import execute
    from harness.tasks import a_job

    def returns(_run: Run, record: dict[str, Any]) -> Any:
        return {"id": record["id"]}

    for function in (returns, None):
        looks.clear()
        work.rows("TRUNCATE effect")
        task = work.open(a_job(statement=INSERT), function)
        rhythm = Rhythm(task.job, sleep=lambda _seconds: None, throttling=Counting())
        assert execute(task._replace(rhythm=rhythm), lambda: None).status is RunStatus.SUCCESS
        assert looks == [10, 20, 30]
