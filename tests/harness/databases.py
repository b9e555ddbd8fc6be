"""The server of the tests, its template database, and a copy of it per test."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import conninfo, sql

from bgjobs.host import postgres
from bgjobs.store.migrate import migrate
from bgjobs.store.session import Session

_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_ROOM = 4 << 30
_number = itertools.count(1)


@contextmanager
def short_directory(*, in_memory: bool = False) -> Iterator[Path]:
    """A directory that a server run by another user reaches, with a path fit for a socket."""
    place = Path(tempfile.mkdtemp(prefix="bgj-", dir=_memory() if in_memory else "/tmp"))
    place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def private_server() -> Iterator[str]:
    """The URL of a server that lives as long as the session.

    Most of a test's time would go into the files of a database's copy.
    """
    with short_directory(in_memory=True) as place:
        home = place / "pg"
        try:
            yield postgres.ensure(home, {**_QUICK, "max_connections": "150"})
        finally:
            postgres.stop(home)


def _memory() -> str:
    """Where files are kept in memory, if there is enough of it."""
    place = "/dev/shm"
    return place if Path(place).is_dir() and shutil.disk_usage(place).free > _ROOM else "/tmp"


def url_of(server: str, database: str) -> str:
    """The URL of another database of the same server."""
    found = conninfo.conninfo_to_dict(server)
    rest = {key: str(value) for key, value in found.items() if key != "dbname" and value}
    return f"postgresql:///{quote(database)}?{urlencode(rest, quote_via=quote)}"


@contextmanager
def template(server: str) -> Iterator[str]:
    """The name of a database with the ledger and the default audit table, and nothing else."""
    with database(server, None) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            migrate(Session(connection))
        yield str(conninfo.conninfo_to_dict(url)["dbname"])


@contextmanager
def database(server: str, copied_from: str | None) -> Iterator[str]:
    """The URL of a fresh database, dropped afterwards with whoever is still connected."""
    name = f"bgjobs_test_{os.getpid()}_{next(_number)}"
    source = sql.Identifier(copied_from or "template0")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), source)
        )
        try:
            yield url_of(server, name)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
