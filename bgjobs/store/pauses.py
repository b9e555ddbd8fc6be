"""Pauses, and the wish that a run at work should stop: in the database, so for all hosts."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from bgjobs.record import Pause
from bgjobs.store.session import Session


class Pauses:
    """Pauses and resumes jobs, and stops their runs."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def pause(self, job: str, until: datetime | None, reason: str | None, by: str) -> Pause:
        """Let no run of a job start, until a moment or until it is resumed."""
        values = {"job": job, "until": until, "reason": reason, "by": by}
        row = self.session.execute("pause", values).fetchone()
        assert row is not None  # noqa: S101 - an upsert returns its row
        return Pause(*row)

    def resume(self, job: str) -> bool:
        """End a job's pause; tells whether one was in force."""
        row = self.session.execute("resume", {"job": job}).fetchone()
        return bool(row and row[0])

    def current(self, job: str, now: datetime) -> Pause | None:
        """The pause of a job that is in force at a moment."""
        row = self.session.execute("pauses", {"job": job, "now": now}).fetchone()
        return Pause(*row) if row else None

    def pauses(self, now: datetime) -> Mapping[str, Pause]:
        """All that are in force at a moment, by job."""
        rows = self.session.execute("pauses", {"job": None, "now": now}).fetchall()
        return {row[0]: Pause(*row) for row in rows}

    def stop(self, job: str, reason: str) -> frozenset[UUID]:
        """Ask the runs of a job that are at work to stop at their next batch; tells which."""
        rows = self.session.execute("stop", {"job": job, "reason": reason}).fetchall()
        return frozenset(run for (run,) in rows)
