"""The audit table: created where the team has none, looked at where it has."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg import sql

from bgjobs.job import Audit
from bgjobs.store.session import Session

_NEEDED = ("action_type", "entity_type", "details")
# bool before int: a bool is an int as well.
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "bigint"),
    (float, "double precision"),
    (dict, "jsonb"),
    (list, "jsonb"),
)


def create_audit_table(session: Session) -> bool:
    """Create the table of [audit] where it is absent; tells whether it did."""
    row = session.execute("audit_exists", {"name": name(session.audit)}).fetchone()
    if row and row[0]:
        return False
    session.connection.execute(sql.SQL(definition(session.audit)))
    return True


def definition(audit: Audit) -> str:
    """The statement that creates the table, with the constant columns of [audit]."""
    text = (Path(__file__).parent / "audit_table.sql").read_text("utf-8")
    more = [
        sql.SQL(",\n    {} {} NOT NULL").format(sql.Identifier(column), sql.SQL(_type(value)))
        for column, value in audit.columns.items()
    ]
    ready = sql.SQL(text).format(audit=sql.Identifier(*audit.table), columns=sql.Composed(more))
    return ready.as_string()


def audit_problems(session: Session) -> tuple[str, ...]:
    """Why an audit row could not be written to the table as it is, one line each."""
    rows = session.execute("audit_columns", {"name": name(session.audit)}).fetchall()
    must_be_given = {str(column): bool(needed) for column, needed in rows}
    return _problems(session.audit, must_be_given)


def _problems(audit: Audit, must_be_given: Mapping[str, bool]) -> tuple[str, ...]:
    table = ".".join(audit.table)
    if not must_be_given:
        return (f"there is no audit table {table}; run: bgjobs migrate",)
    given = (*_NEEDED, *audit.columns)
    absent = [
        f'the audit table {table} has no column "{c}"' for c in given if c not in must_be_given
    ]
    empty = [
        f'the audit table {table} needs a value for "{column}": give it in [audit.columns]'
        for column, needed in must_be_given.items()
        if needed and column not in given
    ]
    return (*absent, *empty)


def name(audit: Audit) -> str:
    """The table's name as SQL spells it."""
    return sql.Identifier(*audit.table).as_string()


def _type(value: Any) -> str:  # noqa: ANN401 - whatever TOML can hold
    return next((spelled for kind, spelled in _TYPES if isinstance(value, kind)), "text")
