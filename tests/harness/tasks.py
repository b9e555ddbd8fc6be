"""Jobs worked in this process, on a real database: what `bgjobs run` does, without its process."""

import itertools
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from bgjobs.handler import Run
from bgjobs.job import Database, Job, KeyColumn
from bgjobs.mask import Mask
from bgjobs.record import Trigger
from bgjobs.run.execute import Outcome, execute
from bgjobs.run.rhythm import Rhythm
from bgjobs.run.stops import Stops
from bgjobs.run.task import Task
from bgjobs.store.batches import Batches, Lease
from bgjobs.store.connection import connect
from bgjobs.store.dry import DryBatches
from bgjobs.store.ledger import NO_LANE, Ledger, Opened, Start
from bgjobs.store.session import Session
from harness.ledger import NOON

Handler = Callable[..., Any]

# The search path begins with the user's own schema. All that a test makes goes there, and is gone
# with it: to copy a database for each test would take most of the time.
_EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$ BEGIN EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', current_user); END $$;
TRUNCATE audit_log, bgjobs.run, bgjobs.lease, bgjobs.failed_record, bgjobs.outbox, bgjobs.pause,
         bgjobs.known_job;
CREATE SCHEMA AUTHORIZATION CURRENT_USER;
"""


def emptied(dsn: str, tables: str = "") -> None:
    """Take all out of a database that tests share, and make the tables of the next one."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_EMPTY + tables)


def key_of(*columns: str) -> tuple[KeyColumn, ...]:
    """A key as jobs.toml spells it: "priority DESC", "id"."""
    return tuple(
        KeyColumn(column.removesuffix(" DESC"), descending=column.endswith(" DESC"))
        for column in columns
    )


def a_job(**fields: Any) -> Job:
    """A job that reads the table `item` by its id in batches of ten, unless told otherwise."""
    given = {"name": "work", "select": "SELECT id, note FROM item", "key": "id", "batch_size": 10}
    given |= fields
    if given["select"] is None:
        del given["key"]
    elif isinstance(given["key"], str):
        given["key"] = key_of(given["key"])
    return Job(**given)


class Works:
    """Opens and works runs, each for a slot a minute after the one before.

    Attributes:
        session: On a connection of its own, as the last run left it.
        stops: What ends the next run; a fresh one for each test.
        masked: Secrets.
        seen: The numbers of records that progress was told of in the last run.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.stops = Stops()
        self.masked: tuple[str, ...] = ()
        self.seen: list[int] = []
        self.task: Task | None = None
        self._connections: list[psycopg.Connection] = []
        self._minutes = itertools.count()
        self.session = Session(self.connect())
        self.ledger = Ledger(self.session)

    def __call__(
        self,
        handler: Handler | None = None,
        *,
        limit: int | None = None,
        dry_run: bool = False,
        start: Mapping[str, Any] = {},
        **fields: Any,
    ) -> Outcome:
        """Work a job to its end; `start` changes how its run is opened."""
        if handler is not None:
            fields.setdefault("handler", "handlers:work")
        task = self.open(a_job(**fields), handler, limit=limit, dry_run=dry_run, start=start)
        return execute(task, lambda: None)

    def open(
        self,
        job: Job,
        handler: Handler | None = None,
        *,
        limit: int | None = None,
        dry_run: bool = False,
        start: Mapping[str, Any] = {},
    ) -> Task:
        """A run that is open, as a shape of work is given it."""
        begun = self.start(job.name, **start)
        lease = Lease(job.name, begun.lane, 1, begun.id, 0, begun.ttl)
        if not dry_run:
            opened = self.ledger.open_run(begun)
            assert opened is not None
            lease = opened.leases[0]
        self.seen = []
        self.task = self._task(job, begun, lease, handler, limit=limit, dry_run=dry_run)
        return self.task

    def start(self, job: str = "work", **more: Any) -> Start:
        """A run to be opened."""
        begun = Start(
            id=uuid4(),
            job=job,
            slot=NOON + timedelta(minutes=next(self._minutes)),
            trigger=Trigger.MANUAL,
            attempt=1,
            host="web1",
            boot="boot",
            pid=4711,
            version="0.1.0",
            parameters={},
            ttl=60.0,
            lane=NO_LANE,
            position={},
        )
        return begun._replace(**more)

    def opened(self, **more: Any) -> tuple[Start, Opened]:
        """A run that holds its lease."""
        begun = self.start(**more)
        opened = self.ledger.open_run(begun)
        assert opened is not None
        return begun, opened

    def batches(self, lease: Lease, session: Session | None = None) -> Batches:
        """The batches of a lease, without bounds."""
        return Batches(session or self.session, lease, lock_timeout=0, statement_timeout=0)

    def rows(self, query: str, values: Any = None) -> list[tuple[Any, ...]]:
        """What a statement returns, on a connection of its own."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(query, values)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def column(self, query: str, values: Any = None) -> list[Any]:
        """The first column of what a statement returns."""
        return [row[0] for row in self.rows(query, values)]

    def run_row(self, run: UUID) -> dict[str, Any]:
        """A row of the ledger."""
        found: dict[str, Any] = self.rows(
            "SELECT to_jsonb(r) FROM bgjobs.run r WHERE id = %s", [run]
        )[0][0]
        return found

    def connect(self) -> psycopg.Connection:
        """One more connection, closed with the test."""
        made = connect(Database(url=self.dsn), application="bgjobs:test")
        self._connections.append(made)
        return made

    def close(self) -> None:
        """Close what was opened."""
        for connection in self._connections:
            connection.close()

    def _task(
        self,
        job: Job,
        begun: Start,
        lease: Lease,
        handler: Handler | None,
        *,
        limit: int | None,
        dry_run: bool,
    ) -> Task:
        run = Run(id=begun.id, job=job.name, slot=begun.slot, params=job.params, dry_run=dry_run)
        run.key = tuple(column.name for column in job.key)
        run.asked_to_stop = lambda: self.stops.wanted
        kind = DryBatches if dry_run else Batches
        listed = self.rows("SELECT 1 FROM bgjobs.failed_record WHERE job = %s", [job.name])
        seconds = job.statement_timeout.total_seconds() if job.statement_timeout else 0
        lock = job.lock_timeout.total_seconds() if job.lock_timeout else 0
        return Task(
            job=job,
            run=run,
            session=self.session,
            ledger=self.ledger,
            batches=kind(self.session, lease, lock_timeout=lock, statement_timeout=seconds),
            stops=self.stops,
            rhythm=Rhythm(job, sleep=self.stops.pause),
            mask=Mask(self.masked),
            values={**job.params, "slot": begun.slot, "run_id": begun.id, "job": job.name},
            load=None if handler is None else lambda: handler,
            load_send=None,
            limit=limit,
            has_failed_records=bool(listed),
            reconnect=self._reconnect,
            progress=self.seen.append,
        )

    def _reconnect(self) -> None:
        self.session.connection.close()
        self.session.connection = self.connect()
