"""Brings a database's ledger to the newest version, or prints the script that does."""

import re
from pathlib import Path
from typing import NamedTuple

from psycopg import errors, sql

from bgjobs.errors import AccessRefusedError, ConfigError
from bgjobs.job import Audit
from bgjobs.store import audit_table
from bgjobs.store.session import Session

_HERE = Path(__file__).parent
_FILE = re.compile(r"(\d{4})_(\w+)\.sql")
OLDEST_SERVER = 14


class Migration(NamedTuple):
    """One numbered step; `text` holds {schema} where the schema's name belongs."""

    number: int
    name: str
    text: str


class Report(NamedTuple):
    """What a migration did: nothing, where `applied` is empty and no audit table was created."""

    version: int
    applied: tuple[Migration, ...]
    audit_created: bool
    audit_problems: tuple[str, ...]


def migrations() -> tuple[Migration, ...]:
    """Every step there is, oldest first."""
    files = sorted((_HERE / "migrations").glob("*.sql"))
    found = [(_FILE.fullmatch(file.name), file) for file in files]
    return tuple(
        Migration(int(match[1]), match[2], file.read_text("utf-8"))
        for match, file in found
        if match
    )


def migrate(session: Session, steps: tuple[Migration, ...] | None = None) -> Report:
    """Apply what is missing, all of it in one transaction or nothing, and see to the audit table.

    Safe when several start at once: the others wait for the first, and find nothing to do.

    Raises:
        ConfigError: The server is too old, or the ledger newer than this program.
        AccessRefusedError: This role may not create the ledger.
    """
    require_server(session)
    try:
        return _migrate(session, migrations() if steps is None else steps)
    except errors.InsufficientPrivilege as error:
        raise AccessRefusedError(
            f"{error.diag.message_primary}; migrate as the owner of the database or of the schema "
            f"{session.schema}, or have a DBA apply what `bgjobs migrate --print` prints"
        ) from None


def _migrate(session: Session, steps: tuple[Migration, ...]) -> Report:
    with session.connection.transaction():
        session.execute("migration_lock", {"name": f"bgjobs migrate {session.schema}"})
        create_schema(session)
        _script(session, (_HERE / "bootstrap.sql").read_text("utf-8"))
        missing = steps[_place(version(session), steps) :]
        for step in missing:
            _script(session, step.text)
            session.execute("record_migration", {"number": step.number, "name": step.name})
        created = audit_table.create_audit_table(session)
        return Report(steps[-1].number, missing, created, audit_table.audit_problems(session))


def version(session: Session) -> int:
    """The number of the newest step that was applied; 0 where the ledger is empty."""
    row = session.execute("version").fetchone()
    return int(row[0]) if row else 0


def require_current(session: Session) -> None:
    """Refuse to work with a ledger that is missing or older than this program.

    Raises:
        ConfigError: It is; the message says what to run.
    """
    require_server(session)
    newest = migrations()[-1].number
    try:
        found = version(session)
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        message = f"the database has no ledger in the schema {session.schema}; run: bgjobs migrate"
        raise ConfigError(message) from None
    if found < newest:
        message = f"the ledger is at version {found}, {newest} is needed; run: bgjobs migrate"
        raise ConfigError(message)


def require_server(session: Session) -> None:
    """Refuse a server that lacks what the ledger is built of.

    Raises:
        ConfigError: It is older than version 14.
    """
    found = session.connection.info.server_version // 10_000
    if found < OLDEST_SERVER:
        message = f"the server is Postgres {found}; bgjobs needs {OLDEST_SERVER} or newer"
        raise ConfigError(message)


def create_schema(session: Session) -> None:
    """Create the ledger's schema where it is missing.

    `CREATE SCHEMA IF NOT EXISTS` would ask for rights on the database even where it is there.
    """
    row = session.execute("schema_exists", {"name": session.schema}).fetchone()
    if not (row and row[0]):
        _script(session, "CREATE SCHEMA {schema}")


def script(schema: str, audit: Audit, after: int | None = None) -> str:
    """The DDL as one script for psql: all of it, or what follows version `after`.

    Raises:
        ConfigError: There is no such version.
    """
    steps = migrations()
    place = _place(after or 0, steps)
    if place == len(steps):
        return f"-- Version {after} is the newest.\n"
    parts = [step.text for step in steps[place:]]
    if after is None:
        whole = (_HERE / "schema.sql").read_text("utf-8")
        parts = ["CREATE SCHEMA IF NOT EXISTS {schema};\n", whole]
    body = "\n".join(
        sql.SQL(part).format(schema=sql.Identifier(schema)).as_string() for part in parts
    )
    rows = "".join(_row(schema, step) for step in steps[place:])
    return f"BEGIN;\n\n{body}\n{rows}\n{audit_table.definition(audit)}\nCOMMIT;\n"


def _row(schema: str, step: Migration) -> str:
    text = sql.SQL("INSERT INTO {}.migration (number, name) VALUES ({}, {});\n")
    return text.format(
        sql.Identifier(schema), sql.Literal(step.number), sql.Literal(step.name)
    ).as_string()


def _place(found: int, steps: tuple[Migration, ...]) -> int:
    if found > steps[-1].number:
        message = (
            f"the ledger is at version {found}, newer than this bgjobs knows "
            f"({steps[-1].number}): upgrade bgjobs"
        )
        raise ConfigError(message)
    return sum(step.number <= found for step in steps)


def _script(session: Session, text: str) -> None:
    ready = sql.SQL(text).format(schema=sql.Identifier(session.schema))
    session.connection.execute(ready)
