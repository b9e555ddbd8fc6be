"""`bgjobs next`: the coming slots, in the job's zone and in UTC."""

from datetime import datetime
from pathlib import Path
from typing import TextIO

from bgjobs.coming import coming
from bgjobs.commands.reading import ahead, configured, known
from bgjobs.errors import ExitStatus, UsageError
from bgjobs.host.identity import identity
from bgjobs.job import Job
from bgjobs.present import jobs as present
from bgjobs.present.as_json import as_json
from bgjobs.present.terminal import width


def next_slots(
    config_path: Path | None,
    name: str | None,
    *,
    count: int,
    after: str | None,
    now: datetime,
    json: bool,
    out: TextIO,
) -> ExitStatus:
    """Print the next starts of a job, or of all the enabled ones together.

    Raises:
        UsageError: The job has no slots to tell of.
    """
    config = configured(config_path)
    if name is None:
        jobs = [job for job in config.jobs.values() if job.enabled]
    else:
        jobs = [_scheduled(config.jobs[known(config, name)])]
    starts = coming(jobs, identity().host, ahead(after, now) if after else now, count)
    if json:
        out.write(as_json([present.coming_value(one, now) for one in starts]) + "\n")
        return ExitStatus.SUCCESS
    if name is not None and not jobs[0].enabled:
        out.write(f"{name} is disabled: cron does not start it at these times.\n")
    text = present.coming(starts, now=now, several=name is None, width=width(out))
    out.write((text if starts else "No job has a schedule.") + "\n")
    return ExitStatus.SUCCESS


def _scheduled(job: Job) -> Job:
    if job.schedule is None:
        raise UsageError(f"{job.name} has no schedule; start it by hand: bgjobs run {job.name}")
    if job.schedule.is_reboot:
        raise UsageError(f"{job.name} starts when the host boots, so it has no times to list")
    return job
