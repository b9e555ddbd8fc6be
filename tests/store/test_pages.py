"""Pages by key: whatever its types and directions, each record comes once and in order."""

from collections.abc import Sequence
from typing import Any

import pytest

from bgjobs.errors import JobFailedError, NotNowError
from bgjobs.store.ends import ends
from bgjobs.store.pages import Key, Pages
from harness.tasks import Works, a_job, key_of

SCHEMA = """
CREATE TYPE priority AS ENUM ('Low', 'Medium', 'High', 'Critical');
CREATE DOMAIN code AS text COLLATE "C" CHECK (value <> '');
DROP SCHEMA IF EXISTS "Odd %s" CASCADE;
CREATE SCHEMA "Odd %s";
CREATE TYPE "Odd %s"."Kind" AS ENUM ('b', 'a');
"""
# Values of each type in no order; the server says which one that is.
TYPES: dict[str, Sequence[str]] = {
    "uuid": ("ffffffff-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000000"),
    "text": ("b", "a", "B", "ü", "", "a'b", "%s", '"x"', "\\", "a b", "é", "zz"),
    'text COLLATE "C"': ("b", "a", "B", "ü", "Z", "_", " a"),
    "varchar(3)": ("b", "a", "B", "abc"),
    "char(5)": ("b", "a", "ab", "abcde", "B"),
    "code": ("b", "a", "B", "_", "Z"),
    "name": ("b", "a", "B"),
    "int2": ("3", "-2", "0"),
    "int8": ("9007199254740993", "-9223372036854775808", "9007199254740992"),
    "numeric": ("1.10", "-2", "1e30", "NaN", "Infinity", "0.1", "0.10000000000000000001"),
    "numeric(6,2)": ("1.1", "-2", "100"),
    "float8": ("0.1", "0.30000000000000004", "0.3", "-Infinity", "NaN", "1e-300"),
    "float4": ("0.1", "16777216", "0.10000001"),
    "timestamptz": ("2026-03-29 01:30+01", "2026-03-29 00:30:00.000001Z", "0001-01-01Z"),
    "timestamp": ("2026-01-02", "2026-01-01 12:00:00.123456"),
    "date": ("2026-01-02", "2025-12-31"),
    "time": ("23:59", "00:00:00.000001", "12:00"),
    "interval": ("1 day", "25 hours", "-1 month"),
    "bool": ("t", "f"),
    "priority": ("High", "Low", "Critical", "Medium"),
    '"Odd %s"."Kind"': ("a", "b"),
    "bytea": (r"\x00ff", r"\x", r"\xff"),
    "inet": ("10.0.0.1", "9.255.255.255", "::1"),
    "int4[]": ("{1,2}", "{}", "{1}", "{NULL}"),
    "jsonb": ('{"a": 1}', "[1, 2]", '"x"', "null"),
    "oid": ("4000000000", "1"),
}
# Those that Python has no values for: no handler can have them, but a statement can.
BEYOND = {
    "timestamptz": ("infinity", "-infinity", "2026-01-01Z", "0044-03-15Z BC"),
    "date": ("infinity", "10000-01-01", "2026-01-01"),
}


@pytest.mark.parametrize("direction", ["", " DESC"], ids=["ASC", "DESC"])
def test_records_come_once_and_in_order_whatever_the_type_of_the_key(
    works: Works, direction: str
) -> None:
    works.rows(SCHEMA)
    cases = [(kind, values, True) for kind, values in TYPES.items()]
    cases += [(kind, values, False) for kind, values in BEYOND.items()]
    for number, (kind, values, readable) in enumerate(cases):
        table = f"sorted_{number}"
        works.rows(f"CREATE TABLE {table} (k {kind} NOT NULL, id int NOT NULL, seen int DEFAULT 0)")
        for value in values:
            works.rows(
                f"INSERT INTO {table} SELECT CAST(%s::text AS {kind.partition(' COLLATE')[0].replace('%s', '%%s')}), n"
                " FROM generate_series(1, 3) AS n",
                [value],
            )
        order = works.rows(
            f"SELECT k::text AS spelled, id FROM {table} ORDER BY k{direction}, id DESC"
        )
        job: dict[str, Any] = {
            "select": f"SELECT k, k::text AS spelled, id FROM {table}",
            "key": key_of(f"k{direction}", "id DESC"),
            "batch_size": 2,
        }
        came: list[tuple[str, int]] = []
        if readable:
            outcome = works(lambda _run, r, c=came: c.append((r["spelled"], r["id"])), **job)
            assert (came, outcome.failure) == (order, None), kind
        statement = f"UPDATE {table} AS t SET seen = t.seen + 1 FROM batch b WHERE (t.k, t.id) = (b.k, b.id)"
        outcome = works(statement=statement, **job)
        assert outcome.counts.processed == len(order), kind
        assert works.column(f"SELECT DISTINCT seen FROM {table}") == [1], kind


def pages(works: Works, select: str, *key: str, **fields: Any) -> Pages:
    return Pages(works.session, a_job(select=select, key=key_of(*key), **fields), {"low": 2})


def keys(found: Pages, after: Key | None = None, until: Key | None = None, size: int = 10) -> Any:
    return found.read(found.ask(after, until, size)).keys()


