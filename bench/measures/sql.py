"""A set-based job, beside the same SQL by hand and one UPDATE of the whole table."""

from bench import jobs
from bench.contest import Contest
from bench.figures import Aim, Figure, Row, Section, ratios
from bench.place import Place
from bench.rounds import in_turn
from bench.scale import Scale

_METHOD = """\
The same result by SQL alone: `select` and `statement` in bgjobs, by hand one statement a batch and
a checkpoint. Whole processes, batches of {batch}, on a fresh copy of the table each time. One
UPDATE of the whole table is the limit: it can be neither stopped nor gone on with."""


def sql(place: Place, scale: Scale) -> list[Section]:
    """The large table, where the start of the processes hardly counts, and the usual one."""
    return [_section(place, scale, scale.large, Aim(0.95)), _section(place, scale, scale.small)]


def _section(place: Place, scale: Scale, records: int, aim: Aim | None = None) -> Section:
    contest = Contest(place, records, place.url)
    arguments = (place.url, jobs.SET_SELECT, jobs.SET_UPDATE)
    taken = in_turn(
        {
            "bgjobs": contest.bgjobs(jobs.SET_BASED),
            "hand": contest.script("batches", *arguments, jobs.BATCH),
            "one": contest.script("batches", *arguments, ""),
        },
        scale.few if aim else scale.rounds,
        scale.seconds,
    )
    ours = taken["bgjobs"]
    what = "set-based job : the same SQL hand-written in batches with checkpoint"
    return Section(
        f"Set-based job, {records:,} records",
        _METHOD.format(batch=jobs.BATCH),
        [
            Row("bgjobs, `select` and `statement`", ours, records),
            Row("by hand, with checkpoint", taken["hand"], records),
            Row("one UPDATE", taken["one"], records),
        ],
        [
            Figure(what if aim else f"… at {records:,} records", ratios(taken["hand"], ours), aim),
            Figure("… : one UPDATE of the whole table", ratios(taken["one"], ours)),
        ],
    )
