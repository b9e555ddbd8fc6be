"""The least that a role needs, as a script for whoever owns the database."""

from pathlib import Path

from psycopg import sql

from bgjobs.job import Audit

_HERE = Path(__file__).parent


def grants(schema: str, audit: Audit, role: str, *, reading: bool = False) -> str:
    """The GRANT script for a role that runs jobs, or for one that only reads the ledger."""
    text = (_HERE / ("grants_reading.sql" if reading else "grants.sql")).read_text("utf-8")
    ready = sql.SQL(text).format(
        schema=sql.Identifier(schema),
        role=sql.Identifier(role),
        audit=sql.Identifier(*audit.table),
    )
    return ready.as_string() + ("" if reading else _audit_schema(audit, role))


def _audit_schema(audit: Audit, role: str) -> str:
    if len(audit.table) == 1:
        return ""
    text = sql.SQL("GRANT USAGE ON SCHEMA {} TO {};\n")
    return text.format(sql.Identifier(audit.table[0]), sql.Identifier(role)).as_string()
