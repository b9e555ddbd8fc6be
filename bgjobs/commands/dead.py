"""Runs whose process is gone, found by the ledger and by this host's lock files."""

import os

from bgjobs.host.identity import identity
from bgjobs.host.lock import Locks
from bgjobs.host.state import state_directory
from bgjobs.store.session import Session
from bgjobs.store.verdict import Verdict, bury_the_dead, living


def bury(session: Session, locks: Locks | None = None) -> None:
    """Record the dead runs of all jobs; one round trip where nothing runs.

    One that another process is at just now, or whose row is locked, is left to the next start.

    Raises:
        psycopg.Error: This role may not write the ledger, or the audit table takes no row.
    """
    found = _bury(session, locks or Locks(state_directory(os.environ), identity()))
    if found.error is not None:
        raise found.error


def buried(session: Session) -> bool:
    """Whether all the dead runs are recorded now; False where this role may not, or could not."""
    return _bury(session, Locks(state_directory(os.environ), identity())).settled


def _bury(session: Session, locks: Locks) -> Verdict:
    at_work = living(session)
    if not at_work:
        return Verdict([], settled=True)
    proven = {one.run for one in at_work if locks.proven_dead(one.run, one.host, one.boot)}
    found = bury_the_dead(session, proven)
    for run in found.buried:
        locks.forget(run.id)
    return found
