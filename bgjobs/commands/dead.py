"""Runs whose process is gone, found by the ledger and by this host's lock files."""

import os
from collections.abc import Collection
from uuid import UUID

from bgjobs.host.identity import identity
from bgjobs.host.lock import Locks
from bgjobs.host.state import state_directory
from bgjobs.record import RunRecord
from bgjobs.store.session import Session
from bgjobs.store.verdict import bury_if_allowed, bury_the_dead, living


def bury(session: Session, locks: Locks | None = None) -> list[RunRecord]:
    """Record the dead runs of all jobs; one round trip where nothing runs.

    Raises:
        psycopg.Error: This role may not write the ledger.
    """
    locks = locks or Locks(state_directory(os.environ), identity())
    proven = _proven(session, locks)
    if proven is None:
        return []
    buried = bury_the_dead(session, proven)
    _forget(buried, locks)
    return buried


def buried(session: Session) -> bool:
    """Whether the dead runs are recorded now; False where this role may not, or could not."""
    locks = Locks(state_directory(os.environ), identity())
    proven = _proven(session, locks)
    if proven is None:
        return True
    found = bury_if_allowed(session, proven)
    _forget(found or [], locks)
    return found is not None


def _proven(session: Session, locks: Locks) -> Collection[UUID] | None:
    """Those of the runs at work that are proven dead; None where nothing is at work."""
    at_work = living(session)
    if not at_work:
        return None
    return {one.run for one in at_work if locks.proven_dead(one.run, one.host, one.boot)}


def _forget(runs: list[RunRecord], locks: Locks) -> None:
    for run in runs:
        locks.forget(run.id)
