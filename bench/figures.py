"""What was measured, as values."""

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """The median of several rounds, and between what the middle half of them lies."""

    low: float
    median: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    return Spread(*statistics.quantiles(values, n=4, method="inclusive"))


class Aim(NamedTuple):
    """The bound that a figure is to keep."""

    bound: float
    at_least: bool = True
    unit: str = ""

    def reached(self, value: float) -> bool:
        """Whether a figure keeps it."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.bound:g}{self.unit}"


class Figure(NamedTuple):
    """A ratio, or another number that an aim may be set for, one value a round."""

    what: str
    values: Sequence[float]
    aim: Aim | None = None


class Row(NamedTuple):
    """One contestant: seconds a round, for so many records; `note` tells how it was measured."""

    name: str
    seconds: Sequence[float]
    records: int = 0
    note: str = ""


class Section(NamedTuple):
    """One measure."""

    title: str
    method: str
    rows: Sequence[Row]
    figures: Sequence[Figure]


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """How many times as long one took as the other, round by round."""
    return [a / b for a, b in zip(above, below, strict=True)]


Rounds = Mapping[str, Sequence[float]]
