"""Two runs of one job, their steps in every order."""

from datetime import UTC, datetime
from itertools import combinations
from uuid import uuid4

import psycopg

from bgjobs.record import Counts, Trigger
from bgjobs.store.batches import Batches
from bgjobs.store.ledger import Ledger, Start
from bgjobs.store.session import Session
from bgjobs.store.verdict import bury_the_dead

STEPS = ("take", "begin", "commit")
ORDERS = [
    "".join("a" if place in chosen else "b" for place in range(2 * len(STEPS)))
    for chosen in combinations(range(2 * len(STEPS)), len(STEPS))
]
SLOT = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Runner:
    """One run of a job, whose lease has run out as soon as it is taken."""

    def __init__(self, connection: psycopg.Connection, job: str) -> None:
        self.tokens: list[int] = []
        self._session = Session(connection)
        self._job = job
        self._batches: Batches | None = None
        self._steps = iter((self._take, self._begin, self._commit))

    def step(self) -> None:
        """Take the next step; a run that has no lease, or lost it, does nothing more."""
        next(self._steps)()

    def _take(self) -> None:
        bury_the_dead(self._session)
        ledger = Ledger(self._session)
        found = ledger.attempts(self._job, SLOT)
        attempt, position = (found.attempt + 1, found.position) if found else (1, {})
        start = Start(
            uuid4(), self._job, SLOT, Trigger.RETRY, attempt, "host", "", 1, "0", {}, 0,
            position=position,
        )  # fmt: skip
        opened = ledger.open_run(start)
        if opened is not None:
            lease = opened.leases[0]
            self._batches = Batches(self._session, lease, lock_timeout=60, statement_timeout=60)
            self.tokens.append(lease.token)

    def _begin(self) -> None:
        if self._batches is None:
            return
        try:
            self._standing = self._batches.standing(self._batches.begin())
        except psycopg.Error as error:
            if error.sqlstate != "BG002":
                raise
            self._batches.rollback()
            self._batches = None

    def _commit(self) -> None:
        if self._batches is None:
            return
        done = int((self._standing.cursor or ["0"])[0]) + 1
        token = self._batches.lease.token
        self._session.connection.execute(
            "INSERT INTO effect VALUES (%s, %s, %s)", [self._job, done, token]
        )
        self._batches.end_batch([str(done)], Counts(1, 1, 0, 0, 1), {})
        assert self._batches.committed(self._batches.commit())


def test_in_no_order_are_two_tokens_good_or_is_a_batch_done_twice(
    dsn: str, connection: psycopg.Connection
) -> None:
    connection.execute("CREATE TABLE effect (job text, record int, token bigint)")
    settings = {"autocommit": True, "prepare_threshold": None}
    with psycopg.connect(dsn, **settings) as one, psycopg.connect(dsn, **settings) as other:
        for order in ORDERS:
            runners = {"a": Runner(one, order), "b": Runner(other, order)}
            for name in order:
                runners[name].step()
            effects = connection.execute(
                "SELECT record, token FROM effect WHERE job = %s ORDER BY record", [order]
            ).fetchall()
            given = sorted(runners["a"].tokens + runners["b"].tokens)
            # A token may have been lost before its batch began; what was committed is in line.
            assert [record for record, _ in effects] == list(range(1, len(effects) + 1))
            committed = [token for _, token in effects]
            assert committed == sorted(set(committed))
            assert given[-1] == committed[-1]
            assert len(set(given)) == len(given)
