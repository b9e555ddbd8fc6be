"""What a start works with on this host, and the connection it works by."""

import io
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TextIO

from bgjobs.commands.reaching import resolve
from bgjobs.commands.request import Request
from bgjobs.host.identity import Identity, identity
from bgjobs.host.lock import Locks
from bgjobs.host.spool import Spool
from bgjobs.host.state import state_directory
from bgjobs.run.stops import Stops
from bgjobs.store.connection import connect_within
from bgjobs.store.session import Session


class Scene(NamedTuple):
    """This host, this process, and where it may be heard."""

    me: Identity
    state: Path
    locks: Locks
    spool: Spool
    stops: Stops
    err: TextIO
    printed: Callable[[], str | None]
    terminal: bool

    def say(self, line: str) -> None:
        """One line for whoever looks at stderr."""
        self.err.write(f"bgjobs: {line}\n")


def scene(
    request: Request,
    stops: Stops,
    err: TextIO,
    printed: Callable[[], str | None],
    *,
    terminal: bool,
) -> Scene:
    """This process as a scene."""
    me = identity()
    state = state_directory(os.environ)
    spool = Spool(state, request.config.path)
    heard = err if isinstance(err, _Stderr) else stream(err.fileno())
    return Scene(me, state, Locks(state, me), spool, stops, heard, printed, terminal)


def open_session(request: Request, stops: Stops) -> Session:
    """Connect, waiting for a database that is down as long as jobs.toml says.

    Raises:
        DatabaseUnreachableError: It stayed down.
        AccessRefusedError: It refuses the login.
    """
    database = resolve(request.config.database, request.folder)
    connection = connect_within(
        database,
        application=f"bgjobs:{request.job.name}",
        sleep=stops.pause,
        hurry=lambda: stops.wanted,
    )
    return Session(connection, database.schema, request.config.audit)


def reconnect(session: Session, request: Request, stops: Stops) -> None:
    """Give a session a new connection, for as long as the run's deadline lasts.

    Raises:
        DatabaseUnreachableError: The database stayed away.
    """
    database = resolve(request.config.database, request.folder)
    left = stops.remaining()
    patience = max(database.connect_wait.total_seconds(), 900.0 if left is None else left)
    from datetime import timedelta

    session.connection.close()
    session.connection = connect_within(
        database._replace(connect_wait=timedelta(seconds=patience)),
        application=f"bgjobs:{request.job.name}",
        sleep=stops.pause,
        monotonic=time.monotonic,
        hurry=lambda: stops.wanted,
    )


def stream(number: int) -> TextIO:
    """A descriptor as text that goes out line by line; nowhere where it is closed.

    What cannot be written, to a closed terminal or a full disk, is lost without a word.
    """
    where = os.dup(number) if number >= 0 else os.open(os.devnull, os.O_WRONLY)
    binary = os.fdopen(where, "wb")
    return _Stderr(binary, encoding="utf-8", errors="backslashreplace", line_buffering=True)


class _Stderr(io.TextIOWrapper):
    """What a run came to is told by its exit status, whether or not anybody can be told more."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()

    def close(self) -> None:
        with suppress(OSError):
            super().close()
