"""Finding the records that fail by halving: a savepoint per part, not per record."""

from collections.abc import Callable
from typing import NamedTuple

from bgjobs.errors import JobFailedError
from bgjobs.store.batches import Batches
from bgjobs.store.connection import of_records


class Part(NamedTuple):
    """Records of a batch by their places, the end not among them."""

    start: int
    end: int


def isolate(
    batches: Batches,
    part: Part,
    attempt: Callable[[Part], None],
    fail: Callable[[int, Exception], None],
) -> None:
    """Attempt a part; where it fails, its halves, down to the single records at fault.

    `attempt` works a part and raises; what it wrote is then undone. `fail` is told of a single
    record that failed, outside the savepoint.

    Raises:
        Exception: What no single record can be the cause of.
    """
    waiting = [part]
    while waiting:
        now = waiting.pop()
        batches.save()
        try:
            attempt(now)
        except Exception as error:
            if not (of_records(error) or _by_handler(error)):
                raise
            batches.undo()
            if now.end - now.start == 1:
                fail(now.start, error)
                continue
            middle = (now.start + now.end) // 2
            waiting += [Part(middle, now.end), Part(now.start, middle)]
        else:
            batches.keep()


def _by_handler(error: Exception) -> bool:
    """Whether a handler's answer was wrong, which is a failure of its record."""
    return isinstance(error, JobFailedError) and error.__cause__ is None
