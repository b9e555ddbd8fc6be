"""What it means that no connection could be made."""

import psycopg

from bgjobs.errors import (
    AccessRefusedError,
    BgjobsError,
    ConfigError,
    DatabaseUnreachableError,
)
from bgjobs.job import Database

_REFUSALS = ("authentication failed", "no password supplied", "pg_hba.conf", 'role "', "permission")
# What the driver puts before the server's words, and libpq's questions after them.
_BEFORE = ("connection failed: ", "connection is bad: ")
_AFTER = "Is the server running "


def explain_login(error: psycopg.OperationalError, database: Database) -> BgjobsError:
    """The error as a person is told of it, with the right exit status."""
    text = _said(error)
    if "too many connections" in text or "too many clients" in text:
        return DatabaseUnreachableError(f"the database takes no more connections: {text}")
    if "database " in text and "does not exist" in text:
        return ConfigError(f"[database] {text}")
    if text.startswith("invalid "):
        return ConfigError(f"[database] url: {text}")
    if any(mark in text for mark in _REFUSALS):
        return AccessRefusedError(f"the database refuses the login: {text}")
    given = "" if database.url else "; [database] names none, so libpq's defaults are used"
    return DatabaseUnreachableError(f"the database cannot be reached: {text}{given}")


def _said(error: psycopg.OperationalError) -> str:
    lines = [line.strip() for line in str(error).splitlines()]
    text = " ".join(line for line in lines if line and not line.startswith(_AFTER))
    for before in _BEFORE:
        text = text.removeprefix(before)
    return text
