"""The heartbeat of a process that works no records itself."""

from bgjobs.commands.request import Request
from bgjobs.commands.scene import Scene
from bgjobs.errors import BgjobsError, LeaseLostError
from bgjobs.store.batches import Lease
from bgjobs.store.connection import connect, explained
from bgjobs.store.ledger import Ledger
from bgjobs.store.session import Session


class Beat:
    """Renews a lease, by a connection of its own that is made when it is first needed."""

    def __init__(self, asked: Request, around: Scene, lease: Lease) -> None:
        self._asked = asked
        self._around = around
        self._lease = lease
        self._session: Session | None = None

    def beat(self) -> None:
        """Renew the lease; a database that is away is tried again at the next beat.

        Raises:
            LeaseLostError: Another run took it.
        """
        try:
            Ledger(self._connected()).beat(self._lease)
        except LeaseLostError:
            raise
        except Exception as error:
            if not isinstance(explained(error), BgjobsError):
                raise
            self.close()

    def close(self) -> None:
        """Give the connection up."""
        session, self._session = self._session, None
        if session is not None:
            session.connection.close()

    def _connected(self) -> Session:
        if self._session is None:
            from bgjobs.commands.reaching import resolve

            database = resolve(self._asked.config.database, self._asked.folder)
            connection = connect(database, application=f"bgjobs:{self._asked.job.name}")
            self._session = Session(connection, database.schema, self._asked.config.audit)
        return self._session
