"""The heartbeat of a process that works no records itself."""

import os
import signal

from bgjobs.commands.reaching import resolve
from bgjobs.commands.working import Stage
from bgjobs.errors import BgjobsError, ExitStatus, LeaseLostError
from bgjobs.store.batches import Lease
from bgjobs.store.connection import connect, explained
from bgjobs.store.ledger import Ledger
from bgjobs.store.shards import Shards

_SIGNALS = {
    ExitStatus.INTERRUPTED: signal.SIGINT,
    ExitStatus.TERMINATED: signal.SIGTERM,
}


class Beat:
    """Renews a run's lease, and tells who looks on how many records all its shards have read.

    `stop` is why the run was asked to end by `bgjobs stop`, as of the last beat.
    """

    def __init__(self, stage: Stage, lease: Lease) -> None:
        self._stage = stage
        self._session = stage.session
        self._lease = lease
        self.stop: str | None = None
        # A signal that came before the workers were there has not been passed on to them.
        self._missed = True

    def beat(self) -> None:
        """Renew the lease; a database that is away is tried again at the next beat.

        Raises:
            LeaseLostError: Another run took it.
        """
        self._pass_on()
        try:
            if self._session.connection.closed:
                self._connect()
            self.stop = Ledger(self._session).beat(self._lease)
            if self._stage.scene.terminal:
                settled = Shards(self._session).settled(self._lease.run)
                self._stage.watched.advance(settled.counts.read)
        except LeaseLostError:
            raise
        except Exception as error:
            if not isinstance(explained(error), BgjobsError):
                raise
            self._session.connection.close()

    def _pass_on(self) -> None:
        asked = self._stage.scene.stops.requested
        if self._missed and asked in _SIGNALS:
            os.kill(os.getpid(), _SIGNALS[asked])
        self._missed = False

    def _connect(self) -> None:
        asked = self._stage.request
        database = resolve(asked.config.database, asked.folder)
        self._session.connection = connect(database, application=f"bgjobs:{asked.job.name}")
