"""A Python handler per record, beside the loops that people write."""

from functools import partial

from bench import jobs
from bench.contest import Contest
from bench.figures import Aim, Figure, Row, Section, ratios
from bench.place import Place
from bench.rounds import in_turn
from bench.scale import Scale

_ROWS = "row by row, committed a page"
_OFFSET = "OFFSET pages, row by row, autocommit"
_PAGE = 100
_METHOD = """\
Each record's jsonb is decoded and weighed by a Python function, and the result written back. Whole
processes from start to exit, on a fresh copy of the table each time; batches of {batch}. The two
slow loops are timed within, over part of the table, and multiplied: row by row over the first
{sample:,} records, OFFSET over each {every}th page of {page}, near and far alike."""


def handler(place: Place, scale: Scale) -> list[Section]:
    """The usual table, then the large one."""
    return [_small(place, scale), _large(place, scale)]


def _small(place: Place, scale: Scale) -> Section:
    contest = Contest(place, scale.small, place.url)
    home = place.home
    every = scale.small // scale.sample
    sample = partial(contest.sample, place.runner.python, of=every)
    taken = in_turn(
        {
            "bgjobs": contest.bgjobs(jobs.HANDLER),
            "checkpoint": contest.script("keyset", place.url, home, jobs.BATCH, "checkpoint"),
            "plain": contest.script("keyset", place.url, home, jobs.BATCH, "plain"),
            "rows": sample("rows", place.url, home, min(jobs.BATCH, scale.sample), scale.sample),
            "offset": sample(
                "offset", place.url, home, min(_PAGE, scale.sample), scale.small, every
            ),
        },
        scale.rounds,
        scale.seconds,
    )
    ours = taken["bgjobs"]
    return Section(
        f"Python handler, {scale.small:,} records",
        _METHOD.format(batch=jobs.BATCH, sample=scale.sample, every=every, page=_PAGE),
        [
            Row("bgjobs, `handler` per record", ours, scale.small),
            Row("keyset + unnest, with checkpoint", taken["checkpoint"], scale.small),
            Row("keyset + unnest", taken["plain"], scale.small),
            Row(_ROWS, taken["rows"], scale.small, f"times {every}"),
            Row(_OFFSET, taken["offset"], scale.small, f"times {every}"),
        ],
        [
            Figure(
                "Python handler, bgjobs : hand-written keyset + unnest loop with checkpoint",
                ratios(taken["checkpoint"], ours),
                Aim(1.0),
            ),
            Figure("… : the same loop without checkpoint", ratios(taken["plain"], ours)),
            Figure("… : row by row", ratios(taken["rows"], ours)),
            Figure("bgjobs : naive OFFSET loop", ratios(taken["offset"], ours), Aim(20)),
        ],
    )


def _large(place: Place, scale: Scale) -> Section:
    contest = Contest(place, scale.large, place.url)
    by_hand = contest.script("keyset", place.url, place.home, jobs.BATCH, "checkpoint")
    taken = in_turn(
        {"bgjobs": contest.bgjobs(jobs.HANDLER), "hand": by_hand}, scale.few, scale.seconds
    )
    return Section(
        f"Python handler, {scale.large:,} records",
        "As above.",
        [
            Row("bgjobs, `handler` per record", taken["bgjobs"], scale.large),
            Row("keyset + unnest, with checkpoint", taken["hand"], scale.large),
        ],
        [
            Figure(
                f"… : hand-written loop with checkpoint, {scale.large:,} records",
                ratios(taken["hand"], taken["bgjobs"]),
            )
        ],
    )
