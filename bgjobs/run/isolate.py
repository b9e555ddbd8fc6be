"""Finding the records that fail by halving: a savepoint per part, not per record."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bgjobs.store.batches import Batches
from bgjobs.store.connection import of_records


class Part(NamedTuple):
    """Records of a batch by their places, the end not among them."""

    start: int
    end: int


def isolate(
    batches: Batches,
    cuts: Sequence[int],
    attempt: Callable[[Part], None],
    fail: Callable[[int, Exception], None],
) -> None:
    """Attempt a whole; where it fails, its halves, down to the smallest parts at fault.

    Args:
        batches: Whose transaction has the savepoints.
        cuts: The places where the whole may be cut, with its start and its end.
        attempt: Works a part and raises; what it wrote is then undone.
        fail: Is told of each record of a smallest part that failed, outside the savepoint.

    Raises:
        Exception: What no single record can be the cause of.
    """
    waiting = [(0, len(cuts) - 1)]
    while waiting:
        first, last = waiting.pop()
        part = Part(cuts[first], cuts[last])
        batches.save()
        try:
            attempt(part)
        except Exception as error:
            if not of_records(error):
                raise
            batches.undo()
            if last - first == 1:
                for place in range(*part):
                    fail(place, error)
                continue
            middle = (first + last) // 2
            waiting += [(middle, last), (first, middle)]
        else:
            batches.keep()
