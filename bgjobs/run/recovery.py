"""What follows an error in a batch: go on from the lease, look for the record, or give up."""

import time

from bgjobs.run.backoff import wait
from bgjobs.run.task import StoppedError, Task
from bgjobs.store import connection
from bgjobs.store.former import end_former

_TRIES = 10
# A batch that costs the connection each time is the cause of it.
_TRIES_LOST = 20
_PATIENCE = 900.0


class Recovery:
    """Counts the tries of one batch; forgets them when a batch goes through."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._tries = 0
        self._since: float | None = None

    def went_well(self) -> None:
        """A batch was committed."""
        self._tries = 0
        self._since = None

    def undo(self) -> None:
        """Roll the batch in flight back."""
        self._task.batches.rollback()

    def again(self, error: Exception) -> None:
        """Undo the batch, and wait where waiting helps: the caller then starts it again.

        Raises:
            StoppedError: The run is to stop, and the batch is not worked again.
            Exception: The error, where trying again cannot heal it or was tried long enough.
        """
        self.undo()
        self._tries += 1
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        gone = connection.lost(self._task.session.connection)
        smaller = connection.took_too_long(error) and self._task.rhythm.stumbled()
        if not (gone or smaller or connection.healing(error)):
            raise error
        if now - self._since > _PATIENCE or self._tries > (_TRIES_LOST if gone else _TRIES):
            if gone:
                connect_anew(self._task)  # or the ledger would not be told
            raise error
        if self._task.stops.wanted and not gone:
            raise StoppedError(self._task.stops.reason or "asked to stop") from error
        self._task.stops.pause(wait(0.05, self._tries, longest=5.0))
        if gone:
            connect_anew(self._task)


def connect_anew(task: Task) -> None:
    """Give the run a new connection, and its lease back where the old one still has it.

    Raises:
        DatabaseUnreachableError: The database stayed away.
    """
    task.reconnect()
    lease = task.batches.lease
    end_former(task.session, lease.run, lease.shard)
