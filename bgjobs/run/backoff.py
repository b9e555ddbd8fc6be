"""The waits between tries, each of a random length up to a growing bound.

"Full jitter": many that failed at once do not come back at once.
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from collections.abc import Callable, Iterator

_DOUBLINGS = 32  # beyond, a float would overflow long before anybody waits so often


def waits(
    first: float,
    longest: float,
    *,
    draw: Callable[[], float],
    remaining: Callable[[], float | None],
    tries: int | None = None,
) -> Iterator[float]:
    """Seconds to wait before each further try, until the tries or the time are used up.

    Args:
        first: Bound of the first wait.
        longest: Bound of every wait; they double up to it.
        draw: A random number from 0 to below 1, as `random.random`.
        remaining: Seconds that are left, None where nothing bounds them. The last wait is cut to
            end with them: one more try is made when they are over.
        tries: How many waits there are at most.
    """
    count = 0
    while tries is None or count < tries:
        left = remaining()
        if left is not None and left <= 0:
            return
        wait = draw() * min(longest, first * 2.0 ** min(count, _DOUBLINGS))
        yield wait if left is None else min(wait, left)
        count += 1
