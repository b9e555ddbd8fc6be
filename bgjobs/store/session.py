"""A connection, and the statements of sql/ made ready for this ledger and audit table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from bgjobs.job import Audit
from bgjobs.store.quoting import escaped, identifier

_FOLDER = Path(__file__).parent / "sql"


class Session:
    """Executes the statements of sql/ by their names."""

    def __init__(
        self, connection: psycopg.Connection, schema: str = "bgjobs", audit: Audit | None = None
    ) -> None:
        self.connection = connection
        self.schema = schema
        self.audit = audit or Audit()
        self._ready: dict[str, bytes] = {}

    def execute(
        self, name: str, values: Mapping[str, Any] | None = None
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run sql/NAME.sql with its values bound.

        Raises:
            psycopg.Error: As the server tells it; `connection.explain` says what it means.
        """
        return self.connection.execute(self._statement(name), values or {})

    def _statement(self, name: str) -> bytes:
        found = self._ready.get(name)
        if found is None:
            text = (_FOLDER / f"{name}.sql").read_text("utf-8")
            found = self.render(text)
            self._ready[name] = found
        return found

    def render(self, text: str) -> bytes:
        """Put the ledger's schema and the audit table's names into a statement."""
        extra = [sql.SQL(", {}").format(identifier(name)) for name in self.audit.columns]
        # Constants become literals here, so that the statement's own values stay all it is given.
        literals = map(_literal, self.audit.columns.values())
        constants = [sql.SQL(", {}").format(escaped(literal)) for literal in literals]
        return (
            sql.SQL(text)
            .format(
                schema=identifier(self.schema),
                audit=identifier(*self.audit.table),
                audit_columns=sql.Composed(extra),
                audit_values=sql.Composed(constants),
            )
            .as_bytes(self.connection)
        )


def _literal(value: Any) -> sql.Composable:  # noqa: ANN401 - whatever TOML can hold
    if isinstance(value, dict | list):
        value = Jsonb(value)
    return sql.Literal(value)
