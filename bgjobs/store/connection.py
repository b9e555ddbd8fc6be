"""Connecting, and what the server's and the driver's errors mean."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import conninfo
from psycopg.pq import PipelineStatus, TransactionStatus

from bgjobs.errors import (
    AccessRefusedError,
    AnswerError,
    BgjobsError,
    ConfigError,
    DatabaseUnreachableError,
    JobFailedError,
    LeaseLostError,
    NotNowError,
)
from bgjobs.job import Database
from bgjobs.store.blame import AUDIT, blamed, line, said
from bgjobs.store.lending import HALF_BATCH
from bgjobs.store.login import explain_login

# A dropped network hangs for hours without keepalives; tcp_user_timeout alone does not notice it.
_ALIVE = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_DATES = "PGDATESTYLE"
_HEALING = frozenset({"40001", "40P01", "55P03", "53300", "25P03"})
# What a record's own data can cause: data, constraint, raised by a trigger or a function.
_OF_RECORDS = frozenset({"22", "23", "38", "39", "44", "P0"})
_SWALLOWED = "25P02"
_CANCELED = "57014"
_IN_THE_WAY = frozenset({"40001", "40P01", "55P03"})
# What the server says of our own words where a handler has ended the batch's transaction.
_ENDED = frozenset({HALF_BATCH, "25P01", "3B001"})
_HEALING_CLASSES = frozenset({"08", "57P"})
_HURRY = 5.0
_READ_ONLY = "25006"
# What a grant of ours is about: the ledger's schema and tables, and the audit table.
_OURS = frozenset(
    {
        "bgjobs",
        "audit_log",
        "failed_record",
        "history",
        "known_job",
        "lease",
        "migration",
        "outbox",
        "pause",
        "run",
    }
)

# It warns of errors behind the one that is raised, which would be more lines in cron's mail.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


def parameters(database: Database, application: str) -> dict[str, Any]:
    """The connection's parameters.

    Raises:
        ConfigError: The URL means nothing; its text is not repeated, it may hold a password.
    """
    try:
        given = conninfo.conninfo_to_dict(database.url or "")
    except psycopg.ProgrammingError:
        message = "[database] url: not a Postgres URL or connection string"
        raise ConfigError(message) from None
    seconds = max(2, round(database.connect_timeout.total_seconds()))
    own: dict[str, Any] = {"application_name": application, "connect_timeout": seconds, **_ALIVE}
    given = {key: value for key, value in given.items() if value is not None}
    return {**own, **given, "client_encoding": "utf8"}


def connect(database: Database, *, application: str) -> psycopg.Connection:
    """One try to connect, in autocommit: every transaction is begun and ended by its own words.

    Raises:
        DatabaseUnreachableError: Nobody answers.
        AccessRefusedError: The server answers, and refuses the login.
        ConfigError: The URL or the database's name is wrong.
    """
    given = parameters(database, application)
    try:
        with _iso_dates():
            return psycopg.connect(
                **given,
                autocommit=True,
                # Prepared names of one client run another's SQL behind a pooler.
                prepare_threshold=None,
            )
    except psycopg.OperationalError as error:
        raise explain_login(error, database) from None


@contextmanager
def _iso_dates() -> Iterator[None]:
    """Ask for the only dates that the driver reads, whatever a role or a database has set.

    libpq takes this one setting of a session from the environment alone, and every pooler hands it
    on, which it would not do with `options`.
    """
    before = os.environ.get(_DATES)
    os.environ[_DATES] = "ISO"
    try:
        yield
    finally:
        del os.environ[_DATES]
        if before is not None:
            os.environ[_DATES] = before


def connect_within(
    database: Database,
    *,
    application: str,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    hurry: Callable[[], bool] = bool,
) -> psycopg.Connection:
    """Connect, trying again for `database.connect_wait` while nobody answers.

    Once `hurry` is true no more than five seconds are spent, enough for a server that restarts.
    """
    end = monotonic() + database.connect_wait.total_seconds()
    pause = 0.25
    hurried = False
    while True:
        try:
            return connect(database, application=application)
        except DatabaseUnreachableError:
            if hurry() and not hurried:
                hurried = True
                end = min(end, monotonic() + _HURRY)
            if monotonic() + pause >= end:
                raise
        # Who is asked to stop sleeps no more: without this it would knock without a pause.
        (time.sleep if hurried else sleep)(pause)
        pause = min(pause * 2, 1.0 if hurried else 5.0)


def healing(error: BaseException) -> bool:
    """Whether the same batch may go through when it is tried again."""
    if not isinstance(error, psycopg.Error):
        return isinstance(error, DatabaseUnreachableError)
    state = error.sqlstate
    if state is None:
        # A connection that broke carries no state; what the driver refuses by itself does not heal.
        return isinstance(error, psycopg.OperationalError)
    if state == _CANCELED:
        return False
    return state in _HEALING or state[:2] in _HEALING_CLASSES or state[:3] in _HEALING_CLASSES


def took_too_long(error: Exception) -> bool:
    """Whether the server gave a statement up for its statement_timeout, or was asked to."""
    return isinstance(error, psycopg.Error) and error.sqlstate == _CANCELED


def of_records(error: Exception) -> bool:
    """Whether a single record may be what an error is about."""
    if isinstance(error, BgjobsError):
        return isinstance(error, AnswerError)
    if not isinstance(error, psycopg.Error):
        return True
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.DataError)
    return state[:2] in _OF_RECORDS or state == _SWALLOWED


def idle(connection: psycopg.Connection) -> bool:
    """Whether the connection is between transactions."""
    return (
        not lost(connection)
        and connection.info.transaction_status == TransactionStatus.IDLE
        and connection.info.pipeline_status == PipelineStatus.OFF
    )


def lost(connection: psycopg.Connection) -> bool:
    """Whether the connection is gone."""
    return connection.closed or connection.broken


def explained(error: Exception) -> Exception:
    """The error as a person is told of it; what is not the server's is told as it is."""
    return explain(error) if isinstance(error, psycopg.Error) else error


