"""A checked job table of jobs.toml, and the whole file as values."""

from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

from bgjobs.schedule import Schedule

Shape = Literal["statement", "set", "handler", "once"]


class KeyColumn(NamedTuple):
    """One column of the key that pages are ordered by."""

    name: str
    descending: bool = False


class Allowance(NamedTuple):
    """How many records of a run may fail before the run does: both bounds must hold."""

    records: int | None = 0
    ratio: float | None = None

    def exceeded(self, failed: int, read: int) -> bool:
        """Whether `failed` of `read` records are too many."""
        if self.records is not None and failed > self.records:
            return True
        return self.ratio is not None and failed > self.ratio * read


class Throttle(NamedTuple):
    """The database's health, beyond which a run waits between batches; None does not look."""

    replication_lag: timedelta | None = None
    commit_latency: timedelta | None = None
    locks: bool = False
    autovacuum: bool = False


class Job(NamedTuple):
    """One [jobs.NAME] table, checked, with the defaults filled in."""

    name: str
    description: str = ""
    schedule: Schedule | None = None
    enabled: bool = True
    select: str | None = None
    key: tuple[KeyColumn, ...] = ()
    group_by: tuple[str, ...] = ()
    batch_size: int | None = 1000
    batch_target: timedelta = timedelta(seconds=1)
    statement: str | None = None
    handler: str | None = None
    per: Literal["record", "batch"] = "record"
    send: str | None = None
    params: Mapping[str, Any] = {}
    secrets: frozenset[str] = frozenset()
    table: str | None = None
    resume: Literal["continue", "restart", "manual"] = "continue"
    until_empty: bool = False
    max_failures: Allowance = Allowance()
    retries: int = 0
    retry_on: tuple[str, ...] = ()
    retry_delay: timedelta = timedelta(seconds=1)
    concurrency: int = 1
    read_ahead: bool = True
    workers: int = 1
    timeout: timedelta | None = None
    not_after: time | None = None
    statement_timeout: timedelta | None = None
    lock_timeout: timedelta | None = timedelta(seconds=10)
    lease: timedelta = timedelta(seconds=60)
    pause: timedelta = timedelta(0)
    throttle: Throttle | None = None
    overlap: Literal["skip", "wait", "allow"] = "skip"
    overlap_wait: timedelta = timedelta(minutes=5)
    catch_up: Literal["skip", "latest", "all"] = "skip"
    catch_up_limit: int = 10
    max_lateness: timedelta | None = None
    keep: timedelta | None = timedelta(days=90)
    keep_failed: timedelta | None = timedelta(days=365)
    keep_runs: int | None = None

    @property
    def shape(self) -> Shape:
        """What kind of work the job is: one statement, set-based batches, handler, one call."""
        if self.handler is not None:
            return "handler" if self.select is not None else "once"
        return "set" if self.select is not None else "statement"

    @property
    def ordering(self) -> str | None:
        """The key as jobs.toml spells it, like "priority DESC, id"; None without one."""
        said = [f"{one.name} DESC" if one.descending else one.name for one in self.key]
        return ", ".join(said) or None


class Database(NamedTuple):
    """[database]: how to reach Postgres; everything None leaves it to libpq's environment."""

    url: str | None = None
    schema: str = "bgjobs"
    connect_timeout: timedelta = timedelta(seconds=10)
    connect_wait: timedelta = timedelta(seconds=30)


class Audit(NamedTuple):
    """[audit]: the table that gets one row per finished run, and its constant extra columns."""

    table: tuple[str, ...] = ("audit_log",)
    columns: Mapping[str, Any] = {}


class Cron(NamedTuple):
    """[cron]: what stands at the head of the managed block."""

    mailto: str | None = None
    path: str = "/usr/local/bin:/usr/bin:/bin"
    environment: tuple[str, ...] = ()


class Config(NamedTuple):
    """jobs.toml as a whole."""

    path: Path
    database: Database
    audit: Audit
    cron: Cron
    jobs: Mapping[str, Job]
    project: str = ""
