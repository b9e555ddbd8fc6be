"""Opening and closing runs: the ledger's row, its leases and the audit row."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from bgjobs.errors import LeaseLostError
from bgjobs.record import Attempt, Counts, Failure, RunStatus, Trigger
from bgjobs.store.audit_table import name
from bgjobs.store.batches import Lease
from bgjobs.store.blame import AUDIT, Blame
from bgjobs.store.session import Session

NO_LANE = UUID(int=0)
_LOCK_TIMEOUT = 10.0
# Success turns into partial where records failed.
_ENDS = {RunStatus.SUCCESS: (RunStatus.SUCCESS, RunStatus.PARTIAL)}


class Look(NamedTuple):
    """What the ledger says of a job at a start; `now` is the database's clock."""

    now: datetime
    known_since: datetime | None
    paused: bool
    paused_until: datetime | None
    pause_reason: str | None
    paused_by: str | None
    newest: Attempt | None
    last_slot: datetime | None
    has_failed_records: bool
    can_audit: bool


class Holder(NamedTuple):
    """The run that holds a job's lease."""

    id: UUID
    host: str
    pid: int
    started_at: datetime
    slot: datetime
    now: datetime


class Start(NamedTuple):
    """A run to be opened."""

    id: UUID
    job: str
    slot: datetime
    trigger: Trigger
    attempt: int
    host: str
    boot: str
    pid: int
    version: str
    parameters: Mapping[str, Any]
    ttl: float
    shards: int = 1
    # 0 where a process that works no records itself holds a lease for all.
    first: int = 1
    lane: UUID = NO_LANE
    position: Mapping[str, Any] = {}
    # The one shard that this process works itself, leaving the others to be joined.
    claim: int | None = None
    only_failed: bool = False
    key: str | None = None


class Opened(NamedTuple):
    """A run that holds its leases."""

    leases: tuple[Lease, ...]
    done: frozenset[int]
    started_at: datetime


class Closed(NamedTuple):
    """A finished run as the audit row has it."""

    status: RunStatus
    counts: Counts
    milliseconds: int


class Ledger:
    """One method per statement on runs and their leases."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def look(self, job: str) -> Look:
        """Everything that a start of the job decides by."""
        values = {"job": job, "audit": name(self.session.audit)}
        row = self.session.execute("look", values).fetchone()
        assert row is not None  # noqa: S101 - the statement returns one row
        return Look(*(*row[:6], _attempt(row[6:15]), *row[15:]))

    def attempts(self, job: str, slot: datetime) -> Attempt | None:
        """The newest attempt at a slot."""
        row = self.session.execute("attempts", {"job": job, "slot": slot}).fetchone()
        return _attempt(row) if row else None

    def find_run(self, run: UUID) -> Attempt | None:
        """A run as an attempt at its slot."""
        row = self.session.execute("find_run", {"run": run}).fetchone()
        return _attempt(row) if row else None

    def clock(self) -> datetime:
        """The database's clock."""
        row = self.session.execute("clock").fetchone()
        assert row is not None  # noqa: S101 - the statement returns one row
        now: datetime = row[0]
        return now

    def know_job(self, job: str) -> None:
        """Remember when a job was first seen."""
        self.session.execute("know_job", {"job": job})

    def open_run(self, start: Start) -> Opened | None:
        """Open a run and take its leases; None where another holds one, or the slot is taken."""
        values = start._asdict()
        values["run"] = values.pop("id")
        values["parameters"] = json.dumps(start.parameters, default=str)
        values["position"] = json.dumps(start.position)
        with self.session.connection.pipeline():
            self.session.execute("ensure_leases", values)
            answer = self.session.execute("open_run", values)
        rows = answer.fetchall() or self.session.execute("own_leases", {"run": start.id}).fetchall()
        if not rows:
            return None
        leases = tuple(
            Lease(start.job, start.lane, row[0], start.id, row[1], start.ttl)
            for row in sorted(rows)
        )
        return Opened(leases, frozenset(row[0] for row in rows if row[2]), rows[0][3])

    def holder(self, job: str) -> Holder | None:
        """The run that holds the job's lease."""
        row = self.session.execute("holder", {"job": job}).fetchone()
        return Holder(*row) if row else None

    def skip_run(self, start: Start, reason: str) -> None:
        """Record a start that did not become a run."""
        values = start._asdict()
        values["run"] = values.pop("id")
        values["parameters"] = json.dumps(start.parameters, default=str)
        self.session.execute("skip_run", {**values, "reason": reason})

    def beat(self, lease: Lease) -> str | None:
        """Renew the lease of a process that works no batch; returns who asked it to stop.

        Raises:
            LeaseLostError: Another run took the lease.
        """
        row = self.session.execute("beat", lease._asdict()).fetchone()
        if row is None:
            message = f"the lease of {lease.job} was taken over by another run"
            raise LeaseLostError(message)
        stop: str | None = row[0]
        return stop

    def close_run(
        self,
        run: UUID,
        status: RunStatus,
        *,
        failure: Failure | None = None,
        output: str | None = None,
        reason: str | None = None,
        finished_at: datetime | None = None,
        lock_timeout: float = _LOCK_TIMEOUT,
    ) -> Closed | None:
        """End a run and write its audit row; None where it had been ended by another already.

        `finished_at` is when it ended by its host's clock, where that could not be told at once.
        `lock_timeout` is in seconds, 0 for ever: the audit table is the team's, who may lock it.
        """
        values = {
            "run": run,
            "status": status.value,
            "done": status is RunStatus.SUCCESS,
            "error_class": failure.error_class if failure else None,
            "error_message": failure.message if failure else None,
            "error_stack": failure.stack if failure else None,
            "output": output,
            "reason": reason,
            "finished_at": finished_at,
        }
        with Blame(AUDIT), self._at_once(lock_timeout):
            answer = self.session.execute("close_run", values)
        row = answer.fetchone()
        return _closed(row[0]) if row else None

    @contextmanager
    def _at_once(self, lock_timeout: float) -> Iterator[None]:
        """A transaction that is sent whole, so that it does not hang on this process's life.

        It waits no longer for a lock than so many seconds.
        """
        connection = self.session.connection
        try:
            with connection.pipeline():
                connection.execute(b"BEGIN")
                patience = {"lock_timeout": f"{round(lock_timeout * 1000)}ms"}
                self.session.execute("lock_patience", patience)
                yield
                connection.execute(b"COMMIT")
        except psycopg.Error:
            if not connection.closed:
                connection.rollback()
            raise

    def find_closed(self, run: UUID, status: RunStatus) -> Closed | None:
        """The end of a run that this process may have written, its answer lost."""
        row = self.session.execute("find_closed", {"run": run}).fetchone()
        found = _closed(row[0]) if row else None
        return found if found is not None and found.status in _ENDS.get(status, (status,)) else None

    def drop_lane(self, job: str, lane: UUID) -> None:
        """Remove the leases of a run that had a lane of its own."""
        if lane != NO_LANE:
            self.session.execute("drop_lane", {"job": job, "lane": lane})


def _closed(details: Mapping[str, Any]) -> Closed:
    names = ("records_read", "records_processed", "records_skipped", "records_failed", "batches")
    counts = Counts(*(details[name] for name in names))
    return Closed(RunStatus(details["outcome"]), counts, details["execution_time_ms"])


def _attempt(row: tuple[Any, ...]) -> Attempt | None:
    if row[0] is None:
        return None
    return Attempt(row[0], row[1], row[2], RunStatus(row[3]), *row[4:])
