"""What the ledger holds: the states of a run, and its rows as values."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from bgjobs import errors


class RunStatus(StrEnum):
    """The states of a run."""

    RUNNING = "running"
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"
    CRASHED = "crashed"
    SKIPPED = "skipped"

    @property
    def meaning(self) -> str:
        """One line for a person."""
        return _MEANINGS[self]

    @property
    def resumable(self) -> bool:
        """Whether the next start of the same slot goes on from the cursor."""
        return self in RESUMABLE


_MEANINGS = {
    RunStatus.RUNNING: "at work; its lease is alive",
    RunStatus.SUCCESS: "finished, no record failed",
    RunStatus.PARTIAL: "finished, some records failed within the allowed number",
    RunStatus.FAILED: "its code, its SQL or too many records failed, or the database was lost",
    RunStatus.TIMED_OUT: "stopped by its timeout or the end of its window; resumable",
    RunStatus.INTERRUPTED: "stopped by a signal or `bgjobs stop`; resumable",
    RunStatus.CRASHED: "found dead; resumable",
    RunStatus.SKIPPED: "not started, for the reason stored with it",
}

# A run that came to no end of its own. Failed belongs here: its cursor stands where it failed.
RESUMABLE = frozenset(
    {RunStatus.FAILED, RunStatus.TIMED_OUT, RunStatus.INTERRUPTED, RunStatus.CRASHED}
)

# The only changes of state there are; the ledger's CHECK and its statements agree with it.
TRANSITIONS: Mapping[RunStatus, frozenset[RunStatus]] = {
    RunStatus.RUNNING: frozenset(RunStatus) - {RunStatus.RUNNING, RunStatus.SKIPPED},
    **{status: frozenset() for status in RunStatus if status is not RunStatus.RUNNING},
}


class Trigger(StrEnum):
    """Why a run was started."""

    CRON = "cron"
    MANUAL = "manual"
    RETRY = "retry"
    CATCH_UP = "catch_up"


class Counts(NamedTuple):
    """Records of a run; every read one is processed, skipped or failed."""

    read: int = 0
    processed: int = 0
    skipped: int = 0
    failed: int = 0
    batches: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))


class Failure(NamedTuple):
    """An error as it is stored: masked, without the values of local variables."""

    error_class: str
    message: str
    stack: str | None = None
    sqlstate: str | None = None


# Their messages are whole sentences, be they ours, the driver's or the interpreter's.
_PLAIN = frozenset(
    {
        *(name for name in dir(errors) if name.endswith("Error")),
        "DataError",
        "DatabaseError",
        "IntegrityError",
        "OperationalError",
        "ProgrammingError",
        "SyntaxError",
        "TooManyFailedError",
    }
)


def told(error_class: str | None, message: str) -> str:
    """An error in words: "KeyError: 'id'" where the message alone says too little."""
    name = error_class or ""
    if name in _PLAIN or name in message or not name.endswith(("Error", "Exception")):
        return message
    return f"{name}: {message}"


class Attempt(NamedTuple):
    """An earlier try at a slot, and where it came to."""

    id: UUID
    slot: datetime
    attempt: int
    status: RunStatus
    shards: int
    position: Mapping[str, Any]
    started_at: datetime
    parameters: Mapping[str, Any] = {}
    key: str | None = None


class RunRecord(NamedTuple):
    """One row of the ledger, the counts of a living run taken from its leases."""

    id: UUID
    job: str
    slot: datetime
    trigger: Trigger
    status: RunStatus
    attempt: int
    host: str
    pid: int
    version: str
    parameters: Mapping[str, Any]
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None
    counts: Counts
    counters: Mapping[str, int]
    cursor: list[Any] | None
    error_class: str | None
    error_message: str | None
    error_stack: str | None
    output: str | None
    reason: str | None
    # Shard number -> {"cursor": [...] or None, "until": [...] or None, "done": bool}
    position: Mapping[str, Any] = {}

    @property
    def seconds(self) -> float | None:
        """How long a finished run took."""
        if self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class FailedRecord(NamedTuple):
    """A record that was rolled back alone, kept until a retry of it succeeds.

    `key` is the record's, as texts; or {"message": key} for one of the outbox.
    """

    job: str
    run: UUID
    key: list[Any] | dict[str, Any]
    slot: datetime
    error_class: str
    error_message: str
    error_stack: str | None
    attempt: int
    failed_at: datetime


class Pause(NamedTuple):
    """A job that is not to start, on any host; `until` None lasts until it is resumed."""

    job: str
    until: datetime | None
    reason: str | None
    paused_by: str
    paused_at: datetime
