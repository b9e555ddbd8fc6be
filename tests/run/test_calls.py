"""What a handler's answers come to, however it is called."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from bgjobs import SKIP
from bgjobs.errors import AnswerError, JobFailedError
from bgjobs.handler import Run
from bgjobs.job import Job
from bgjobs.record import Counts
from bgjobs.run.calls import Calls, Work
from bgjobs.run.stops import Stop
from harness.ledger import NOON

BOUND = 60


@pytest.fixture
def run() -> Run:
    return Run(id=uuid4(), job="work", slot=NOON, params={"n": 1})


def call(run: Run, function: Callable[..., Any], number: int = 5, **fields: Any) -> Work:
    job = Job("work", handler="m:f", select="SELECT", **fields)
    return Calls(job, function, run).call([{"id": place} for place in range(number)])


def answer(run: Run, record: dict[str, Any]) -> Any:
    """One of each: a row, SKIP, nothing, an error behind effects, a wrong answer."""
    place = record["id"] % 5
    run.count("called")
    run.send(record["id"], key=f"m{record['id']}")
    if place == 3:
        raise ValueError(f"no {record['id']}")
    return [{"id": record["id"], "x": 1}, SKIP, None, None, [record]][place]


async def answer_later(run: Run, record: dict[str, Any]) -> Any:
    await asyncio.sleep(0)
    return answer(run, record)


WAYS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "one by one": (answer, {}),
    "threads": (answer, {"concurrency": 4}),
    "async": (answer_later, {"concurrency": 4}),
    "async one at a time": (answer_later, {}),
    "bound": (partial(answer), {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_record_fares_by_its_own_answer(run: Run, way: str) -> None:
    function, fields = WAYS[way]
    work = call(run, function, 10, **fields)
    assert work.rows == [{"id": 0, "x": 1}, {"id": 5, "x": 1}]
    assert work.counts == Counts(10, 4, 2, 4, 1)
    told = [(failed.place, type(failed.error), str(failed.error)) for failed in work.failed]
    wrong = "the handler returned a list; per record it returns a dictionary of columns"
    assert [(place, kind) for place, kind, _ in told] == [
        (3, ValueError),
        (4, AnswerError),
        (8, ValueError),
        (9, AnswerError),
    ]
    assert told[0][2] == "no 3"
    assert told[1][2].startswith(wrong)
    # What was counted and sent for those that failed is forgotten; the rest is in order.
    assert run.counters == {"called": 6}
    assert [key for key, _ in run.outbox] == ["m0", "m1", "m2", "m5", "m6", "m7"]


def test_numbers_added_by_many_threads_at_once_are_all_there(run: Run) -> None:
    barrier = threading.Barrier(8)

    def count(own: Run, _record: object) -> None:
        barrier.wait(BOUND)
        for _ in range(1000):
            own.count("n")

    call(run, count, 8, concurrency=8)
    assert run.counters == {"n": 8000}


def test_no_more_are_called_at_once_than_the_job_allows(run: Run) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def enter() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)

    def leave() -> None:
        nonlocal now
        with lock:
            now -= 1

    async def work(_run: Run, _record: object) -> None:
        enter()
        await asyncio.sleep(0.001)
        leave()

    call(run, work, 30, concurrency=3)
    assert most == 3


def test_a_batch_answers_with_rows_nothing_or_skip(run: Run) -> None:
    async def later(_run: Run, records: list[Any]) -> Any:
        await asyncio.sleep(0)
        return records[:2]

    def lazily(_run: Run, records: list[Any]) -> Any:
        yield from records

    for function, rows, counts in [
        (lambda _run, records: records[:1], 1, Counts(5, 5, 0, 0, 1)),
        (lambda _run, _records: None, 0, Counts(5, 5, 0, 0, 1)),
        (lambda _run, _records: SKIP, 0, Counts(5, 0, 5, 0, 1)),
        (lazily, 5, Counts(5, 5, 0, 0, 1)),
        (later, 2, Counts(5, 5, 0, 0, 1)),
    ]:
        work = call(run, function, per="batch")
        assert (len(work.rows), work.counts, work.failed) == (rows, counts, [])


@pytest.mark.parametrize(
    ("returned", "named"),
    [(7, "an? int"), ("ab", "a str"), ({"id": 1}, "a dict"), ([7], "a list with an? int")],
)
def test_a_batch_that_answers_wrongly_is_told_what_is_right(
    run: Run, returned: object, named: str
) -> None:
    with pytest.raises(JobFailedError, match=f"the handler returned {named}; per batch"):
        call(run, lambda _run, _records: returned, per="batch")


def test_an_error_of_a_batch_is_nobody_s(run: Run) -> None:
    def fail(_run: Run, records: list[Any]) -> None:
        raise KeyError(len(records))

    with pytest.raises(KeyError):
        call(run, fail, per="batch")


def test_records_are_its_own_to_change(run: Run) -> None:
    given = [{"id": 1}]

    def clear(_run: Run, records: list[Any]) -> None:
        records.clear()

    work = Calls(Job("work", handler="m:f", select="SELECT", per="batch"), clear, run).call(given)
    assert (given, work.counts.read) == ([{"id": 1}], 1)


@pytest.mark.parametrize("error", [Stop("now"), SystemExit(3)], ids=["stop", "exit"])
@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_stop_is_no_record_s_failure_and_waits_for_no_thread(
    run: Run, error: BaseException, concurrency: int
) -> None:
    release = threading.Event()
    ended = threading.Event()

    def work(_run: Run, record: dict[str, Any]) -> None:
        if record["id"] == 0:
            raise error
        release.wait(BOUND)
        ended.set()

    with pytest.raises(type(error)):
        call(run, work, 3, concurrency=concurrency)
    assert not ended.is_set()
    release.set()


def test_the_connection_is_there_only_within_a_batch(run: Run) -> None:
    with pytest.raises(RuntimeError, match="only while a handler works on a batch"):
        _ = run.connection


def test_an_idempotency_key_tells_job_slot_and_record(run: Run) -> None:
    run.key = ("at", "id")
    record = {"id": 7, "at": NOON, "note": "x"}
    assert run.idempotency_key(record) == r"work:1782907200.000000:2026-07-01T12\:00\:00+00\:00:7"
