"""Running contestants in turn, so that what the machine does besides befalls all alike."""

from collections.abc import Callable, Mapping

Run = Callable[[], float]


def in_turn(contestants: Mapping[str, Run], rounds: int) -> dict[str, list[float]]:
    """What each run returned, one value a round; every second round goes the other way about."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    order = list(contestants)
    for number in range(rounds):
        for name in order if number % 2 == 0 else reversed(order):
            taken[name].append(contestants[name]())
    return taken
