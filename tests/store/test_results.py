"""What handlers return, as the relation `batch` of the job's statement."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from bgjobs.errors import AnswerError, JobFailedError
from bgjobs.store.pages import Columns
from bgjobs.store.results import Results
from bgjobs.store.session import Session

VALUES = {
    "whole": 2**40,
    "part": 0.1,
    "exact": Decimal("1.10"),
    "words": "a ' \" \\ % {} :x ü",
    "raw": b"\x00\xff",
    "flag": True,
    "moment": datetime(2026, 7, 1, 12, tzinfo=UTC),
    "day": date(2026, 7, 1),
    "hour": time(12, 30),
    "length": timedelta(hours=30),
    "id": UUID(int=7),
    "data": {"a": [1, None, "ü"], "at": date(2026, 7, 1)},
    "list": [1, "x", None],
    "nothing": None,
}


def applied(connection: psycopg.Connection, rows: list[Any], columns: Columns | None = None) -> Any:
    text = "WITH ranked AS (SELECT *, 5 % 3 AS rest FROM batch) SELECT * FROM ranked;"
    return Results(Session(connection), text, {"slot": 1}).apply(rows, columns).fetchall()


def test_values_of_python_arrive_in_the_type_that_holds_them(
    connection: psycopg.Connection,
) -> None:
    connection.execute("SET TimeZone = 'UTC'")
    second = dict.fromkeys(VALUES)
    found = applied(connection, [VALUES, second])
    expected = VALUES | {"data": {"a": [1, None, "ü"], "at": "2026-07-01"}}
    assert found == [(*expected.values(), 2), (*second.values(), 2)]


def test_columns_of_the_select_keep_its_types_and_rows_may_order_theirs_otherwise(
    connection: psycopg.Connection,
) -> None:
    columns = Columns(("id", "tags", "words", "code"), ("int2", "int4[]", "text[]", "bpchar"), (0,))
    rows = [
        {
            "id": 1,
            "tags": [[1, 2], [3, None]],
            "words": ['a"b', "c,d", None, "\\", ""],
            "code": "x",
        },
        {"code": "y", "words": [], "tags": None, "id": 2},
    ]
    query = "SELECT *, pg_typeof(id)::text, pg_typeof(tags)::text FROM batch ORDER BY id"
    found = Results(Session(connection), query, {}).apply(rows, columns).fetchall()
    assert found == [
        (1, [[1, 2], [3, None]], ['a"b', "c,d", None, "\\", ""], "x", "smallint", "integer[]"),
        (2, None, [], "y", "smallint", "integer[]"),
    ]


def test_a_row_in_a_column_stays_one_column(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TYPE address AS (street text, town text)")
    connection.execute("CREATE TYPE mood AS ENUM ('so', 'so so')")
    columns = Columns(("id", "home", "mood"), ("int4", "address", "mood"), (0,))
    rows = [{"id": 1, "home": '("A, B",c)', "mood": "so so"}, {"id": 2, "home": None, "mood": None}]
    query = "SELECT id, (home).street, (home).town, mood FROM batch ORDER BY id"
    found = Results(Session(connection), query, {}).apply(rows, columns).fetchall()
    assert found == [(1, "A, B", "c", "so so"), (2, None, None, None)]


def test_parameters_stand_beside_the_batch(connection: psycopg.Connection) -> None:
    query = "SELECT id, :days::int, ':days', 'a%' LIKE 'a%' FROM batch -- :days"
    results = Results(Session(connection), query, {"days": 3})
    for number in (1, 2):  # the second time it is ready
        assert results.apply([{"id": number}], None).fetchall() == [(number, 3, ":days", True)]


def test_rows_that_do_not_belong_together_are_refused(connection: psycopg.Connection) -> None:
    with pytest.raises(JobFailedError, match="rows of different columns: id and id, note;"):
        applied(connection, [{"id": 1}, {"id": 2, "note": "x"}])
    with pytest.raises(AnswerError, match='column "id" returned by the handler holds a complex'):
        applied(connection, [{"id": 1j}])
