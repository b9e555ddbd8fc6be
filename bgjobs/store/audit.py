"""Audit rows of runs that were ended by another than their own process."""

from collections.abc import Sequence
from uuid import UUID

from bgjobs.store.blame import AUDIT, Blame
from bgjobs.store.session import Session


def insert_audit(session: Session, runs: Sequence[UUID]) -> None:
    """Write the audit rows of finished runs, in the transaction that finished them."""
    with Blame(AUDIT):
        session.execute("insert_audit", {"runs": list(runs)})
