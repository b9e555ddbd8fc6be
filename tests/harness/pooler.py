"""A real PgBouncer in transaction mode before the server of the tests."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import conninfo

from bgjobs.host.account import Account, account_for
from harness.databases import short_directory

POOL = 3
_SETTINGS = """\
[databases]
* = {target}

[pgbouncer]
unix_socket_dir = {place}
listen_port = 6432
auth_type = any
pool_mode = transaction
default_pool_size = {pool}
max_client_conn = 200
logfile = {place}/log
"""


class Pooler:
    """Every database of the server, POOL server connections each."""

    def __init__(self, program: str, server: str, place: Path) -> None:
        self._place = place
        self._database = str(conninfo.conninfo_to_dict(server)["dbname"])
        self._account = _prepare(server, place)
        self._program = program
        self.start()

    def url(self, database: str) -> str:
        """The URL of a database through the pooler."""
        return f"postgresql://postgres@/{database}?host={self._place}&port=6432"

    def start(self) -> None:
        """Start it, for the first time or after `kill`."""
        self._process = subprocess.Popen(
            [self._program, "-q", self._place / "ini"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **(self._account.arguments if self._account else {}),
        )
        _wait(self.url(self._database), self._process)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it by a signal; its clients and its server connections are cut off."""
        self._process.send_signal(number)
        self._process.wait()


@contextmanager
def pooler(program: str, server: str) -> Iterator[Pooler]:
    """A pooler that lives as long as the session."""
    with short_directory() as place:
        pool = Pooler(program, server, place)
        try:
            yield pool
        finally:
            pool.kill(signal.SIGTERM)


def _prepare(server: str, place: Path) -> Account | None:
    """Write its settings; returns whom it is to run as."""
    found = conninfo.conninfo_to_dict(server)
    target = " ".join(
        f"{key}={found[key]}" for key in ("host", "port", "user", "password") if found.get(key)
    )
    (place / "ini").write_text(_SETTINGS.format(target=target, place=place, pool=POOL))
    # As root it refuses to run; as the server's account it reaches the server's socket.
    host = Path(str(found.get("host") or "/"))
    account = account_for(host if host.is_absolute() else place)
    if account:
        for path in (place, place / "ini"):
            path.chmod(0o755)
            os.chown(path, account.uid, account.gid)
    return account


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return
