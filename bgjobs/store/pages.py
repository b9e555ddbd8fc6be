"""Keyset paging: the statements that read, bound and split a job's select by its key."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from bgjobs import statement
from bgjobs.errors import BgjobsError, JobFailedError
from bgjobs.job import Job, KeyColumn
from bgjobs.store.blame import Blame
from bgjobs.store.keys import null_error, origins, refuse_nulls, refuse_other
from bgjobs.store.pipelining import answered
from bgjobs.store.quoting import escaped, identifier
from bgjobs.store.session import Session
from bgjobs.store.spelling import in_utc
from bgjobs.store.twins import refuse_twins

Key = list[str]
COUNT = "SELECT count(*) FROM ({select}\n) AS page"


class Columns(NamedTuple):
    """What a select returns: names and types in order, the key's places.

    `origins` has the table and the column's number that each comes from, 0 where from none.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    places: tuple[int, ...]
    origins: tuple[tuple[int, int], ...] = ()

    def type_of(self, name: str) -> str:
        """The server's name of a column's type."""
        return self.types[self.names.index(name)]


class Asked(NamedTuple):
    """A page that was sent for, and how many records it was to have."""

    cursor: psycopg.Cursor[tuple[Any, ...]]
    limit: int


class Page:
    """One page as it came over the wire: rows are decoded when they are asked for.

    `full` tells that another page may follow.
    """

    def __init__(self, asked: Asked, columns: Columns) -> None:
        self._cursor = asked.cursor
        self._columns = columns
        result = asked.cursor.pgresult
        assert result is not None  # noqa: S101 - a page is made from an answered select
        self._result = result
        self.size = result.ntuples
        self.full = self.size >= asked.limit

    def key(self, row: int) -> Key:
        """The key of a row, in the server's own spelling.

        Raises:
            JobFailedError: A key column is null.
        """
        key = []
        for place in self._columns.places:
            value = self._result.get_value(row, place)
            if value is None:
                raise null_error(self._columns.names[place])
            key.append(value.decode())
        return key

    def name(self, row: int) -> Key:
        """The key as the list of failed records has it: the same in sessions of any time zone."""
        key = self.key(row)
        types = [self._columns.types[place] for place in self._columns.places]
        return [
            in_utc(text) if kind == "timestamptz" else text
            for text, kind in zip(key, types, strict=True)
        ]

    def keys(self) -> list[Key]:
        """The keys of all rows."""
        return [self.key(row) for row in range(self.size)]

    @property
    def last(self) -> Key:
        """Where the next page begins."""
        return self.key(self.size - 1)

    def records(self, start: int = 0, end: int | None = None) -> list[dict[str, Any]]:
        """The rows as dictionaries, decoded.

        Raises:
            psycopg.DataError: Python has no such value, like a moment beyond the year 9999.
        """
        names = self._columns.names
        self._cursor.scroll(start, mode="absolute")
        number = (self.size if end is None else end) - start
        return [dict(zip(names, row, strict=False)) for row in self._cursor.fetchmany(number)]


