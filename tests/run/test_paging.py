"""Paging against a plain SELECT: random keys, pages and changes by others, each record once."""

import itertools
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgjobs.handler import Run
from bgjobs.job import Allowance
from bgjobs.record import RunStatus
from harness.tasks import Works, a_job, key_of

# Columns of a key, with few values each: most records share theirs with others.
KINDS: dict[str, st.SearchStrategy[str]] = {
    "int": st.sampled_from(["-1", "0", "2", "10"]),
    "text": st.sampled_from(["", "a", "B", "ü", "a'", "%s"]),
    "numeric": st.sampled_from(["1", "1.5", "-2", "NaN", "1e20"]),
    "timestamptz": st.sampled_from(
        ["2026-03-29 01:00+01", "2026-03-29 00:00:00.5Z", "1999-01-01Z"]
    ),
    "bool": st.sampled_from(["t", "f"]),
    "uuid": st.sampled_from([f"{n:032x}" for n in (0, 15, 2**127)]),
    "char(3)": st.sampled_from(["a", "ab", "b"]),
}
BOUNDED = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Table:
    """The shape of a table: its key's columns, their directions, and the values of its rows."""

    def __init__(self, kinds: list[str], down: list[bool], rows: list[list[str]]) -> None:
        self.kinds = kinds
        self.rows = rows
        names = [*(f"k{n}" for n in range(len(kinds))), "id"]
        self.key = [
            f"{name} DESC" if descending else name
            for name, descending in zip(names, down, strict=True)
        ]
        self.select = f"SELECT {', '.join(names)} FROM sorted WHERE note <> 'no :x' OR 5 % 2 = 1"

    def __repr__(self) -> str:
        return f"Table({self.key}, {self.kinds}, {self.rows})"

    def make(self, work: Works) -> None:
        columns = "".join(f"k{n} {kind} NOT NULL, " for n, kind in enumerate(self.kinds))
        work.rows(
            "DROP TABLE IF EXISTS sorted; TRUNCATE effect, bgjobs.failed_record;"
            f"CREATE TABLE sorted ({columns} id serial PRIMARY KEY, note text DEFAULT '')"
        )
        self.insert(work, self.rows)

    def insert(self, work: Works, rows: list[list[str]]) -> None:
        marks = ", ".join(f"%s::{kind}" for kind in self.kinds)
        names = ", ".join(f"k{n}" for n in range(len(self.kinds)))
        with psycopg.connect(work.dsn) as connection:
            connection.cursor().executemany(
                f"INSERT INTO sorted ({names}) VALUES ({marks})",  # type: ignore[arg-type]
                rows,
            )

    def ordered(self, work: Works) -> list[int]:
        return work.column(f"SELECT id FROM sorted ORDER BY {', '.join(self.key)}")

    @property
    def job(self) -> dict[str, Any]:
        return {"select": self.select, "key": key_of(*self.key)}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3))
    down = draw(st.lists(st.booleans(), min_size=len(kinds) + 1, max_size=len(kinds) + 1))
    rows = draw(st.lists(st.tuples(*(KINDS[kind] for kind in kinds)).map(list), max_size=25))
    return Table(kinds, down, rows)


@pytest.fixture
def fresh(work: Works) -> Works:
    work.rows("CREATE SEQUENCE walk; ALTER TABLE effect ADD n int DEFAULT nextval('walk')")
    return work


def returns(_run: Run, record: dict[str, Any]) -> dict[str, Any]:
    return {"id": record["id"]}


def writes(run: Run, record: dict[str, Any]) -> None:
    run.connection.execute("INSERT INTO effect VALUES (%s)", [record["id"]])


INSERT = "INSERT INTO effect SELECT id FROM batch"


