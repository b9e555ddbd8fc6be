"""Calling a handler for the records of a page: one by one, all at once, or many at a time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from bgjobs.errors import JobFailedError
from bgjobs.handler import Run, Skip
from bgjobs.job import Job
from bgjobs.record import Counts

Record = dict[str, Any]


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

        Raises:
            Exception: What a handler per batch raised: which record is at fault is not known.
        """
        if self._job.per == "batch":
            return self._batch(records)
        answers = self._each(records) if self._many is None else self._many(self._one, records)
        return self._gather(answers)

    def _batch(self, records: Sequence[Record]) -> Work:
        returned = self._function(self._run, list(records))
        if _is_awaitable(returned):
            returned = complete(returned)
        rows = [] if returned is None or isinstance(returned, Skip) else list(returned)
        skipped = len(records) if isinstance(returned, Skip) else 0
        for row in rows:
            _check_row(row)
        done = len(records) - skipped
        return Work(rows, [], Counts(len(records), done, skipped, 0, 1))

    def _one(self, record: Record) -> Any:  # noqa: ANN401 - whatever a handler returns
        return self._function(self._run, record)

    def _each(self, records: Sequence[Record]) -> list[Any]:
        function, run = self._function, self._run
        answers: list[Any] = []
        for index, record in enumerate(records):
            try:
                answers.append(function(run, record))
            except Exception as error:  # noqa: BLE001 - any failure of a record is that record's
                answers.append(Failed(index, error))
        return answers

    def _gather(self, answers: Sequence[Any]) -> Work:
        rows: list[Mapping[str, Any]] = []
        failed: list[Failed] = []
        skipped = 0
        for index, given in enumerate(answers):
            answer = given
            if answer is None:
                continue
            if isinstance(answer, Skip):
                skipped += 1
                continue
            if not isinstance(answer, Failed):
                try:
                    _check_row(answer)
                except JobFailedError as error:
                    answer = Failed(index, error)
            if isinstance(answer, Failed):
                failed.append(answer)
            else:
                rows.append(answer)
        read = len(answers)
        counts = Counts(read, read - skipped - len(failed), skipped, len(failed), 1)
        return Work(rows, failed, counts)


def _check_row(row: object) -> None:
    if not isinstance(row, Mapping):
        raise JobFailedError(
            f"the handler returned a {type(row).__name__}; per record it returns a dictionary of "
            "columns, None or bgjobs.SKIP, per batch a list of such dictionaries"
        )


def _is_awaitable(value: object) -> bool:
    return hasattr(value, "__await__")


def complete(awaitable: Any) -> Any:  # noqa: ANN401 - whatever a handler returns
    """Run an asynchronous handler to its end."""
    import asyncio

    async def wait() -> Any:  # noqa: ANN401 - whatever a handler returns
        return await awaitable

    return asyncio.run(wait())


def _many(job: Job, function: Callable[..., Any]) -> Callable[..., list[Any]] | None:
    import inspect

    if job.per == "batch":
        return None
    if inspect.iscoroutinefunction(function):
        return lambda one, records: complete(_gathered(one, records, job.concurrency))
    if job.concurrency > 1:
        return lambda one, records: _threaded(one, records, job.concurrency)
    return None


async def _gathered(
    one: Callable[[Record], Any], records: Sequence[Record], concurrency: int
) -> list[Any]:
    import asyncio

    gate = asyncio.Semaphore(concurrency)

    async def call(index: int, record: Record) -> Any:  # noqa: ANN401 - whatever it returns
        async with gate:
            try:
                return await one(record)
            except Exception as error:  # noqa: BLE001 - any failure of a record is that record's
                return Failed(index, error)

    return await asyncio.gather(*(call(*pair) for pair in enumerate(records)))


def _threaded(
    one: Callable[[Record], Any], records: Sequence[Record], concurrency: int
) -> list[Any]:
    from concurrent.futures import ThreadPoolExecutor

    def call(index: int, record: Record) -> Any:  # noqa: ANN401 - whatever it returns
        try:
            return one(record)
        except Exception as error:  # noqa: BLE001 - any failure of a record is that record's
            return Failed(index, error)

    with ThreadPoolExecutor(concurrency) as pool:
        try:
            return list(pool.map(call, range(len(records)), records))
        except KeyboardInterrupt:
            # A stop leaves at once: what has not begun is dropped, what has is not waited for.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
