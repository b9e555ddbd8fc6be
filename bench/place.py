"""Where it is measured: a Postgres of our own, fresh copies of its databases, a project beside."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql

from bench.program import Runner
from bgjobs.host import postgres
from bgjobs.store.migrate import migrate
from bgjobs.store.session import Session

_TASKS = Path(__file__).parent / "tasks.sql"
# Durable as by default. Vacuums and checkpoints come when they are called, lest one contestant
# meets more of them than another; a plain server's share of memory in place of a trial's.
SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "max_connections": "60",
}
_LEDGER = "ledger"
_WORK = "work"


class Place(NamedTuple):
    """A server and a directory; `server` is the URL of its first database."""

    server: str
    home: Path

    @property
    def url(self) -> str:
        """Of the database that is worked on."""
        return self.url_of(_WORK)

    @property
    def runner(self) -> Runner:
        """Runs programs in the project's directory."""
        return Runner(self.home)

    def url_of(self, database: str) -> str:
        """Of another database of the server."""
        return self.server.replace("/postgres?", f"/{database}?")

    def fresh(self, records: int = 0, database: str = _WORK) -> str:
        """A database with an empty ledger and so many tasks, each time the same; returns its URL.

        Without records it has no tasks at all.
        """
        template = self._with_tasks(records) if records else _LEDGER
        self._copy(template, database)
        return self.url_of(database)

    def project(self, jobs: str, url: str | None = None) -> Path:
        """Write the jobs.toml that works on `url`, or else on `self.url`; returns its path."""
        path = self.home / "jobs.toml"
        path.write_text(f"[database]\nurl = {json.dumps(url or self.url)}\n{jobs}", "utf-8")
        path.chmod(0o600)
        return path

    def ask(self, query: str, database: str = _WORK) -> tuple[object, ...]:
        """The first row of what a query returns."""
        with psycopg.connect(self.url_of(database)) as connection:
            return connection.execute(query.encode()).fetchone() or ()

    def _with_tasks(self, records: int) -> str:
        """The name of the database that has so many tasks, made when it is first wanted."""
        name = f"tasks_{records}"
        with self._admin() as admin:
            known = "SELECT FROM pg_database WHERE datname = %s"
            if admin.execute(known, [name]).fetchone() is not None:
                return name
        self._copy(_LEDGER, name)
        fill(self.url_of(name), records)
        return name

    def _copy(self, template: str, name: str) -> None:
        new, old = sql.Identifier(name), sql.Identifier(template)
        with self._admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(new))
            copy = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
            admin.execute(sql.SQL(copy).format(new, old))
            admin.execute("CHECKPOINT")

    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(self.server, autocommit=True)


def fill(url: str, records: int) -> None:
    """Make the table of tasks."""
    run_script(url, _TASKS.read_text("utf-8").replace("{records}", str(records)))


def run_script(url: str, text: str) -> None:
    """Execute statements one by one, as some bear no company in a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in text.split(";\n"):
            connection.execute(statement.encode())


@contextmanager
def place() -> Iterator[Place]:
    """A place that is gone afterwards."""
    # Short, as a socket's path has to be; open, as a server that root starts runs as another user.
    root = Path(tempfile.mkdtemp(prefix="bgb-", dir="/tmp"))
    root.chmod(0o755)
    try:
        server = postgres.ensure(root / "pg", SETTINGS)
        home = root / "home"
        home.mkdir(mode=0o700)
        made = Place(server, home)
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_LEDGER)))
        with psycopg.connect(made.url_of(_LEDGER), autocommit=True) as connection:
            migrate(Session(connection))
        yield made
    finally:
        postgres.stop(root / "pg")
        shutil.rmtree(root, ignore_errors=True)


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))
