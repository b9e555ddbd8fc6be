"""Being held back while the database is not well."""

from collections.abc import Iterable
from datetime import timedelta

from bgjobs.job import Throttle
from bgjobs.run.throttling import Throttling, unwell
from bgjobs.store.health import Health

WELL = Health()
BUSY = Health(waiting=2)
LOCKS = Throttle(locks=True)
COMMITS = Throttle(commit_latency=timedelta(milliseconds=200))


class World:
    """A clock that pauses move, and a database whose health is told beforehand."""

    def __init__(self, throttle: Throttle, healths: Iterable[Health], stop_at: float = 1e9) -> None:
        self.now = 0.0
        self.did: list[float | str] = []
        self.stop_at = stop_at
        healths = iter(healths)
        self.throttling = Throttling(
            throttle,
            lambda: next(healths),
            pause=self.pause,
            wanted=lambda: self.now >= self.stop_at,
            monotonic=lambda: self.now,
        )

    def pause(self, seconds: float) -> None:
        self.did.append(seconds)
        self.now += seconds

    def wait(self) -> None:
        self.throttling.wait(lambda: self.did.append("beat"))


def test_well_database_holds_nobody_back() -> None:
    world = World(LOCKS, [WELL])
    world.wait()
    assert world.did == []
    assert world.throttling.reason is None


def test_health_is_looked_at_once_a_second_at_most() -> None:
    world = World(LOCKS, [WELL])
    world.wait()
    world.now += 0.5
    world.wait()  # a second look would find no health


def test_held_back_until_it_is_well_with_the_lease_kept_alive() -> None:
    world = World(LOCKS, [*[BUSY] * 6, WELL])
    world.wait()
    assert world.did == ["beat", 1, "beat", 2, "beat", 4, "beat", 8, "beat", 15, "beat", 15]
    assert world.throttling.held == 45
    assert world.throttling.reason == "2 sessions wait for locks on the job's table"


def test_held_back_no_longer_than_until_it_is_to_stop() -> None:
    world = World(LOCKS, [BUSY] * 9, stop_at=5)
    world.wait()
    assert world.did == ["beat", 1, "beat", 2, "beat", 4]


def test_slow_commits_pause_once_before_each_batch() -> None:
    world = World(COMMITS, [WELL] * 9)
    world.throttling.committed(0.1)
    world.wait()
    assert world.did == []
    world.throttling.committed(0.5)
    world.wait()
    assert world.did == ["beat", 1]
    assert world.throttling.reason == "a commit takes 260 ms, over 200 ms"
    world.throttling.committed(0.01)
    world.wait()
    assert world.did == ["beat", 1]


def test_each_bound_is_looked_at_only_where_it_is_set() -> None:
    ill = Health(replication_lag=31, waiting=1, maintained=True)
    assert unwell(Throttle(), ill) is None
    lag = Throttle(replication_lag=timedelta(seconds=30))
    assert unwell(lag, ill) == "a standby is 31.0 s behind, over 30 s"
    assert unwell(lag, Health(replication_lag=30)) is None
    assert unwell(lag, Health(replication_lag=None)) is None
    assert unwell(Throttle(autovacuum=True), ill) == "the job's table is being vacuumed or analyzed"
