"""`bgjobs list`: the jobs of jobs.toml, without asking the database."""

from datetime import datetime
from pathlib import Path
from typing import TextIO

from bgjobs.coming import coming
from bgjobs.commands.reading import colours, configured
from bgjobs.errors import ExitStatus
from bgjobs.host.identity import identity
from bgjobs.present import jobs as present
from bgjobs.present.as_json import as_json
from bgjobs.present.terminal import width


def list_jobs(config_path: Path | None, *, now: datetime, json: bool, out: TextIO) -> ExitStatus:
    """Print each job with its schedule in words and its next start on this host."""
    host = identity().host
    listed = [
        (job, next(iter(coming([job] if job.enabled else [], host, now, 1)), None))
        for job in configured(config_path).jobs.values()
    ]
    if json:
        text = as_json([present.job_value(*one) for one in listed])
    else:
        text = present.jobs(listed, width=width(out), paint=colours(out, present.STYLES))
    out.write(text + "\n")
    return ExitStatus.SUCCESS
