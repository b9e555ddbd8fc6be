"""How long to wait before another try."""

from collections.abc import Callable

_DOUBLINGS = 32  # a float overflows long before anybody has waited so often


def wait(
    first: float, tries: int, *, longest: float, draw: Callable[[], float] | None = None
) -> float:
    """Seconds, from half to all of a bound that is `first` and doubles with each of `tries`.

    Many that failed at once do not come back at once. `draw` gives numbers from 0 to below 1.
    """
    from random import random

    drawn = draw() if draw else random()  # noqa: S311 - no secret is made of it
    bound = min(longest, first * 2.0 ** min(tries, _DOUBLINGS))
    return bound * (1 + drawn) / 2
