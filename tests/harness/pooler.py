"""A real PgBouncer in transaction mode before the server of the tests."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import conninfo

from bgjobs.host.account import account_for
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


class Pooler(NamedTuple):
    """Every database of the server, POOL server connections each."""

    place: Path

    def url(self, database: str) -> str:
        """The URL of a database through the pooler."""
        return f"postgresql://postgres@/{database}?host={self.place}&port=6432"


@contextmanager
def pooler(program: str, server: str) -> Iterator[Pooler]:
    """A pooler that lives as long as the session."""
    found = conninfo.conninfo_to_dict(server)
    target = " ".join(
        f"{key}={found[key]}" for key in ("host", "port", "user", "password") if found.get(key)
    )
    with short_directory() as place:
        (place / "ini").write_text(_SETTINGS.format(target=target, place=place, pool=POOL))
        # As root it refuses to run; as the server's account it reaches the server's socket.
        host = Path(str(found.get("host") or "/"))
        account = account_for(host if host.is_absolute() else place)
        if account:
            for path in (place, place / "ini"):
                path.chmod(0o755)
                os.chown(path, account.uid, account.gid)
        process = subprocess.Popen(
            [program, "-q", place / "ini"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **(account.arguments if account else {}),
        )
        try:
            pool = Pooler(place)
            _wait(pool.url(str(found["dbname"])), process)
            yield pool
        finally:
            process.terminate()
            process.wait()


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
