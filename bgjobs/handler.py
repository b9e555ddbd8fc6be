"""What a handler is given, and what it may return."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    import logging

    import psycopg


class Skip:
    """The type of SKIP."""

    def __repr__(self) -> str:
        return "bgjobs.SKIP"


SKIP: Final = Skip()
"""Returned for a record that was looked at and left alone: counted as skipped."""


class OutcomeUnknownError(Exception):
    """Raised by a job's `send` where it cannot know whether a message went out.

    Any other error says that it did not, and it is tried again. This one is listed at once: only
    `bgjobs retry` sends it again.
    """


class Message:
    """One row of the outbox, as the job's `send` function is given it.

    `key` is the message's idempotency key, unique in the job; `payload` what run.send() was given;
    `attempt` starts at 1.
    """

    __slots__ = ("attempt", "key", "payload")

    def __init__(self, key: str, payload: Any, attempt: int) -> None:  # noqa: ANN401 - any JSON
        self.key = key
        self.payload = payload
        self.attempt = attempt


class Run:
    """The run a handler works for.

    Attributes:
        id: The run's id in the ledger.
        job: The job's name.
        slot: The moment the run was scheduled for, in the job's time zone; never "now".
        params: The declared parameters, with what the command line changed.
        attempt: 1, and one more each time the slot is resumed.
        dry_run: Whether everything will be rolled back.
        shard: Which part of the records this process works, from 1.
        shards: How many parts there are.
        counters: What `count` has added up; ends in the ledger and the audit row.
    """

    def __init__(
        self,
        *,
        id: UUID,  # noqa: A002 - the word people say
        job: str,
        slot: datetime,
        params: Mapping[str, Any],
        attempt: int = 1,
        dry_run: bool = False,
        shard: int = 1,
        shards: int = 1,
    ) -> None:
        self.id = id
        self.job = job
        self.slot = slot
        self.params = params
        self.attempt = attempt
        self.dry_run = dry_run
        self.shard = shard
        self.shards = shards
        self.counters: dict[str, int] = {}
        self.key: tuple[str, ...] = ()
        self.outbox: list[tuple[str, Any]] = []
        self.connecting: Callable[[], psycopg.Connection] | None = None
        self.asked_to_stop: Callable[[], bool] = bool
        self._pid = os.getpid()

    @property
    def connection(self) -> "psycopg.Connection":
        """The connection, inside the batch's transaction: what it writes commits with the batch.

        Raises:
            RuntimeError: Outside a batch, or in a process that the handler forked.
        """
        if os.getpid() != self._pid:
            message = "run.connection is the run's own: a forked process opens one for itself"
            raise RuntimeError(message)
        if self.connecting is None:
            message = "run.connection is there only while a handler works on a batch"
            raise RuntimeError(message)
        return self.connecting()

    @property
    def log(self) -> "logging.Logger":
        """A logger of the job's name; what it prints is kept with the run."""
        import logging

        return logging.getLogger(f"bgjobs.{self.job}")

    @property
    def stopping(self) -> bool:
        """Whether the run was asked to stop: a long handler should come to an end."""
        return self.asked_to_stop()

    def count(self, name: str, number: int = 1) -> None:
        """Add to a named counter; it commits with the batch and is rolled back with it."""
        self.counters[name] = self.counters.get(name, 0) + number

    def apart(self) -> "Run":
        """The same run with counters and an outbox of its own, for one of many calls at a time."""
        one = object.__new__(type(self))
        one.__dict__.update(self.__dict__, counters={}, outbox=[])
        return one

    def join(self, one: "Run") -> None:
        """Take over what a run `apart` has counted and sent."""
        for name, number in one.counters.items():
            self.count(name, number)
        self.outbox += one.outbox

    def idempotency_key(self, record: Mapping[str, Any]) -> str:
        """A key that is the same whenever this record is worked for this slot again."""
        key = [_text(record[name]) for name in self.key]
        if len(key) > 1:
            # Or ("a:b", "c") would share the key of ("a", "b:c").
            key = [part.replace("\\", r"\\").replace(":", r"\:") for part in key]
        return ":".join((self.job, f"{self.slot.timestamp():.6f}", *key))

    def send(self, payload: Any, *, key: str) -> None:  # noqa: ANN401 - whatever JSON can hold
        """Put a message into the outbox: it is sent after the batch's commit, and once.

        A message whose key the job has used before is not put in again.
        """
        self.outbox.append((key, payload))


def _text(value: object) -> str:
    # The zone in which a moment is told is the session's: another host may have another.
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    return str(value)
