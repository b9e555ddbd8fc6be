"""That columns written as arrays come back as they were."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from bgjobs.store.arrays import array, through_text

_TEXTS = ["", "NULL", 'say "so"', "back\\slash", "{a,b}", " blank ", "line\nend", "Grüße 😀", ","]
_EAST = timezone(timedelta(hours=5, minutes=30))
COLUMNS = {
    "int4": [0, -1, 2**31 - 1],
    "bigint": [-(2**63), 2**63 - 1],
    "numeric": [10**30, -7],
    "double precision": [0.1, -2.5e300, float("inf"), 1 / 3],
    "boolean": [True, False],
    "text": _TEXTS,
    "uuid": [UUID(int=7), UUID(int=2**127)],
    "timestamptz": [datetime(2026, 7, 1, 12, 30, 0, 1, UTC), datetime(1, 2, 3, 4, 5, tzinfo=_EAST)],
    "date": [date(2026, 2, 28), date(9999, 12, 31)],
    "interval": [timedelta(days=3, seconds=1), timedelta(microseconds=-1)],
    "bytea": [b"\x00\xff", b""],
    "jsonb": [{"a": [1, 'quoted "text"', None]}, "text", [], 1.5, True],
    "text[]": [_TEXTS, [], [None, "x"]],
    "int4[]": [[1, 2], [3]],
    "bytea[]": [[b"\x00\xff", b"abc"], []],
    "jsonb[]": [[{"a": 1}, "1", 1.5, True]],
}


@pytest.mark.parametrize("of_type", COLUMNS)
@pytest.mark.parametrize("nulls", [False, True])
def test_values_come_back_as_they_were(connection, of_type, nulls):
    values = [*COLUMNS[of_type], *([None] if nulls else [])]
    carried = "text" if through_text(of_type) else of_type
    query = f"SELECT c::{of_type} FROM unnest(%s::{carried}[]) AS returned (c)"
    assert [row[0] for row in connection.execute(query, [array(of_type, values)])] == values


@pytest.mark.parametrize(
    ("of_type", "given", "stored"),
    [
        ("int4", [1.5, 2.0], [2, 2]),
        ("numeric", [Decimal("1.10"), 2, 0.25], [Decimal("1.10"), Decimal(2), Decimal("0.25")]),
        ("double precision", [1, Decimal("0.5"), 2.5], [1.0, 0.5, 2.5]),
        ("text", [None, None], [None, None]),
        ("timestamp", [datetime(2026, 7, 1, 12, tzinfo=_EAST)], [datetime(2026, 7, 1, 6, 30)]),  # noqa: DTZ001
    ],
)
def test_values_of_other_types_are_cast_by_the_server(connection, of_type, given, stored):
    connection.execute("SET timezone = 'UTC'")
    query = f"SELECT unnest(%s::{of_type}[])"
    assert [row[0] for row in connection.execute(query, [array(of_type, given)])] == stored