def test_a_page_lies_between_two_keys_and_tells_whether_more_may_follow(works: Works) -> None:
    works.rows("CREATE TABLE item AS SELECT n % 3 AS g, n AS id FROM generate_series(1, 9) AS n")
    found = pages(works, "SELECT g, id FROM item WHERE id >= :low -- odd\n;", "g DESC", "id")
    every = [[str(g), str(n)] for g in (2, 1, 0) for n in range(2, 10) if n % 3 == g]
    assert keys(found) == every
    assert keys(found, ["2", "5"], ["0", "3"]) == every[2:6]
    assert keys(found, ["2", "6"], size=2) == every[2:4]
    page = found.read(found.ask(None, None, 8))
    assert (page.size, page.full, page.last) == (8, True, ["0", "9"])
    assert not found.read(found.ask(None, None, 9)).full
    assert page.records()[0] == {"g": 2, "id": 2}
    assert found.last() == ["0", "9"]
    assert found.total(60, None, None) == 8
    works.rows("DELETE FROM item")
    assert (found.last(), keys(found), ends(found, 3)) == (None, [], [])


def test_a_group_is_in_one_page_and_in_one_part(works: Works) -> None:
    works.rows("CREATE TABLE item AS SELECT n / 4 AS g, n AS id FROM generate_series(0, 21) AS n")
    found = pages(works, "SELECT * FROM item", "g", "id DESC", group_by=("g",))
    sizes, after = [], None
    while page := keys(found, after, ["5", "20"], 5):
        sizes.append(len(page))
        after = page[-1]
    assert sizes == [8, 8, 6]
    assert ends(found, 3) == [["1", "4"], ["3", "12"], ["5", "20"]]
    assert ends(found, 40)[-1] == ["5", "20"]


def test_the_names_of_columns_and_the_text_of_a_select_may_be_odd(works: Works) -> None:
    works.rows('CREATE TABLE "it em" ("Due %" int NOT NULL, "i""d" int NOT NULL, note text)')
    works.rows("""INSERT INTO "it em" SELECT n, n, '5% :low' FROM generate_series(1, 5) AS n""")
    found = pages(
        works,
        """WITH x AS (SELECT * FROM "it em") SELECT * FROM x
            WHERE note LIKE '%:low' AND note::text = '5% :low' AND "Due %" % 2 = 1 -- :no""",
        "Due % DESC",
        'i"d',
    )
    assert keys(found, ["5", "5"], ["1", "1"]) == [["3", "3"], ["1", "1"]]


def test_a_key_that_the_select_does_not_return_is_told_with_what_it_does(works: Works) -> None:
    with pytest.raises(JobFailedError) as raised:
        _ = pages(works, "SELECT 1 AS a, 2 AS b", "a", "c").columns
    assert str(raised.value) == 'key column "c" is not among what the select returns: a, b'


TABLES = """
CREATE TABLE item (id int PRIMARY KEY, due int, g int);
INSERT INTO item SELECT n, n, n FROM generate_series(1, 5) AS n;
CREATE TABLE sub (item int NOT NULL, id int NOT NULL);
INSERT INTO sub VALUES (1, 1);
CREATE VIEW seen AS SELECT * FROM item;
"""


@pytest.mark.parametrize("key", [("due", "id"), ("due DESC", "id"), ("id", "due"), ("id", "due DESC")])  # fmt: skip
def test_a_null_in_any_column_of_the_key_is_an_error(works: Works, key: tuple[str, ...]) -> None:
    works.rows(TABLES)
    found = pages(works, "SELECT * FROM item", *key)
    found.refuse_unsound(None, None)
    works.rows("UPDATE item SET due = NULL WHERE id = 3")
    with pytest.raises(JobFailedError) as raised:
        found.refuse_unsound(None, None)
    assert str(raised.value) == (
        'key column "due" is null in a record of the select; '
        "exclude such records, or order by coalesce(due, ...)"
    )
    # Begun is begun: what is null now came behind the start.
    found.refuse_unsound(["1", "1"], ["5", "5"])


@pytest.mark.parametrize(
    ("select", "has_null"),
    [
        ("SELECT i.id AS k FROM item i LEFT JOIN sub s ON s.item = i.id", False),
        ("SELECT s.id AS k FROM item i LEFT JOIN sub s ON s.item = i.id", True),
        ("SELECT s.id AS k FROM item i JOIN sub s ON s.item = i.id", False),
        ("SELECT id AS k FROM item GROUP BY ROLLUP (id)", True),
        ("SELECT id AS k FROM seen", False),
        ("SELECT g AS k FROM seen", False),
        ("SELECT nullif(id, 2) AS k FROM item", True),
        ("SELECT id AS k FROM item UNION SELECT NULL", True),
        ("SELECT (SELECT id FROM sub WHERE id > 1) AS k FROM item", True),
    ],
)
def test_a_null_is_found_wherever_it_is_made(works: Works, select: str, has_null: bool) -> None:  # noqa: FBT001
    works.rows(TABLES)
    found = pages(works, select, "k DESC")
    if not has_null:
        found.refuse_unsound(None, None)
        return
    with pytest.raises(JobFailedError, match='key column "k" is null'):
        found.refuse_unsound(None, None)


def test_records_are_not_looked_at_where_the_catalog_vouches_for_the_key(works: Works) -> None:
    works.rows(TABLES)
    select = "SELECT item.*, 1 / (id - 6) AS x FROM item"
    found = pages(works, select, "id")
    found.refuse_unsound(None, None)
    works.rows("INSERT INTO item VALUES (6)")
    found.refuse_unsound(None, None)  # to read them would divide by zero


def test_work_that_was_begun_with_another_key_is_not_gone_on_with(works: Works) -> None:
    works.rows(TABLES)
    found = pages(works, "SELECT * FROM item", "due", "id")
    with pytest.raises(NotNowError, match="bgjobs run work --restart"):
        found.refuse_unsound(["3"], ["5"])