def explain(error: psycopg.Error) -> BgjobsError:
    """What a server error means to a person, as the error with the right exit status."""
    state = error.sqlstate or ""
    text = error.diag.message_primary or " ".join(str(error).split())
    if state == "BG002":
        return LeaseLostError(f"{text}; nothing uncommitted is kept, and that run continues")
    if state in _ENDED:
        return JobFailedError(
            f"{text}: a handler must not commit, roll back or begin by itself; "
            "use run.connection inside the batch's transaction"
        )
    if state in {"3F000", "42P01", "42883"} and "bgjobs" in text:
        return ConfigError(f"the ledger is missing or too old ({text}); run: bgjobs migrate")
    if state == "42501":
        return _denied(error, text)
    if state == "53100":
        return NotNowError(f"the server's disk is full: {text}")
    if state in _IN_THE_WAY:
        what = " of the audit row" if blamed(error) == AUDIT else ""
        return NotNowError(
            f"another transaction was in the way{what} each time it was tried: {text}"
        )
    if state == _READ_ONLY or (healing(error) and state != "25P03"):
        what = "is read-only, as a standby is" if state == _READ_ONLY else "was lost"
        return DatabaseUnreachableError(f"the database {what}: {text}")
    return _of_job(error, text)


def _denied(error: psycopg.Error, text: str) -> BgjobsError:
    ours = blamed(error) == AUDIT or text.rpartition(" ")[2].strip('"') in _OURS
    if ours:
        return AccessRefusedError(f"{text}; `bgjobs migrate --grants ROLE` prints the grants")
    return AccessRefusedError(f"{text}; grant it to the role that runs the jobs")


def _of_job(error: psycopg.Error, text: str) -> BgjobsError:
    part = blamed(error)
    if error.sqlstate == "25P03":
        return JobFailedError(
            f"{text}: the handler takes longer than idle_in_transaction_session_timeout"
        )
    if part == AUDIT:
        return ConfigError(f"[audit] its row cannot be written: {text}")
    if part is None:
        return JobFailedError(text)
    where = line(error)
    return JobFailedError(f"in its {part}: {said(error)}{f', at: {where}' if where else ''}")
