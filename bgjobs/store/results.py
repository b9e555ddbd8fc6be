"""What handlers return, written by the job's statement in one go: the relation `batch`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from bgjobs import statement
from bgjobs.errors import AnswerError, JobFailedError
from bgjobs.store.arrays import array, kinds_of, through_text
from bgjobs.store.blame import Blame
from bgjobs.store.pages import Columns
from bgjobs.store.quoting import escaped, identifier
from bgjobs.store.session import Session

Result = Mapping[str, Any]

# Types of columns that the select does not return, by what Python holds.
_TYPES = {
    "Decimal": "numeric",
    "float": "double precision",
    "int": "bigint",
    "bool": "boolean",
    "str": "text",
    "bytes": "bytea",
    "datetime": "timestamptz",
    "date": "date",
    "time": "time",
    "timedelta": "interval",
    "UUID": "uuid",
    "dict": "jsonb",
    "list": "jsonb",
}
_TYPE_ORDER = list(_TYPES.values())
# The share of rows that must have the same columns for the others to be the odd ones.
_USUAL = 0.75
# What the server says of rows that lack a column, or have another type in it.
_ODD = (
    psycopg.errors.DatatypeMismatch,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
)


class Results:
    """Executes a job's statement over rows that its handler returned."""

    def __init__(self, session: Session, text: str, values: Mapping[str, Any]) -> None:
        self.session = session
        self._text = statement.bind(statement.stripped(text))
        self._values = dict(values)
        self._ready: dict[tuple[tuple[str, str], ...], bytes] = {}
        # The columns of the most rows that there were at once, and their types where they agreed.
        self._most = 0
        self._usual: Mapping[str, str | None] = {}

    def apply(self, rows: Sequence[Result], columns: Columns | None) -> psycopg.Cursor[Any]:
        """Send the statement, with the rows as `batch`; all rows have the same columns.

        Raises:
            AnswerError: A few rows have other columns than most, or a value is of no known type. Or
                the statement cannot take a part of a batch whose others are of another kind.
            JobFailedError: There is no telling which columns the rows should have.
        """
        names = tuple(rows[0])
        for row in rows:
            if tuple(row) != names and set(row) != set(names):
                raise self._differing(rows, row)
        listed = [[row[name] for row in rows] for name in names]
        shape = tuple(
            (name, _type(name, values, columns)) for name, values in zip(names, listed, strict=True)
        )
        self._remember(len(rows), dict(shape))
        text = self._ready.get(shape)
        if text is None:
            text = self._ready[shape] = self._render(shape)
        values = dict(self._values)
        for number, (of_type, column) in enumerate(zip((t for _, t in shape), listed, strict=True)):
            values[f"bgjobs_column_{number}"] = array(of_type, column)
        with Blame("statement"):
            try:
                return self.session.connection.execute(text, values)
            except _ODD as error:
                self._refuse_odd(len(rows), dict(shape), error)
                raise

    def _differing(self, rows: Sequence[Result], one: Result) -> JobFailedError:
        message = (
            f"the handler returned rows of different columns: {', '.join(rows[0])} and "
            f"{', '.join(one)}; `batch` needs the same in each"
        )
        found = Counter(frozenset(row) for row in rows)
        usual, number = found.most_common(1)[0]
        if len(rows) >= self._most and number < len(rows) * _USUAL:
            return JobFailedError(message)
        self._remember(len(rows), dict.fromkeys(usual))
        return AnswerError(message)

    def _remember(self, number: int, shape: Mapping[str, str | None]) -> None:
        if number >= self._most:
            self._most, self._usual = number, shape

    def _refuse_odd(self, number: int, shape: Mapping[str, str], error: psycopg.Error) -> None:
        """Take what is odd about few rows for their own fault, and not for the statement's."""
        odd = any(self._usual.get(name) not in {None, kind} for name, kind in shape.items())
        if number < self._most and (odd or shape.keys() != self._usual.keys()):
            raise AnswerError("the handler returned what is unlike most of its rows") from error

    def _render(self, shape: Sequence[tuple[str, str]]) -> bytes:
        arrays, outputs, names = [], [], []
        for number, (name, of_type) in enumerate(shape):
            place = sql.Placeholder(f"bgjobs_column_{number}")
            element = sql.Identifier(f"c{number}")
            as_text = through_text(of_type)
            carried = "text" if as_text else of_type
            arrays.append(sql.SQL("{}::{}[]").format(place, sql.SQL(carried)))
            cast = "{}::{} AS {}" if as_text else "{} AS {}"
            parts = [element, escaped(of_type), identifier(name)]
            outputs.append(sql.SQL(cast).format(*(parts if as_text else [parts[0], parts[2]])))
            names.append(element)
        comma = sql.SQL(", ").join
        batch = sql.SQL("SELECT {} FROM unnest({}) AS returned ({})").format(
            comma(outputs), comma(arrays), comma(names)
        )
        body = batch.as_string(self.session.connection)
        return statement.prepend_ctes(self._text, [("batch", body)]).encode()


def _type(name: str, values: Sequence[Any], columns: Columns | None) -> str:
    if columns is not None and name in columns.names:
        return columns.type_of(name)
    kinds = kinds_of(values)
    unknown = min(kinds - _TYPES.keys(), default=None)
    if unknown is not None:
        message = f'column "{name}" returned by the handler holds a {unknown}'
        raise AnswerError(message + ", which has no type in the database")
    found = {_TYPES[kind] for kind in kinds} or {"text"}
    # Of numbers the type that can hold them all; what else is mixed the driver refuses.
    return min(found, key=_TYPE_ORDER.index)
