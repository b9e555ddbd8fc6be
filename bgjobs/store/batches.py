"""A batch's transaction: begun by its lease, ended by its cursor, committed once."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from bgjobs.record import Counts, Failure
from bgjobs.store.pipelining import answered
from bgjobs.store.session import Session

Row = psycopg.Cursor[tuple[Any, ...]]


class Lease(NamedTuple):
    """The right to work one shard: who holds it, and the token that fences all others off."""

    job: str
    lane: UUID
    shard: int
    run: UUID
    token: int
    ttl: float


class Standing(NamedTuple):
    """Where a shard's work stands; keys are texts as the server spells them."""

    cursor: list[str] | None
    until: list[str] | None
    counts: Counts
    counters: dict[str, int]
    stop: str | None


class Batches:
    """Begins, ends and commits the batches of one lease.

    In a pipeline each method only sends; `standing` reads what `begin` was answered.
    """

    def __init__(
        self, session: Session, lease: Lease, *, lock_timeout: float, statement_timeout: float
    ) -> None:
        self.session = session
        self.lease = lease
        self.lock_timeout = lock_timeout
        self._begin = {
            **lease._asdict(),
            "lock_timeout": f"{round(lock_timeout * 1000)}ms",
            "statement_timeout": f"{round(statement_timeout * 1000)}ms",
        }

    @property
    def total(self) -> Counts:
        """What a dry run has counted; a real one's counts are in its lease."""
        return Counts()

    def begin(self) -> Row:
        """Open the transaction; the answer is for `standing`.

        Raises:
            psycopg.Error: SQLSTATE BG002 where another run has taken the lease.
        """
        connection = self.session.connection
        if connection.info.pipeline_status != PipelineStatus.OFF:
            connection.execute(b"BEGIN")
            return self.begin_batch()
        with connection.pipeline():
            connection.execute(b"BEGIN")
            return self.begin_batch()

    def begin_batch(self) -> Row:
        """Renew and lock the lease."""
        return self.session.execute("begin_batch", self._begin)

    def standing(self, answer: Row) -> Standing:
        """Read what `begin` was answered."""
        row = answered(self.session.connection, answer).fetchone()
        assert row is not None  # noqa: S101 - the function returns one row or raises
        return Standing(row[0], row[1], Counts(*row[2:7]), dict(row[7]), row[8])

    def end_batch(
        self, cursor: Sequence[str] | None, counts: Counts, counters: Mapping[str, int]
    ) -> None:
        """Move the cursor, and add this batch's counts; the counters are the run's so far."""
        self.session.execute(
            "end_batch",
            {
                **self._begin,
                "cursor": None if cursor is None else json.dumps(cursor),
                **counts._asdict(),
                "counters": json.dumps(counters) if counters else None,
            },
        )

    def commit(self) -> Row:
        """Send COMMIT; `committed` tells whether the server did."""
        return self.session.connection.execute(b"COMMIT")

    def committed(self, answer: Row) -> bool:
        """Whether COMMIT committed: the server answers ROLLBACK to an aborted transaction."""
        return answer.statusmessage == "COMMIT"

    def bound_shard(self, cursor: Sequence[str] | None, until: Sequence[str] | None) -> None:
        """Fix where the shard's records begin and end, once per slot."""
        values = {
            **self._begin,
            "cursor": None if cursor is None else json.dumps(cursor),
            "until": None if until is None else json.dumps(until),
        }
        self.session.execute("bound_shard", values)

    def rewind_shard(self) -> None:
        """Put the cursor back to the start."""
        self.session.execute("rewind_shard", self._begin)

    def finish_shard(self) -> None:
        """Mark the shard as worked to its end."""
        self.session.execute("finish_shard", self._begin)

    def fail_shard(self, failure: Failure, exit_status: int) -> None:
        """Keep why the shard ended short of its end, for whoever closes the run."""
        kept = json.dumps({**failure._asdict(), "exit": exit_status})
        self.session.execute("fail_shard", {**self._begin, "failure": kept})

    def rollback(self) -> None:
        """Undo the batch; a connection that is gone has done so."""
        connection = self.session.connection
        if connection.closed or connection.info.transaction_status == TransactionStatus.IDLE:
            return
        try:
            connection.execute(b"ROLLBACK")
        except psycopg.Error:
            connection.close()

    def save(self) -> None:
        """Set a savepoint, to which `undo` goes back and which `keep` gives up."""
        self.session.connection.execute(b"SAVEPOINT bgjobs_part")

    def undo(self) -> None:
        """Go back to the newest savepoint."""
        self.session.connection.execute(
            b"ROLLBACK TO SAVEPOINT bgjobs_part; RELEASE SAVEPOINT bgjobs_part"
        )

    def keep(self) -> None:
        """Give the newest savepoint up, keeping what was done since."""
        self.session.connection.execute(b"RELEASE SAVEPOINT bgjobs_part")

    def check_constraints(self) -> None:
        """Check the deferred constraints now, and leave everything as it was.

        Raises:
            psycopg.Error: One is violated.
        """
        connection = self.session.connection
        connection.execute(b"SAVEPOINT bgjobs_check")
        self.lift_guard()
        connection.execute(b"SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute(b"ROLLBACK TO SAVEPOINT bgjobs_check; RELEASE SAVEPOINT bgjobs_check")

    def lift_guard(self) -> None:
        """Have the constraint that refuses half a batch look away, until this is undone."""
        self.session.execute("lift_guard", self._begin)

    def fail_record(self, key: Sequence[str], slot: Any, failure: Failure) -> None:  # noqa: ANN401
        """List a record that was rolled back alone."""
        self.session.execute(
            "fail_record",
            {
                "job": self.lease.job,
                "run": self.lease.run,
                "key": json.dumps(key),
                "slot": slot,
                "error_class": failure.error_class,
                "message": failure.message,
                "stack": failure.stack,
            },
        )

    def heal_records(self, keys: Sequence[Sequence[str]]) -> None:
        """Take records that were done off the list of failed ones."""
        self.session.execute(
            "heal_records", {"job": self.lease.job, "keys": [json.dumps(key) for key in keys]}
        )

    def put_message(self, key: str, payload: Any) -> None:  # noqa: ANN401 - any JSON
        """Put a message into the outbox, to be sent after the commit."""
        self.session.execute(
            "put_message",
            {
                "job": self.lease.job,
                "run": self.lease.run,
                "key": key,
                "payload": json.dumps(payload, default=str),
            },
        )
