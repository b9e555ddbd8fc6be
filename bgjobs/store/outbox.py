"""Messages on their way out: taken, sent by the caller, and marked."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bgjobs.errors import LeaseLostError
from bgjobs.record import Counts, Failure
from bgjobs.store.batches import Lease
from bgjobs.store.session import Session

UNKNOWN = "OutcomeUnknownError"
_UNKNOWN = (
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
    """What became of a message: no failure means sent, `again` that it is to be tried once more."""

    id: int
    failure: Failure | None = None
    again: bool = False


class Kept(NamedTuple):
    """How the run stands once its lease is renewed, and who asked it to stop."""

    counts: Counts
    stop: str | None


class Outbox:
    """One job's outbox, for the run that holds a lease; `slot` is that of what it puts on the list.

    Each method is one statement, so that what is marked, listed and counted agree.
    """

    def __init__(self, session: Session, lease: Lease, slot: datetime) -> None:
        self.session = session
        self.lease = lease
        self._values = {**lease._asdict(), "slot": slot}

    def claim_messages(self, limit: int, resting: Collection[int] = ()) -> list[Taken]:
        """Take the oldest messages that wait, but for some that had better rest."""
        values = {"job": self.lease.job, "run": self.lease.run, "limit": limit}
        rows = self.session.execute("claim_messages", {**values, "resting": list(resting)})
        return [Taken(*row) for row in sorted(rows.fetchall())]

    def mark_messages(self, told: Sequence[Told]) -> Kept:
        """Record what became of messages, list those that are given up, and renew the lease.

        Raises:
            LeaseLostError: Another run took the lease; the messages are marked all the same.
        """
        given_up = [None if one.again else one.failure for one in told]
        values = {
            **self._values,
            "ids": [one.id for one in told],
            "again": [one.again for one in told],
            "classes": [failure and failure.error_class for failure in given_up],
            "errors": [failure and failure.message for failure in given_up],
            "stacks": [failure and failure.stack for failure in given_up],
        }
        row = self.session.execute("mark_messages", values).fetchone()
        if row is None:
            raise LeaseLostError(f"the lease of {self.lease.job} was taken over by another run")
        return Kept(Counts(*row[:5]), row[5])

    def orphaned_messages(self, *, over: bool = False) -> int:
        """Give up messages whose sender died while it had them; returns how many.

        With `over` also those of this run, of which no process sends any more.
        """
        values = {**self._values, "error_class": UNKNOWN, "error": _UNKNOWN, "over": over}
        row = self.session.execute("orphaned_messages", values).fetchone()
        return row[0] if row else 0

    def renew_messages(self) -> int:
        """Let listed messages be sent again; returns how many."""
        return self.session.execute("renew_messages", {"job": self.lease.job}).rowcount
