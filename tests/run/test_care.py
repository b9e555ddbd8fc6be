"""Records that fail: each is found, rolled back alone and listed; all others go through."""

from collections.abc import Callable
from typing import Any

import pytest

from bgjobs import SKIP
from bgjobs.errors import ExitStatus
from bgjobs.handler import Run
from bgjobs.job import Allowance
from bgjobs.record import Counts, RunStatus
from harness.tasks import Works, key_of

POISON = (3, 17, 18, 35)
OTHERS = [n for n in range(1, 36) if n not in POISON]
INSERT = "INSERT INTO effect SELECT id FROM batch"
CHECKS = "ALTER TABLE effect ADD CHECK (id NOT IN (3, 17, 18, 35))"
UNIQUE = "INSERT INTO effect VALUES (3), (17), (18), (35); ALTER TABLE effect ADD UNIQUE (id)"
DEFERRED = f"{UNIQUE} DEFERRABLE INITIALLY DEFERRED"
TRIGGER = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.id IN (3, 17, 18, 35) THEN RAISE 'not %', NEW.id; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON effect FOR EACH ROW EXECUTE FUNCTION refuse();
"""
Record = dict[str, Any]


def effects(work: Works) -> list[int]:
    """What was done, without what was there before."""
    return work.column(
        "SELECT id FROM effect EXCEPT ALL SELECT unnest(%s::int[]) ORDER BY 1", [list(POISON)]
    )


def listed(work: Works) -> list[tuple[Any, ...]]:
    return work.rows(
        "SELECT key, error_class, error_message FROM bgjobs.failed_record"
        " ORDER BY (key ->> -1)::numeric"
    )


def counted(run: Run, record: Record) -> None:
    run.count("worked")
    run.send(None, key=f"m{record['id']}")


def raises(run: Run, record: Record) -> Record:
    counted(run, record)
    if record["id"] in POISON:
        raise ValueError(f"no {record['id']}")
    return {"id": record["id"]}


def raises_after_writing(run: Run, record: Record) -> None:
    run.connection.execute("INSERT INTO effect VALUES (%s)", [record["id"]])
    raises(run, record)


def writes(run: Run, record: Record) -> None:
    counted(run, record)
    run.connection.execute("INSERT INTO effect VALUES (%s)", [record["id"]])


def writes_and_hides(run: Run, record: Record) -> None:
    try:
        writes(run, record)
    except Exception:  # noqa: BLE001 - what a careless handler does
        run.log.debug("hidden")


def returns(run: Run, record: Record) -> Record:
    counted(run, record)
    return {"id": record["id"]}


def returns_what_has_no_type(run: Run, record: Record) -> Record:
    counted(run, record)
    return {"id": record["id"], "x": object() if record["id"] in POISON else 1}


def returns_odd(run: Run, record: Record) -> Record:
    odd = {3: {"n": "x"}, 17: {"m": 1}, 18: {}, 35: {"n": "y"}}
    return {**returns(run, record), **odd.get(record["id"], {"n": 1})}


def batch_raises(run: Run, records: list[Record]) -> list[Record]:
    return [raises(run, record) for record in records]


def batch_writes(run: Run, records: list[Record]) -> None:
    for record in records:
        writes(run, record)


Way = tuple[Callable[..., Any] | None, str | None, str, dict[str, Any]]
WAYS: dict[str, Way] = {
    "the handler raises": (raises, INSERT, "ValueError", {}),
    "in threads": (raises, INSERT, "ValueError", {"concurrency": 4}),
    "without reading ahead": (raises, INSERT, "ValueError", {"read_ahead": False}),
    "in small pages": (raises, INSERT, "ValueError", {"batch_size": 1}),
    "it raises after it wrote": (raises_after_writing, None, "ValueError", {}),
    "its own SQL is refused": (writes, None, "CheckViolation", {"ddl": CHECKS}),
    "it hides that": (writes_and_hides, None, "InFailedSqlTransaction", {"ddl": CHECKS}),
    "a batch raises": (batch_raises, INSERT, "ValueError", {"per": "batch"}),
    "a batch's SQL is refused": (batch_writes, None, "UniqueViolation", {"per": "batch", "ddl": UNIQUE}),
    "its row is refused": (returns, INSERT, "CheckViolation", {"ddl": CHECKS}),
    "in threads its row is": (returns, INSERT, "CheckViolation", {"ddl": CHECKS, "concurrency": 4}),
    "by a trigger": (returns, INSERT, "RaiseException", {"ddl": TRIGGER}),
    "when it is committed": (returns, INSERT, "UniqueViolation", {"ddl": DEFERRED}),
    "its own is when committed": (writes, None, "UniqueViolation", {"ddl": DEFERRED}),
    "it is unlike most": (returns_odd, f"{INSERT} WHERE n > 0", "Undefined", {}),
    "it has no type": (returns_what_has_no_type, INSERT, "AnswerError", {}),
    "a set's row is refused": (None, INSERT, "CheckViolation", {"ddl": CHECKS}),
    "a set's when committed": (None, INSERT, "UniqueViolation", {"ddl": DEFERRED}),
    "a set's with a limit": (None, INSERT, "CheckViolation", {"ddl": CHECKS, "limit": 100}),
    "it cannot be computed": (None, "INSERT INTO effect SELECT id + 0 / ((id - 3) * (id - 17) * (id - 18) * (id - 35)) FROM batch", "DivisionByZero", {}),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_records_that_fail_are_left_out_and_listed(work: Works, way: str) -> None:
    function, statement, error_class, fields = WAYS[way]
    fields = {"max_failures": Allowance(4), **fields}
    work.rows(fields.pop("ddl", "SELECT 1"))
    expected = Counts(35, 31, 0, 4, 35 if fields.get("batch_size") == 1 else 4)

    dry = work(function, statement=statement, dry_run=True, **fields)
    assert (dry.status, dry.exit, dry.counts) == (RunStatus.PARTIAL, ExitStatus.PARTIAL, expected)
    assert (effects(work), listed(work)) == ([], [])

    done = work(function, statement=statement, **fields)
    assert (done.status, done.exit, done.counts) == (dry.status, dry.exit, dry.counts)
    assert effects(work) == OTHERS
    assert [key for key, *_ in listed(work)] == [[str(n)] for n in POISON]
    assert all(error_class in name for _, name, _ in listed(work))
    if function is not None:
        assert work.run_row(done.run)["counters"] == {"worked": 31}
        messages = work.column("SELECT key FROM bgjobs.outbox ORDER BY id")
        assert messages == [f"m{n}" for n in OTHERS]


def test_the_messages_kept_are_masked_and_the_record_s_own(work: Works) -> None:
    work.masked = ("s3cr3t",)

    def leak(_run: Run, record: Record) -> None:
        if record["id"] == 3:
            secret_value = "s3cr3t"
            raise ValueError(f"password=hunter2 {secret_value} {record['id']}")

    work(leak, max_failures=Allowance(1))
    ((key, name, message),) = listed(work)
    assert (key, name, message) == (["3"], "ValueError", "password=*** *** 3")
    (stack,) = work.column("SELECT error_stack FROM bgjobs.failed_record")
    assert "in leak" in stack
    assert "hunter2" not in stack
    assert "note 3" not in stack


def test_a_record_that_is_done_later_leaves_the_list(work: Works) -> None:
    bad = {3, 17}

    def fail(_run: Run, record: Record) -> None:
        if record["id"] in bad:
            raise ValueError(record["id"])

    work(fail, max_failures=Allowance(2))
    assert [key for key, *_ in listed(work)] == [["3"], ["17"]]
    bad.remove(3)
    work(fail, max_failures=Allowance(2))
    assert work.rows("SELECT key, attempt FROM bgjobs.failed_record") == [(["17"], 2)]
    work(statement=INSERT)
    assert listed(work) == []


ALLOWANCES = [
    (Allowance(4), RunStatus.PARTIAL, 35),
    (Allowance(3), RunStatus.FAILED, 35),
    (Allowance(2), RunStatus.FAILED, 20),
    (Allowance(0), RunStatus.FAILED, 10),
    (Allowance(None, 0.12), RunStatus.PARTIAL, 35),
    (Allowance(None, 0.11), RunStatus.FAILED, 35),
    (Allowance(3, 0.9), RunStatus.FAILED, 35),
    (Allowance(9, 0.1), RunStatus.FAILED, 35),
]


@pytest.mark.parametrize("function", [raises, raises_after_writing, None])
def test_a_run_ends_when_more_failed_than_it_allows_and_judges_a_share_at_its_end(
    work: Works, function: Any
) -> None:
    work.rows(CHECKS)
    statement = None if function is raises_after_writing else INSERT
    for allowed, status, read in ALLOWANCES:
        work.rows("TRUNCATE effect, bgjobs.failed_record")
        outcome = work(function, statement=statement, max_failures=allowed)
        assert (outcome.status, outcome.counts.read) == (status, read), allowed
        failed = sum(n <= read for n in POISON)
        assert len(listed(work)) == outcome.counts.failed == failed
        assert effects(work) == [n for n in OTHERS if n <= read]
        if status is RunStatus.FAILED:
            assert outcome.failure is not None
            said = f"{failed} of {read} records failed, more than max_failures allows"
            assert outcome.failure.message.startswith(said)
            assert outcome.exit is ExitStatus.JOB_FAILED


def test_a_fault_of_all_is_no_record_s_and_moves_nothing(work: Works) -> None:
    work.rows("INSERT INTO item SELECT n, '' FROM generate_series(36, 500) AS n")
    work.rows("ALTER TABLE effect ADD CHECK (id < 0)")
    for function, per in ((raises_for_all, "record"), (raises_for_all, "batch"), (None, "record")):
        outcome = work(function, statement=INSERT, batch_size=250, per=per)
        assert outcome.status is RunStatus.FAILED
        assert outcome.failure is not None
        assert "of 250 records failed, more than max_failures" in outcome.failure.message
        assert outcome.counts == Counts()
        assert listed(work) == []
        assert work.run_row(outcome.run)["position"]["1"]["cursor"] is None


def raises_for_all(_run: Run, _records: Any) -> None:
    raise RuntimeError("the network is down")


def test_a_record_that_python_cannot_hold_fails_alone(work: Works) -> None:
    work.rows("ALTER TABLE item ADD due timestamptz DEFAULT now()")
    work.rows("UPDATE item SET due = 'infinity' WHERE id = ANY (%s)", [list(POISON)])
    outcome = work(
        returns,
        statement=INSERT,
        select="SELECT id, due FROM item",
        max_failures=Allowance(4),
    )
    assert outcome.counts == Counts(35, 31, 0, 4, 4)
    assert [key for key, *_ in listed(work)] == [[str(n)] for n in POISON]
    assert effects(work) == OTHERS


def test_what_is_skipped_is_counted_so_also_among_failures(work: Works) -> None:
    work.rows(CHECKS)

    def skip_even(run: Run, record: Record) -> Any:
        return SKIP if record["id"] % 2 == 0 else returns(run, record)

    outcome = work(skip_even, statement=INSERT, max_failures=Allowance(3))
    assert outcome.counts == Counts(35, 15, 17, 3, 4)


@pytest.mark.parametrize("shape", ["handler", "set"])
def test_a_group_is_never_cut_not_even_to_find_what_fails(work: Works, shape: str) -> None:
    # Groups of four, three in a page: its middle lies within one. A bad one fails as a whole.
    alerts = "INSERT INTO alert SELECT g, count(*) FROM batch GROUP BY g"
    work.rows("CREATE TABLE alert (g int, number int, CHECK (g NOT IN (0, 5)))")

    def alert(run: Run, records: list[Record]) -> None:
        for group in sorted({record["g"] for record in records}):
            number = sum(record["g"] == group for record in records)
            run.connection.execute("INSERT INTO alert VALUES (%s, %s)", [group, number])

    fields: dict[str, Any] = {"statement": alerts} if shape == "set" else {"per": "batch"}
    outcome = work(
        alert if shape == "handler" else None,
        select="SELECT id / 4 AS g, id FROM item",
        key=key_of("g", "id"),
        group_by=("g",),
        batch_size=9,
        max_failures=Allowance(7),
        **fields,
    )
    assert outcome.counts == Counts(35, 28, 0, 7, 3)
    assert work.rows("SELECT * FROM alert ORDER BY g") == [(g, 4) for g in (1, 2, 3, 4, 6, 7, 8)]
    assert [key[0] for key, *_ in listed(work)] == ["0"] * 3 + ["5"] * 4


@pytest.mark.parametrize("shape", ["handler", "set"])
def test_a_wrong_statement_is_no_record_s_failure(work: Works, shape: str) -> None:
    function = returns if shape == "handler" else None
    for statement in (
        "INSERT INTO effects SELECT id FROM batch",
        "INSERT INTO effect SELECT idd FROM batch",
    ):
        outcome = work(function, statement=statement, max_failures=Allowance(100))
        assert outcome.status is RunStatus.FAILED
        assert outcome.failure is not None
        assert outcome.failure.message.startswith("in its statement: ")
        assert listed(work) == []


def test_rows_of_different_columns_fail_the_run(work: Works) -> None:
    outcome = work(
        lambda _run, r: {"id": 1} if r["id"] % 2 else {"id": 1, "x": 2},
        statement=INSERT,
        max_failures=Allowance(100),
    )
    assert outcome.failure is not None
    assert "rows of different columns: id and id, x" in outcome.failure.message
    assert listed(work) == []
