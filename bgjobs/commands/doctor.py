"""Examine everything that has to be right for cron to run the jobs."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from bgjobs.commands.cron_target import Target, Where, target
from bgjobs.commands.doctor_cron import examine_cron
from bgjobs.commands.doctor_jobs import examine_jobs
from bgjobs.commands.doctor_rehearsal import rehearse_start
from bgjobs.errors import BgjobsError, ExitStatus
from bgjobs.finding import Finding, Severity, error, warning
from bgjobs.present.as_json import as_json
from bgjobs.present.findings import as_values, findings
from bgjobs.present.terminal import in_colour


def doctor(
    config_path: Path | None, where: Where, out: TextIO, *, cron: bool, as_values_only: bool
) -> ExitStatus:
    """Print each finding with its remedy; status 1 where one of them is an error.

    Without `cron` nothing is looked at but what a start by anything else needs as well.
    """
    found = list(_examine(config_path, where, cron=cron))
    if as_values_only:
        out.write(as_json(as_values(found)) + "\n")
    else:
        out.write(findings(found, colour=in_colour(out, os.environ)) + "\n")
    return _status(found)


def doctor_as_cron(config_path: Path | None, out: TextIO) -> ExitStatus:
    """The part that is run as cron would run it: its findings on one line, as JSON."""
    import json

    found = list(examine_jobs(config_path))
    out.write(json.dumps(as_values(found)) + "\n")
    return _status(found)


def _examine(config_path: Path | None, where: Where, *, cron: bool) -> Iterator[Finding]:
    if not cron:
        yield from examine_jobs(config_path)
        return
    try:
        jobs = target(config_path, where)
    except BgjobsError as problem:
        for text in str(problem).splitlines():
            yield error("jobs.toml", text, "fix it; nothing else was checked")
        return
    yield from examine_cron(jobs, where)
    yield from _schedules(jobs)
    yield from rehearse_start(jobs)


def _schedules(jobs: Target) -> Iterator[Finding]:
    for job in jobs.config.jobs.values():
        if job.enabled and job.schedule is not None:
            for doubt in job.schedule.warnings():
                yield warning(f"schedule of {job.name}", doubt, "see: bgjobs next " + job.name)


def _status(found: list[Finding]) -> ExitStatus:
    failed = any(one.severity is Severity.ERROR for one in found)
    return ExitStatus.JOB_FAILED if failed else ExitStatus.SUCCESS
