"""The monitor: every job, how it last went, when it runs next."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from bgjobs.job_state import JobState
from bgjobs.present.detailed import detailed
from bgjobs.present.moment import minute
from bgjobs.present.status_word import status_word
from bgjobs.present.table import Paint
from bgjobs.record import Pause

_HEADERS = ("JOB", "SCHEDULE", "STATUS", "LAST RUN", "NEXT RUN")


def status(
    states: Sequence[JobState],
    *,
    now: datetime,
    zone: tzinfo | None = None,
    width: int | None = None,
    paint: Paint | None = None,
) -> str:
    """A line for each job, and under it what it does; `width` None cuts nothing."""
    if not states:
        return "No jobs."
    rows = [_row(state, now, zone) for state in states]
    details = [_details(state, zone) for state in states]
    return detailed(_HEADERS, rows, details, width, paint=paint)


def word(state: JobState) -> str:
    """The status of the job: of its newest run, or "pending" until it first ran."""
    return status_word(state.last) if state.last else "pending"


def _row(state: JobState, now: datetime, zone: tzinfo | None) -> tuple[str, ...]:
    job = state.job
    return (
        job.name,
        job.schedule.expression if job.schedule else "by hand",
        word(state),
        minute(state.last.started_at, zone) if state.last else "-",
        _next(state, now, zone),
    )


def _next(state: JobState, now: datetime, zone: tzinfo | None) -> str:
    job = state.job
    if not job.enabled:
        return "disabled"
    slot = state.next_slot(now)
    if slot is not None:
        return minute(slot, zone)
    if job.schedule is None:
        return "-"
    return "paused" if state.pause else "at start" if job.schedule.is_reboot else "never"


def _details(state: JobState, zone: tzinfo | None) -> list[str]:
    said = state.function
    if state.job.description:
        said = f"{state.job.description} ({said})"
    return [said] + ([_paused(state.pause, zone)] if state.pause else [])


def _paused(pause: Pause, zone: tzinfo | None) -> str:
    until = f" until {minute(pause.until, zone)}" if pause.until else ""
    reason = f": {pause.reason}" if pause.reason else ""
    return f"paused{until} by {pause.paused_by}{reason}"
