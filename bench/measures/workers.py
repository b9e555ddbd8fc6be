"""Two workers beside one, for a handler that keeps a core busy."""

import time

from bench import jobs
from bench.contest import Contest
from bench.figures import Aim, Figure, Row, Section, ratios
from bench.place import Place, usable_cores
from bench.rounds import in_turn
from bench.scale import Scale

_MICROSECONDS = 50
_METHOD = """\
The handler's job with about {microseconds} µs of arithmetic a record, on {cores} cores which the
server shares. Whole processes."""


def workers(place: Place, scale: Scale) -> list[Section]:
    """The same job with `workers = 1` and `workers = 2`."""
    contest = Contest(place, scale.small, place.url)
    rounds = _rounds_of_arithmetic()
    taken = in_turn(
        {
            "one": contest.bgjobs(jobs.hard(1, rounds)),
            "two": contest.bgjobs(jobs.hard(2, rounds)),
        },
        scale.few,
        scale.seconds,
    )
    return [
        Section(
            f"Workers, {scale.small:,} records",
            _METHOD.format(microseconds=_MICROSECONDS, cores=usable_cores()),
            [
                Row("workers = 1", taken["one"], scale.small),
                Row("workers = 2", taken["two"], scale.small),
            ],
            [Figure("2 workers : 1 on 2 cores", ratios(taken["one"], taken["two"]), Aim(1.6))],
        )
    ]


def _rounds_of_arithmetic() -> int:
    """How many rounds of the handler's loop take as long as they should, on this machine."""
    number, best = 100_000, float("inf")
    for _ in range(5):
        began = time.perf_counter()
        value = 1
        for _ in range(number):
            value = (value * 31 + 7) % 1_000_003
        best = min(best, time.perf_counter() - began)
    return round(number * _MICROSECONDS / 1_000_000 / best)
