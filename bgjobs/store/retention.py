"""Deletes what the ledger need not keep, in small bites; the audit table is never touched."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from bgjobs.job import Job
from bgjobs.store.brief import brief
from bgjobs.store.session import Session

BITE = 1000
# A start prunes at most this many bites of each kind: the next one goes on.
BITES = 20


class Pruned(NamedTuple):
    """How much was deleted."""

    runs: int
    messages: int


class Retention:
    """Prunes one job's runs and sent messages."""

    def __init__(self, session: Session, *, bite: int = BITE, bites: int = BITES) -> None:
        self.session = session
        self.bite = bite
        self.bites = bites

    def prune(self, job: Job, now: datetime) -> Pruned:
        """Delete what is past `keep`, `keep_failed` and `keep_runs`.

        A job's newest run stays whatever its age, a living one too, and failed records until they
        are done. What failed, was stopped, or left records failed is kept for `keep_failed`.

        Raises:
            psycopg.Error: A bite took too long, or met a lock; those before it stand.
        """
        before, failed_before = _before(now, job.keep), _before(now, job.keep_failed)
        ages = {"job": job.name, "before": before, "failed_before": failed_before}
        cap = {"job": job.name, "keep": job.keep_runs}
        old, excess, sent = self.prunable({**ages, **cap})
        runs = self._bites("prune_runs", ages) if old else 0
        runs += self._bites("prune_excess", cap) if excess else 0
        return Pruned(runs, self._bites("prune_messages", ages) if sent else 0)

    def prunable(self, values: Mapping[str, Any]) -> tuple[bool, bool, bool]:
        """Whether there may be runs past their keep, runs beyond the cap, and old messages."""
        row = self.session.execute("prunable", values).fetchone()
        return (row[0], row[1], row[2]) if row else (False, False, False)

    def _bites(self, name: str, values: Mapping[str, Any]) -> int:
        total = 0
        for _ in range(self.bites):
            with brief(self.session):
                deleted = self.session.execute(name, {**values, "limit": self.bite}).rowcount
            total += deleted
            if deleted < self.bite:
                break
        return total


def prune_if_possible(session: Session, job: Job, now: datetime) -> Pruned | None:
    """Prune at the end of a run, whose outcome stands whatever comes of this; None if it failed."""
    try:
        return Retention(session).prune(job, now)
    except psycopg.Error:
        return None


def _before(now: datetime, keep: timedelta | None) -> datetime | None:
    return None if keep is None else now - keep
