"""Rows of the ledger as a test wants them, put there directly."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def put(connection: psycopg.Connection, table: str, row: Mapping[str, Any]) -> None:
    """Insert one row into a table of the ledger."""
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    values = sql.SQL(", ").join(sql.Placeholder() * len(row))
    text = sql.SQL("INSERT INTO bgjobs.{} ({}) VALUES ({})")
    connection.execute(
        text.format(sql.Identifier(table), names, values),
        [Jsonb(value) if isinstance(value, dict | list) else value for value in row.values()],
    )


def put_run(
    connection: psycopg.Connection,
    job: str = "purge",
    status: str = "success",
    started_at: datetime = NOON,
    **more: Any,
) -> UUID:
    """Insert a run, by default one of a second's length whose slot is its start."""
    row: dict[str, Any] = {
        "id": uuid4(),
        "job": job,
        "slot": started_at,
        "trigger": "cron",
        "status": status,
        "attempt": 1,
        "host": "web1",
        "pid": 4711,
        "version": "0.1.0",
        "started_at": started_at,
        "heartbeat_at": started_at,
        "finished_at": None if status == "running" else started_at + timedelta(seconds=1),
        "reason": "another run holds the lease" if status == "skipped" else None,
        "error_message": "it broke" if status in {"failed", "crashed"} else None,
        **more,
    }
    put(connection, "run", row)
    found: UUID = row["id"]
    return found


def put_lease(
    connection: psycopg.Connection,
    run: UUID | None,
    job: str = "purge",
    expires_in: float = 60,
    **more: Any,
) -> None:
    """Insert a lease that expires so many seconds from now; a negative number has expired."""
    row: dict[str, Any] = {"job": job, "run": run, "token": 7, **more}
    if run is not None:
        now = connection.execute("SELECT clock_timestamp()").fetchone()
        assert now is not None
        row["expires_at"] = now[0] + timedelta(seconds=expires_in)
        row.setdefault("heartbeat_at", now[0])
    put(connection, "lease", row)
