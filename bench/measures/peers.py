"""Other tools for the same records: an ORM's bulk update, and queues with a job a record."""

from functools import partial

from bench import jobs
from bench.contest import Contest
from bench.figures import Aim, Figure, Row, Section, ratios
from bench.place import Place
from bench.rounds import in_turn
from bench.scale import Scale

_CONCURRENCY = 20
_METHOD = """\
The handler's job over {records:,} records, whole process, beside tools from a virtual environment
of their own (bench/requirements.txt). These are timed within, without their start, over the first
{sample:,} records, and multiplied by {times:g}. For the queues that is the working alone: putting
the jobs in, each with its record, is not counted."""


def peers(place: Place, scale: Scale, python: str) -> list[Section]:
    """Django, procrastinate and pgqueuer, run by an interpreter that has them."""
    contest = Contest(place, scale.small, place.url)
    times = scale.small / scale.sample
    by_tool = partial(contest.sample, python, of=times)
    place_ = (place.url, place.home)
    size = min(jobs.BATCH, scale.sample)
    taken = in_turn(
        {
            "bgjobs": contest.bgjobs(jobs.HANDLER),
            "Django bulk_update": by_tool("django_bulk", *place_, size, scale.sample),
            "procrastinate": by_tool("procrastinate_jobs", *place_, scale.sample, _CONCURRENCY),
            "pgqueuer": by_tool("pgqueuer_jobs", *place_, scale.sample, _CONCURRENCY),
        },
        scale.few,
        scale.seconds,
    )
    ours = taken.pop("bgjobs")
    return [
        Section(
            f"Peers, {scale.small:,} records",
            _METHOD.format(records=scale.small, sample=scale.sample, times=times),
            [
                Row("bgjobs, `handler` per record", ours, scale.small),
                *(Row(tool, s, scale.small, f"times {times:g}") for tool, s in taken.items()),
            ],
            [Figure(f"bgjobs : {tool}", ratios(s, ours), Aim(10)) for tool, s in taken.items()],
        )
    ]
