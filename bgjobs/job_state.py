"""A job as a monitor shows it: what it is, how it last went, when it runs next."""

from datetime import datetime, timedelta
from typing import NamedTuple

from bgjobs.job import Job
from bgjobs.record import Pause, RunRecord

_INSTANT = timedelta(microseconds=1)
_KINDS = {"statement": "SQL", "set": "SQL in batches"}


class JobState(NamedTuple):
    """A job, its newest run that was not skipped, and the pause in force."""

    job: Job
    last: RunRecord | None
    pause: Pause | None

    @property
    def function(self) -> str:
        """What does the work: the handler's name, or the kind of SQL."""
        return self.job.handler or _KINDS[self.job.shape]

    def next_slot(self, now: datetime) -> datetime | None:
        """The first slot in which a run can start; None where nothing will start it."""
        job = self.job
        if job.schedule is None or not job.enabled:
            return None
        if self.pause is None:
            return job.schedule.next(now)
        # A slot at the very end of the pause runs.
        end = self.pause.until
        return None if end is None else job.schedule.next(max(now, end - _INSTANT))