class Pages:
    """The pages of one job's select."""

    def __init__(self, session: Session, job: Job, values: Mapping[str, Any]) -> None:
        self.session = session
        self.job = job
        self.values = dict(values)
        self._select = statement.bind(statement.stripped(job.select or ""))
        self._columns: Columns | None = None
        self._texts: dict[tuple[bool, bool, bool], bytes] = {}

    @property
    def columns(self) -> Columns:
        """What the select returns; asks the server once."""
        if self._columns is None:
            text = self.render("SELECT * FROM ({select}\n) AS page LIMIT 0")
            with Blame("select"):
                cursor = self.session.connection.execute(text, self.values)
            described = cursor.description or []
            names = tuple(column.name for column in described)
            self._columns = Columns(
                names, self._type_names(described), self._places(names), origins(cursor)
            )
        return self._columns

    def _places(self, names: tuple[str, ...]) -> tuple[int, ...]:
        for column in self.job.key:
            if column.name not in names:
                message = f'key column "{column.name}" is not among what the select returns: '
                raise JobFailedError(message + ", ".join(names))
        return tuple(names.index(column.name) for column in self.job.key)

    def _type_names(self, described: Sequence[psycopg.Column]) -> tuple[str, ...]:
        known = self.session.connection.adapters.types
        found = [known.get(column.type_code) for column in described]
        if all(
            info is not None and info.oid == c.type_code
            for info, c in zip(found, described, strict=True)
        ):
            # Unquoted it would be the type of a single bit.
            return tuple('"bit"' if i.name == "bit" else i.name for i in found if i is not None)
        oids = [column.type_code for column in described]
        row = self.session.execute("type_names", {"oids": oids}).fetchone()
        return tuple(row[0]) if row else ()

    def refuse_unsound(self, cursor: Key | None, until: Key | None) -> None:
        """Look at the key before records are worked by it: at the start also at theirs.

        Raises:
            JobFailedError: A record has a null in its key, or another's key.
            NotNowError: The work was begun with another key.
        """
        refuse_other(self, cursor, until)
        if cursor is None:
            with Blame("select"):
                refuse_nulls(self)
                refuse_twins(self)

    def ask(self, after: Key | None, until: Key | None, limit: int) -> Asked:
        """Send for the page that follows a key; `read` waits for it."""
        text = self.text(after=after is not None, until=until is not None)
        cursor = self.session.connection.execute(text, self.bound(after, until, limit))
        return Asked(cursor, limit)

    def read(self, asked: Asked) -> Page:
        """Wait for a page that was sent for; rows stay as they came until they are wanted."""
        answered(self.session.connection, asked.cursor)
        return Page(asked, self.columns)

    def bound(self, after: Key | None, until: Key | None, limit: int) -> dict[str, Any]:
        """The values of a page's query."""
        values = {**self.values, "bgjobs_limit": limit}
        for prefix, key in (("bgjobs_after_", after), ("bgjobs_until_", until)):
            for number, value in enumerate(key or ()):
                values[f"{prefix}{number}"] = value
        return values

    def text(self, *, after: bool, until: bool, leased: bool = False) -> bytes:
        """The query of a page; `leased` takes the key before it from the lease row."""
        found = self._texts.get((after, until, leased))
        if found is None:
            found = self._page_text(after=after, until=until, leased=leased)
            self._texts[after, until, leased] = found
        return found

    def _page_text(self, *, after: bool, until: bool, leased: bool) -> bytes:
        where = self._where(after=after, until=until, leased=leased)
        if not self.job.group_by:
            template = (
                "SELECT * FROM ({select}\n) AS page{where} ORDER BY {order} LIMIT %(bgjobs_limit)s"
            )
            return self.render(template, where=where, order=self.order())
        template = (
            "SELECT * FROM (SELECT * FROM ({select}\n) AS page{where} ORDER BY {group}"
            " FETCH FIRST %(bgjobs_limit)s ROWS WITH TIES) AS page ORDER BY {order}"
        )
        group = self.order(self.job.key[: len(self.job.group_by)])
        return self.render(template, where=where, order=self.order(), group=group)

    def _where(self, *, after: bool, until: bool, leased: bool) -> sql.Composable:
        bounds: list[sql.Composable] = []
        if after:
            bounds.append(self.beyond(self.job.key, "bgjobs_after_", leased=leased))
        if until:
            reverse = [KeyColumn(c.name, not c.descending) for c in self.job.key]
            beyond = self.beyond(reverse, "bgjobs_until_", leased=False, inclusive=True)
            bounds.append(beyond)
        return sql.SQL(" WHERE ") + sql.SQL(" AND ").join(bounds) if bounds else sql.SQL("")

    def order(
        self, key: Sequence[KeyColumn] | None = None, *, reverse: bool = False
    ) -> sql.Composable:
        """The key as ORDER BY."""
        parts = []
        for column in key or self.job.key:
            down = column.descending != reverse
            text = "{} DESC" if down else "{}"
            parts.append(sql.SQL(text).format(identifier(column.name)))
        return sql.SQL(", ").join(parts)

    def last(self) -> Key | None:
        """The key of the last record in the order: what arrives behind it is another run's."""
        text = self.render(
            "SELECT * FROM ({select}\n) AS page ORDER BY {order} LIMIT 1",
            order=self.order(reverse=True),
        )
        with Blame("select"):
            cursor = self.session.connection.execute(text, self.values)
        page = self.read(Asked(cursor, 1))
        return page.last if page.size else None

    def total(self, seconds: float, after: Key | None, until: Key | None) -> int | None:
        """How many records there are between two keys; None where counting takes longer."""
        connection = self.session.connection
        try:
            with connection.transaction():
                self.session.execute("patience", {"patience": f"{round(seconds * 1000)}ms"})
                where = self._where(after=after is not None, until=until is not None, leased=False)
                text = self.render(f"{COUNT}{{where}}", where=where)
                row = connection.execute(text, self.bound(after, until, 0)).fetchone()
        except (psycopg.Error, BgjobsError):
            # Whatever it is, the work itself will tell.
            return None
        return row[0] if row else None

    def beyond(
        self, key: Sequence[KeyColumn], prefix: str, *, leased: bool, inclusive: bool = False
    ) -> sql.Composable:
        """The condition that a record comes after a key, in a form an index can serve."""
        names = [identifier(column.name) for column in key]
        values = [self._value(n, c.name, prefix, leased=leased) for n, c in enumerate(key)]
        if len({column.descending for column in key}) == 1:
            sign = ("<" if key[0].descending else ">") + ("=" if inclusive else "")
            pair = sql.SQL(", ").join
            return sql.SQL("({}) {} ({})").format(pair(names), sql.SQL(sign), pair(values))
        last = len(key) - 1
        condition: sql.Composable = sql.SQL("")
        for number in range(last, -1, -1):
            sign = "<" if key[number].descending else ">"
            if number == last:
                sign += "=" if inclusive else ""
                condition = sql.SQL("{} {} {}").format(names[number], sql.SQL(sign), values[number])
            else:
                # a >= x AND (a > x OR (...)): the first half is what an index on the key can use.
                condition = sql.SQL(
                    "{name} {sign}= {value} AND ({name} {sign} {value} OR ({rest}))"
                ).format(
                    name=names[number], sign=sql.SQL(sign), value=values[number], rest=condition
                )
        return sql.SQL("({})").format(condition)

    def _value(self, number: int, name: str, prefix: str, *, leased: bool) -> sql.Composable:
        of_type = escaped(self.columns.type_of(name))
        if not leased:
            return sql.SQL("{}::{}").format(sql.Placeholder(f"{prefix}{number}"), of_type)
        return sql.SQL(
            "(SELECT cursor ->> {} FROM {}.lease WHERE job = %(bgjobs_job)s"
            " AND lane = %(bgjobs_lane)s AND shard = %(bgjobs_shard)s)::{}"
        ).format(sql.Literal(number), identifier(self.session.schema), of_type)

    def render(self, template: str, **parts: sql.Composable) -> bytes:
        """A statement about the select."""
        ready = sql.SQL(template).format(select=sql.SQL(self._select), **parts)
        return ready.as_bytes(self.session.connection)
