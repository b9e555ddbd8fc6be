"""Calling a handler for the records of a page: one by one, all at once, or many at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from bgjobs.errors import AnswerError, JobFailedError
from bgjobs.handler import Run, Skip
from bgjobs.job import Job
from bgjobs.record import Counts
from bgjobs.run.forks import Alone

Record = dict[str, Any]
_EXPECTED = "per record it returns a dictionary of columns, None or bgjobs.SKIP"
_EXPECTED_OF_ALL = "per batch it returns a list of dictionaries of columns, None or bgjobs.SKIP"


class Failed(NamedTuple):
    """A record whose handler raised."""

    place: int
    error: Exception


class Work(NamedTuple):
    """What a handler made of a page: rows for the statement, and how the records fared."""

    rows: list[Mapping[str, Any]]
    failed: list[Failed]
    counts: Counts


class Calls:
    """Calls one job's handler."""

    def __init__(self, job: Job, function: Callable[..., Any], run: Run) -> None:
        self._job = job
        self._function = function
        self._run = run
        self._many = _many(job, function)

    @property
    def concurrent(self) -> bool:
        """Whether records are worked many at a time, without the batch's connection."""
        return self._many is not None

    def call(self, records: Sequence[Record]) -> Work:
        """Call the handler; what it raises for one of many records is that record's failure.

        What it has counted and sent for a record that fails is forgotten.

        Raises:
            Exception: What a handler per batch raised: which record is at fault is not known.
        """
        if self._job.per == "batch":
            return self._batch(records)
        return _gather(self._each(records) if self._many is None else self._at_once(records))

    def _batch(self, records: Sequence[Record]) -> Work:
        with Alone():
            returned = self._function(self._run, list(records))
            if _is_awaitable(returned):
                returned = complete(returned)
            # Within, as what was returned may be a generator: the handler's own code.
            rows = [] if returned is None or isinstance(returned, Skip) else _rows(returned)
        skipped = len(records) if isinstance(returned, Skip) else 0
        done = len(records) - skipped
        return Work(rows, [], Counts(len(records), done, skipped, 0, 1))

    def _each(self, records: Sequence[Record]) -> list[Any]:
        function, run, stay = self._function, self._run, Alone().stay
        answers: list[Any] = []
        for index, record in enumerate(records):
            sent, counters = len(run.outbox), dict(run.counters)
            try:
                try:
                    answer = function(run, record)
                finally:
                    stay()
                if type(answer) is not dict:
                    _check(answer)
            except Exception as error:  # noqa: BLE001 - any failure of a record is that record's
                del run.outbox[sent:]
                run.counters = counters
                answer = Failed(index, error)
            answers.append(answer)
        return answers

    def _at_once(self, records: Sequence[Record]) -> list[Any]:
        assert self._many is not None  # noqa: S101 - who calls has looked
        runs = [self._run.apart() for _ in records]
        answers = self._many(self._function, runs, records)
        for run, answer in zip(runs, answers, strict=True):
            if not isinstance(answer, Failed):
                self._run.join(run)
        return answers


def _gather(answers: list[Any]) -> Work:
    if set(map(type, answers)) == {dict}:
        return Work(answers, [], Counts(len(answers), len(answers), 0, 0, 1))
    failed = [answer for answer in answers if isinstance(answer, Failed)]
    skipped = sum(isinstance(answer, Skip) for answer in answers)
    rows = [
        answer for answer in answers if answer is not None and not isinstance(answer, Skip | Failed)
    ]
    done = len(answers) - skipped - len(failed)
    return Work(rows, failed, Counts(len(answers), done, skipped, len(failed), 1))


def _check(answer: object) -> None:
    if answer is not None and not isinstance(answer, Skip | Mapping):
        raise AnswerError(f"the handler returned a {type(answer).__name__}; {_EXPECTED}")


def _rows(returned: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - whatever a handler returns
    if isinstance(returned, Mapping | str) or not isinstance(returned, Iterable):
        raise JobFailedError(
            f"the handler returned a {type(returned).__name__}; {_EXPECTED_OF_ALL}"
        )
    rows = list(returned)
    for row in rows:
        if not isinstance(row, Mapping):
            raise JobFailedError(
                f"the handler returned a list with a {type(row).__name__}; {_EXPECTED_OF_ALL}"
            )
    return rows


def _is_awaitable(value: object) -> bool:
    return hasattr(value, "__await__")


def complete(awaitable: Any) -> Any:  # noqa: ANN401 - whatever a handler returns
    """Run an asynchronous handler to its end."""
    import asyncio

    async def wait() -> Any:  # noqa: ANN401 - whatever a handler returns
        return await awaitable

    return asyncio.run(wait())


_Many = Callable[[Callable[..., Any], Sequence[Run], Sequence[Record]], list[Any]]


def _many(job: Job, function: Callable[..., Any]) -> _Many | None:
    import inspect

    if job.per == "batch":
        return None
    if inspect.iscoroutinefunction(function):
        return lambda call, runs, records: complete(_gathered(call, runs, records, job.concurrency))
    if job.concurrency > 1:
        return lambda call, runs, records: _threaded(call, runs, records, job.concurrency)
    return None


async def _gathered(
    function: Callable[..., Any],
    runs: Sequence[Run],
    records: Sequence[Record],
    concurrency: int,
) -> list[Any]:
    import asyncio

    gate = asyncio.Semaphore(concurrency)

    async def call(index: int) -> Any:  # noqa: ANN401 - whatever it returns
        async with gate:
            try:
                with Alone():
                    answer = await function(runs[index], records[index])
                _check(answer)
            except Exception as error:  # noqa: BLE001 - any failure of a record is that record's
                return Failed(index, error)
            return answer

    return await asyncio.gather(*map(call, range(len(records))))


def _threaded(
    function: Callable[..., Any],
    runs: Sequence[Run],
    records: Sequence[Record],
    concurrency: int,
) -> list[Any]:
    from concurrent.futures import ThreadPoolExecutor

    def call(index: int) -> Any:  # noqa: ANN401 - whatever it returns
        try:
            with Alone():
                answer = function(runs[index], records[index])
            _check(answer)
        except Exception as error:  # noqa: BLE001 - any failure of a record is that record's
            return Failed(index, error)
        return answer

    pool = ThreadPoolExecutor(concurrency)
    try:
        answers = list(pool.map(call, range(len(records))))
    except BaseException:
        # A stop leaves at once: what has not begun is dropped, what has is not waited for.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return answers
