"""Running contestants in turn, so that what the machine does besides befalls all alike."""

import time
from collections.abc import Callable, Mapping

Run = Callable[[], float]


def in_turn(
    contestants: Mapping[str, Run], rounds: int, seconds: float = float("inf")
) -> dict[str, list[float]]:
    """What each run returned, one value a round; every second round goes the other way about.

    No round but the first begins after so many `seconds`.
    """
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    order = list(contestants)
    end = time.monotonic() + seconds
    for number in range(rounds):
        if number and time.monotonic() > end:
            break
        for name in order if number % 2 == 0 else reversed(order):
            taken[name].append(contestants[name]())
    return taken
