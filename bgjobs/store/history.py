"""What ran, as values; reads the ledger and never the audit table."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from bgjobs.errors import UsageError
from bgjobs.record import Counts, FailedRecord, RunRecord, RunStatus, Trigger
from bgjobs.store.session import Session

_DIGITS = 32  # of a uuid
PRESUMED = "its lease ran out; this role may not record it"


class History:
    """Reads runs and failed records.

    With `presume_dead`, for a role that may not record a death, a run whose lease has run out is
    told as crashed, with no time of finishing.
    """

    def __init__(self, session: Session, *, presume_dead: bool = False) -> None:
        self.session = session
        self.presume_dead = presume_dead

    def now(self) -> datetime:
        """The database's clock."""
        row = self.session.execute("now").fetchone()
        assert row is not None  # noqa: S101 - a select without FROM returns one row
        found: datetime = row[0]
        return found

    def runs(
        self,
        job: str | None = None,
        *,
        status: RunStatus | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        limit: int = 20,
    ) -> list[RunRecord]:
        """Runs that started from `since` on and before `before`, newest first.

        What they printed and their stacks are left out; `run` has them.
        """
        values = {"job": job, "status": status, "since": since, "before": before, "limit": limit}
        if job is None:
            return self._records(self.session.execute("runs", values).fetchall())
        return self._records(self.session.execute("runs_of_job", values).fetchall())

    def run(self, prefix: str) -> RunRecord:
        """The one run whose id is this or begins with it.

        Raises:
            UsageError: There is none, or more than one.
        """
        first, last = _range(prefix)
        rows = self.session.execute("run", {"first": first, "last": last}).fetchall()
        if not rows:
            raise UsageError(f'no run "{prefix}"; `bgjobs history` lists their ids')
        if len(rows) > 1:
            raise UsageError(f'more than one run begins with "{prefix}": give more of the id')
        return self._records(rows)[0]

    def last_runs(self, jobs: Iterable[str]) -> Mapping[str, RunRecord]:
        """The newest run of each job that was not skipped; a job that never ran is not in it."""
        rows = self.session.execute("last_runs", {"jobs": list(jobs)}).fetchall()
        return {run.job: run for run in self._records(rows)}

    def failures(self, job: str | None = None, *, limit: int = 50) -> list[FailedRecord]:
        """Records that failed and have not been done since, newest first."""
        rows = self.session.execute("failures", {"job": job, "limit": limit}).fetchall()
        return [FailedRecord(*row) for row in rows]

    def failures_of_run(self, run: RunRecord, *, limit: int = 50) -> list[FailedRecord]:
        """Records that a run left failed, in the order in which they failed."""
        values = {"job": run.job, "run": run.id, "limit": limit}
        rows = self.session.execute("failures_of_run", values).fetchall()
        return [FailedRecord(*row) for row in rows]

    def accounted(self, slots: Mapping[str, datetime]) -> frozenset[str]:
        """The jobs with a run by cron for the slot or a later one, or by anybody for that slot."""
        values = {"jobs": list(slots), "slots": list(slots.values())}
        return frozenset(job for (job,) in self.session.execute("accounted", values))

    def known_since(self, jobs: Iterable[str]) -> Mapping[str, datetime]:
        """When each job was first seen; a job that never was is not in it."""
        return dict(self.session.execute("known_since", {"jobs": list(jobs)}).fetchall())

    def _records(self, rows: Sequence[tuple[Any, ...]]) -> list[RunRecord]:
        found = []
        for *columns, alive in rows:
            run = record(columns)
            if run.status is RunStatus.RUNNING and self.presume_dead and not alive:
                run = run._replace(status=RunStatus.CRASHED, reason=PRESUMED)
            found.append(run)
        return found


def record(row: Sequence[Any]) -> RunRecord:
    """A row of the ledger, in the order of its statements' columns, as a value."""
    position = row[19]
    return RunRecord(
        id=row[0],
        job=row[1],
        slot=row[2],
        trigger=Trigger(row[3]),
        status=RunStatus(row[4]),
        attempt=row[5],
        host=row[6],
        pid=row[7],
        version=row[8],
        parameters=row[9],
        started_at=row[10],
        heartbeat_at=row[11],
        finished_at=row[12],
        counts=Counts(*row[13:18]),
        counters=row[18],
        position=position,
        cursor=position.get("1", {}).get("cursor"),
        error_class=row[20],
        error_message=row[21],
        error_stack=row[22],
        output=row[23],
        reason=row[24],
    )


def _range(prefix: str) -> tuple[UUID, UUID]:
    digits = prefix.strip().lower().replace("-", "")
    if not 0 < len(digits) <= _DIGITS or set(digits) - set("0123456789abcdef"):
        raise UsageError(f'"{prefix}" is not a run\'s id; `bgjobs history` lists them')
    return UUID(digits.ljust(_DIGITS, "0")), UUID(digits.ljust(_DIGITS, "f"))
