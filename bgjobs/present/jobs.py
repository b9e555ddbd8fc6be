"""The jobs of jobs.toml, and when cron starts them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from bgjobs.coming import Coming
from bgjobs.job import Job
from bgjobs.present.detailed import detailed
from bgjobs.present.duration import short
from bgjobs.present.moment import minute
from bgjobs.present.table import Paint, table

STYLES = {"disabled": "dim"}
_KINDS = {"statement": "SQL", "set": "SQL in batches", "handler": "handler", "once": "one call"}
_MINUTE = timedelta(minutes=1)

# A job, and its next start where it has one.
Listed = tuple[Job, Coming | None]


def jobs(
    listed: Sequence[Listed],
    *,
    zone: tzinfo | None = None,
    width: int | None = None,
    paint: Paint | None = None,
) -> str:
    """A line for each job, and under it what it is for; `width` None cuts nothing."""
    if not listed:
        return "No jobs."
    rows = [
        (
            job.name,
            job.schedule.describe() if job.schedule else "by hand",
            _next(job, following, zone),
            _KINDS[job.shape],
        )
        for job, following in listed
    ]
    headers = ("JOB", "SCHEDULE", "NEXT RUN", "KIND")
    return detailed(headers, rows, [_details(*one) for one in listed], width, paint=paint)


def coming(
    starts: Sequence[Coming], *, now: datetime, several: bool, width: int | None = None
) -> str:
    """A line for each start: its slot in the job's zone and in UTC, and how far away it is.

    `several` names the job of each. Where a start is later than its slot, the line tells when.
    """
    delayed = any(one.start != one.slot for one in starts)
    headers = ["JOB"] * several + ["SLOT", "UTC"] + ["START"] * delayed + ["IN"]
    rows = [
        [one.job.name] * several
        + [_in_zone(one), f"{one.slot.astimezone(UTC):%Y-%m-%d %H:%M}"]
        + [_later(one.start - one.slot)] * delayed
        + [short(one.start - now)]
        for one in starts
    ]
    return table(headers, rows, width, "<" * (len(headers) - 1) + ">")


def job_value(job: Job, following: Coming | None) -> dict[str, Any]:
    """A job for `bgjobs list --json`; times are UTC."""
    schedule = job.schedule
    return {
        "job": job.name,
        "description": job.description,
        "kind": job.shape,
        "handler": job.handler,
        "enabled": job.enabled,
        "schedule": schedule.expression if schedule else None,
        "timezone": schedule.timezone if schedule else None,
        "words": schedule.describe() if schedule else None,
        "spread_seconds": int(schedule.spread.total_seconds()) if schedule else None,
        "warnings": schedule.warnings() if schedule else [],
        "next_slot": following and following.slot.astimezone(UTC).isoformat(),
        "next_run": following and following.start.astimezone(UTC).isoformat(),
    }


def coming_value(one: Coming, now: datetime) -> dict[str, Any]:
    """A start for `bgjobs next --json`; `local` is the slot in the job's zone."""
    return {
        "job": one.job.name,
        "enabled": one.job.enabled,
        "slot": one.slot.astimezone(UTC).isoformat(),
        "local": _local(one).isoformat(),
        "start": one.start.astimezone(UTC).isoformat(),
        "in_seconds": round((one.start - now).total_seconds()),
    }


def _next(job: Job, following: Coming | None, zone: tzinfo | None) -> str:
    if not job.enabled:
        return "disabled"
    if following is not None:
        return minute(following.start, zone)
    return "at start" if job.schedule and job.schedule.is_reboot else "-"


def _details(job: Job, following: Coming | None) -> list[str]:
    if job.schedule is None or not job.schedule.spread or following is None:
        return [job.description]
    later = _later(following.start - following.slot)
    spread = f"{job.schedule.spread // _MINUTE}m"
    return [job.description, f"starts are spread over {spread}; on this host {later}"]


def _later(delay: timedelta) -> str:
    return f"+{delay // _MINUTE}m" if delay else "in time"


def _local(one: Coming) -> datetime:
    name = one.job.schedule.timezone if one.job.schedule else "UTC"
    if name == "UTC":
        return one.slot.astimezone(UTC)
    from zoneinfo import ZoneInfo

    return one.slot.astimezone(ZoneInfo(name))


def _in_zone(one: Coming) -> str:
    return f"{_local(one):%a %Y-%m-%d %H:%M %Z}"
