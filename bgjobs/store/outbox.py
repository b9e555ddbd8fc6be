"""Messages on their way out: taken, sent by the caller, and marked."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bgjobs.record import Counts
from bgjobs.store.batches import Lease
from bgjobs.store.session import Session

UNKNOWN = (
    "the process died while it sent this: nobody knows whether it went out; "
    "bgjobs retry sends it again"
)


class Taken(NamedTuple):
    """A message that this run alone may send; `attempt` starts at 1."""

    id: int
    key: str
    payload: Any
    attempt: int


class Told(NamedTuple):
    """What became of a message: no error means sent, `again` that it is to be tried once more."""

    id: int
    error: str | None = None
    again: bool = False


class Outbox:
    """One job's outbox, for the run that holds a lease."""

    def __init__(self, session: Session, lease: Lease) -> None:
        self.session = session
        self.lease = lease

    def claim_messages(self, limit: int) -> list[Taken]:
        """Take the oldest messages that wait."""
        values = {"job": self.lease.job, "run": self.lease.run, "limit": limit}
        rows = self.session.execute("claim_messages", values).fetchall()
        return [Taken(*row) for row in sorted(rows)]

    def mark_messages(self, told: Sequence[Told]) -> None:
        """Record what became of messages."""
        values = {
            "run": self.lease.run,
            "ids": [one.id for one in told],
            "errors": [one.error for one in told],
            "again": [one.again for one in told],
        }
        self.session.execute("mark_messages", values)

    def orphaned_messages(self) -> list[str]:
        """Give up messages whose sender died while it had them; returns their keys."""
        values = {"job": self.lease.job, "run": self.lease.run, "error": UNKNOWN}
        return [key for (key,) in self.session.execute("orphaned_messages", values)]

    def renew_messages(self) -> int:
        """Let listed messages be sent again; returns how many."""
        return self.session.execute("renew_messages", {"job": self.lease.job}).rowcount

    def count_failed(self, number: int) -> Counts:
        """Add messages to what failed in this run; returns its counts."""
        values = {**self.lease._asdict(), "number": number}
        row = self.session.execute("count_failed", values).fetchone()
        return Counts(*row) if row else Counts()
