"""What the server makes of a job's SQL, found out without executing it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg

from bgjobs import statement
from bgjobs.errors import JobFailedError
from bgjobs.job import Job
from bgjobs.store.blame import said
from bgjobs.store.connection import lost
from bgjobs.store.pages import Key, Pages
from bgjobs.store.session import Session

Fault = tuple[str, str]

_PLANNED = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE"})
_UNDEFINED_COLUMN = "42703"


class Catalog:
    """Has jobs' SQL planned: the tables and columns in it, their types, and the rights to them."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def faults(self, job: Job, values: Mapping[str, Any]) -> list[Fault]:
        """Return (key of the job, what is wrong with it), nothing where all is right."""
        if job.select is None:
            return self._alone(job.statement, values) if job.statement else []
        pages = Pages(self.session, job, values)
        found = self._described(pages) or self._ordered(pages)
        if not found and job.statement:
            found = self._over_batch(job, job.statement, pages)
        return found

    def _alone(self, text: str, values: Mapping[str, Any]) -> list[Fault]:
        bound = statement.bind(statement.stripped(text)).encode()
        if statement.verb(text) in _PLANNED:
            return self._tried("statement", lambda: self._plan(bound, values))
        return self._tried("statement", lambda: self._parse(bound, values))

    def _described(self, pages: Pages) -> list[Fault]:
        try:
            return self._tried("select", lambda: pages.columns)
        except JobFailedError as error:
            return [("key", str(error).removeprefix("key column "))]

    def _ordered(self, pages: Pages) -> list[Fault]:
        """Whether the key's columns have an order; a page's statement says it as it will be."""
        text = pages.text(after=True, until=True)
        found = self._tried("key", lambda: self._plan(text, pages.bound(*_bounds(pages), 1)))
        return [(key, f"records cannot be ordered by it: {reason}") for key, reason in found]

    def _over_batch(self, job: Job, text: str, pages: Pages) -> list[Fault]:
        page = pages.text(after=False, until=False).decode()
        bound = statement.bind(statement.stripped(text))
        joined = statement.prepend_ctes(bound, [("batch", page)]).encode()
        # A handler may return other columns than the select has.
        known = () if job.handler is None else (_UNDEFINED_COLUMN,)
        values = pages.bound(None, None, 1)
        return self._tried("statement", lambda: self._plan(joined, values), known)

    def _tried(
        self, key: str, attempt: Callable[[], object], known: Sequence[str] = ()
    ) -> list[Fault]:
        connection = self.session.connection
        connection.execute("BEGIN")
        try:
            connection.execute("SET LOCAL lock_timeout = '10s'")
            attempt()
        except psycopg.Error as error:
            if lost(connection):
                raise
            return [] if error.sqlstate in known else [(key, said(error))]
        finally:
            if not lost(connection):
                connection.execute("ROLLBACK")
        return []

    def _plan(self, text: bytes, values: Mapping[str, Any]) -> None:
        self.session.connection.execute(b"EXPLAIN " + text, values)

    def _parse(self, text: bytes, values: Mapping[str, Any]) -> None:
        """Check a statement that has no plan, such as CALL, as far as its syntax goes."""
        connection = self.session.connection
        written = psycopg.ClientCursor(connection).mogrify(text, values)
        # Only the unnamed statement leaves nothing behind in a pooler's server.
        result = connection.pgconn.prepare(b"", written.encode())
        if result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) is not None:
            raise psycopg.errors.error_from_result(result)


def _bounds(pages: Pages) -> tuple[Key, Key]:
    nothing: Any = [None] * len(pages.job.key)
    return nothing, nothing
