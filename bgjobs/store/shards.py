"""The shards of a run: split once, claimed one by one, and how they stand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from bgjobs.record import Counts
from bgjobs.store.batches import Lease
from bgjobs.store.ledger import Start
from bgjobs.store.session import Session


class Shard(NamedTuple):
    """One shard of a run; `bounded` tells that it has its range of the records."""

    number: int
    token: int
    done: bool
    bounded: bool


class Settled(NamedTuple):
    """How the shards of a run stand; `failure` is the first one's that has one."""

    open: int
    failure: dict[str, Any] | None
    counts: Counts


class AtWork(NamedTuple):
    """How many open shards are worked now, and how many may yet be claimed."""

    worked: int
    awaited: int


class Standing(NamedTuple):
    """A job's living run and one shard of it; `over` tells that it is done or has failed."""

    run: UUID
    host: str
    slot: datetime
    shards: int
    over: bool
    free: bool

    def means(self, shards: int, slot: datetime | None) -> bool:
        """Whether it is a run of so many shards, and of that slot where one is given."""
        return self.shards == shards and slot in {None, self.slot}


class Shards:
    """One method per statement on the shards of a job's run."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @contextmanager
    def held(self, run: UUID) -> Iterator[list[Shard]]:
        """A transaction that gives the run's shards, and keeps others from splitting them."""
        with self.session.connection.transaction():
            self.session.execute("hold_run", {"run": run})
            # Not in the same statement: what another has split would not be seen by it.
            yield [Shard(*row) for row in self.session.execute("shards", {"run": run})]

    def lock_shards(self, run: UUID) -> list[Shard]:
        """The shards within `held`, none of which can be claimed before it ends."""
        return [Shard(*row) for row in self.session.execute("lock_shards", {"run": run})]

    def join_run(self, start: Start, slot: datetime | None) -> Lease | None:
        """Claim `start.claim` of a run that another opened, of any slot where none is given.

        None where there is no such run, or another works that shard.
        """
        row = self.session.execute("join_run", {**start._asdict(), "slot": slot}).fetchone()
        if row is None or start.claim is None:
            return None
        return Lease(start.job, row[1], start.claim, row[0], row[2], start.ttl)

    def shard(self, job: str, number: int) -> Standing | None:
        """The job's living run and one shard of it; None where nothing runs."""
        row = self.session.execute("shard", {"job": job, "shard": number}).fetchone()
        return Standing(*row) if row else None

    def give_back(self, lease: Lease) -> None:
        """Let others claim a shard at once."""
        self.session.execute("give_back", lease._asdict())

    def settled(self, run: UUID) -> Settled:
        """How the shards of a run stand."""
        row = self.session.execute("settled", {"run": run}).fetchone()
        assert row is not None  # noqa: S101 - an aggregate returns one row
        return Settled(row[0], row[1], Counts(*(number or 0 for number in row[2:])))

    def at_work(self, run: UUID) -> AtWork:
        """Who works on, and who may come."""
        row = self.session.execute("at_work", {"run": run}).fetchone()
        return AtWork(*row) if row else AtWork(0, 0)
