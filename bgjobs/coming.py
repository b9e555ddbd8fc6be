"""When cron will start the jobs, in the order it will."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import NamedTuple

from bgjobs.job import Job

_FAR = timedelta(days=41 * 366)


class Coming(NamedTuple):
    """A slot of a job, and when this host starts it: later by the delay that `spread` gives it."""

    job: Job
    slot: datetime
    start: datetime


def coming(jobs: Iterable[Job], host: str, after: datetime, count: int) -> list[Coming]:
    """The next `count` starts of all the jobs together, later than `after`, whether enabled."""
    each = (_starts(job, host, after) for job in jobs)
    return list(islice(merge(*each, key=lambda one: one.start), count))


def _starts(job: Job, host: str, after: datetime) -> Iterator[Coming]:
    if job.schedule is None:
        return
    delay = job.schedule.delay(job.name, host)
    for slot in job.schedule.slots(after - delay, after + _FAR):
        yield Coming(job, slot, slot + delay)