@BOUNDED
@given(table=tables(), size=st.integers(1, 9), way=st.sampled_from([returns, writes, None]))
def test_every_record_comes_once_and_in_the_order_of_the_select(
    fresh: Works, table: Table, size: int, way: Any
) -> None:
    table.make(fresh)
    statement = None if way is writes else INSERT
    if way is None:
        statement = f"{INSERT} ORDER BY {', '.join(table.key)}"
    outcome = fresh(way, statement=statement, batch_size=size, **table.job)
    assert (outcome.failure, outcome.status) == (None, RunStatus.SUCCESS)
    assert fresh.column("SELECT id FROM effect ORDER BY n") == table.ordered(fresh)
    assert outcome.counts.batches == -(-len(table.rows) // size)


@BOUNDED
@given(
    table=tables(),
    size=st.integers(1, 6),
    read_ahead=st.booleans(),
    changes=st.lists(st.tuples(st.integers(1, 25), st.integers(0, 24)), max_size=8),
)
def test_changes_by_others_between_pages_cost_and_double_no_record(
    fresh: Works,
    table: Table,
    size: int,
    read_ahead: bool,  # noqa: FBT001
    changes: list[tuple[int, int]],
) -> None:
    table.make(fresh)
    before = table.ordered(fresh)
    due = dict(changes)
    deleted: set[int] = set()
    called = itertools.count(1)

    def disturb(_run: Run, record: dict[str, Any]) -> dict[str, Any]:
        place = due.get(next(called))
        if place is not None and place < len(before):
            deleted.add(before[place])
            fresh.rows("DELETE FROM sorted WHERE id = %s", [before[place]])
            table.insert(fresh, table.rows[place : place + 2])
        return returns(_run, record)

    outcome = fresh(disturb, statement=INSERT, batch_size=size, read_ahead=read_ahead, **table.job)
    assert outcome.status is RunStatus.SUCCESS
    done = fresh.column("SELECT id FROM effect")
    assert len(done) == len(set(done))
    # All that were there and stayed; of those that came or went meanwhile, each at most once.
    assert set(before) - deleted <= set(done)
    assert outcome.counts.processed == len(done)


@BOUNDED
@given(
    table=tables(),
    size=st.integers(1, 9),
    bad=st.sets(st.integers(1, 25), max_size=6),
    cut=st.integers(0, 25),
)
def test_a_set_and_a_handler_come_to_the_same_through_poison_and_a_stop(
    fresh: Works, table: Table, size: int, bad: set[int], cut: int
) -> None:
    found = []
    for way in (returns, writes, None):
        table.make(fresh)
        fresh.rows("ALTER TABLE effect DROP CONSTRAINT IF EXISTS sound")
        if bad:
            listed = ", ".join(map(str, bad))
            fresh.rows(f"ALTER TABLE effect ADD CONSTRAINT sound CHECK (id NOT IN ({listed}))")
        fields = {
            "statement": None if way is writes else INSERT,
            "batch_size": size,
            "max_failures": Allowance(None),
            **table.job,
        }
        first = fresh(way, limit=cut, **fields) if cut else None
        position = fresh.run_row(first.run)["position"] if first else {}
        then = fresh(way, start={"position": position}, **fields)
        assert then.failure is None
        total = then.counts.plus(first.counts) if first else then.counts
        failed = fresh.column("SELECT (key ->> -1)::int FROM bgjobs.failed_record ORDER BY 1")
        done = fresh.column("SELECT id FROM effect ORDER BY id")
        ids = table.ordered(fresh)
        assert sorted(done + failed) == sorted(ids)
        assert failed == sorted(bad & set(ids))
        found.append((done, failed, total._replace(batches=0)))
    assert found[0] == found[1] == found[2]


def test_a_page_is_read_by_an_index_on_its_key(work: Works) -> None:
    work.rows(
        "CREATE TABLE long AS SELECT n % 7 AS g, n AS id FROM generate_series(1, 20000) AS n;"
        "ALTER TABLE long ALTER g SET NOT NULL, ALTER id SET NOT NULL;"
        "CREATE INDEX ON long (g DESC, id); CREATE INDEX ON long (g, id); ANALYZE long"
    )
    from bgjobs.store.pages import Pages

    for key in (("g DESC", "id"), ("g", "id")):
        job = a_job(select="SELECT * FROM long", key=key_of(*key))
        pages = Pages(work.session, job, {})
        text = pages.text(after=True, until=True)
        bounds = pages.bound(["3", "10000"], pages.last(), 100)
        plan = work.session.connection.execute(b"EXPLAIN (ANALYZE, BUFFERS OFF) " + text, bounds)
        lines = "\n".join(line for (line,) in plan)
        assert "Index" in lines
        assert "Sort" not in lines.replace("Incremental Sort", "")
        assert "actual" in lines


@pytest.mark.parametrize("per", [None, "record"])
@pytest.mark.parametrize("key", ["k", "k DESC"])
@pytest.mark.parametrize(
    ("of_type", "value"), [("float8", "0.1::float8 * n"), ("bit(8)", "n::int::bit(8)")]
)
def test_a_key_is_found_again_by_its_text(
    work: Works, of_type: str, value: str, key: str, per: str | None
) -> None:
    work.rows("SET extra_float_digits = 0")
    work.session.connection.execute("SET extra_float_digits = 0")
    work.rows(
        f"CREATE TABLE odd AS SELECT ({value})::{of_type} AS k, 0 AS n FROM generate_series(1, 40) n;"
        "ALTER TABLE odd ADD PRIMARY KEY (k)"
    )
    outcome = work(
        (lambda _run, record: record) if per else None,
        select="SELECT k FROM odd",
        key=key_of(key),
        batch_size=3,
        statement="UPDATE odd SET n = n + 1 FROM batch WHERE odd.k = batch.k",
    )
    assert (outcome.failure, outcome.counts.processed) == (None, 40)
    assert work.column("SELECT n FROM odd") == [1] * 40
