"""The embedded Postgres: a private server that outlives the process which started it.

A home directory holds `data`, `server.log` and the socket. The server listens on nothing else.
"""

import os
import time
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bgjobs.errors import ConfigError, DatabaseUnreachableError, NotNowError
from bgjobs.host.server import SOCKET, forget_the_dead, living, not_ours, postmaster, ready

if TYPE_CHECKING:
    from collections.abc import Iterator

_SOCKET_BYTES = 107  # sun_path without its NUL, for the server and for libpq alike
_PLAIN = frozenset(b"/-_.~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_PATIENCE = 60.0
_POLL = 0.02


class Status(NamedTuple):
    """How the server of a home is doing."""

    running: bool
    pid: int | None
    version: str | None


def ensure(home: Path, settings: Mapping[str, str] | None = None) -> str:
    """Start the server of `home` unless it runs, and return its URL.

    `settings` are written to postgresql.conf when the data are made, and never looked at again.
    """
    home = home.resolve()
    _check_path(home)
    if not ready(home):
        with _alone(home) as lock:
            _start(home, settings or {}, lock)
    return url(home)


def stop(home: Path) -> bool:
    """Stop the server, its open sessions with it; False when none ran."""
    import signal

    home = home.resolve()
    if _version(home) is None:
        return False
    with _alone(home):
        pid = postmaster(home)
        if pid is None:
            return False
        os.kill(pid, signal.SIGINT)  # a fast shutdown: rolls back what is open, loses nothing
        end = time.monotonic() + _PATIENCE
        while living(home):
            if time.monotonic() > end:
                raise NotNowError(f"the Postgres in {home} (pid {pid}) is still stopping")
            time.sleep(_POLL)
    return True


def status(home: Path) -> Status:
    """Whether the server runs, its process, and the major version of the data."""
    home = home.resolve()
    _check_path(home)
    running = ready(home)
    return Status(running, postmaster(home) if running else None, _version(home))


def url(home: Path) -> str:
    """Where the server of `home` is reached, running or not."""
    path = os.fsencode(home.resolve())
    host = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in path)
    return f"postgresql://postgres@/postgres?host={host}"


def _start(home: Path, settings: Mapping[str, str], lock: int) -> None:
    from bgjobs.host.cluster import initialise, start

    initialise(home, settings, lock)
    end = time.monotonic() + _PATIENCE
    while not ready(home):
        alone = forget_the_dead(home)
        complaint = start(home, int(_PATIENCE))
        # Somebody alive who does not answer is starting, recovering or dying: each of it ends.
        if (complaint and alone and not living(home)) or time.monotonic() > end:
            raise DatabaseUnreachableError(
                f"the embedded Postgres in {home} does not start: {complaint or 'no answer'} "
                f"(more in {home / 'server.log'})"
            )
        time.sleep(_POLL)


@contextmanager
def _alone(home: Path) -> "Iterator[int]":
    """Hold the home against other starters; made when missing. A kill of the holder frees it."""
    from bgjobs.host.cluster import make_home

    make_home(home)
    try:
        lock = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        raise ConfigError(not_ours(home)) from None
    except OSError as error:
        raise ConfigError(f"embedded:{home} cannot be used: {error.strerror}") from None
    try:
        end = time.monotonic() + _PATIENCE
        while not _taken(lock):
            if time.monotonic() > end:
                raise NotNowError(f"another process has been starting {home} for a minute")
            time.sleep(_POLL)
        yield lock
    finally:
        os.close(lock)


def _taken(lock: int) -> bool:
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _version(home: Path) -> str | None:
    try:
        return (home / "data/PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return None
    except PermissionError:
        raise ConfigError(not_ours(home)) from None


def _check_path(home: Path) -> None:
    excess = len(os.fsencode(home / SOCKET)) - _SOCKET_BYTES
    if excess > 0:
        raise ConfigError(
            f"embedded:{home} is {excess} bytes too long for a unix socket: use a shorter path"
        )
    if "," in os.fspath(home):
        raise ConfigError(
            f"embedded:{home} has a comma, at which libpq splits hosts: use another path"
        )
