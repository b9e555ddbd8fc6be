"""Whether a job needs a person's look."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from bgjobs.job_state import JobState
from bgjobs.record import RunRecord, RunStatus, told


class Level(IntEnum):
    """How urgent a look is; the numbers are what monitoring plugins exit with."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


class Health(NamedTuple):
    """One job's level, and why."""

    job: str
    level: Level
    text: str


_LEVELS = {
    RunStatus.FAILED: Level.CRITICAL,
    RunStatus.CRASHED: Level.CRITICAL,
    RunStatus.TIMED_OUT: Level.CRITICAL,
    RunStatus.INTERRUPTED: Level.WARNING,
    RunStatus.PARTIAL: Level.WARNING,
}


def expected(state: JobState, since: datetime | None, now: datetime) -> datetime | None:
    """The newest slot for which there has to be a run by now, or None.

    `now` is the moment of judgement less the grace; `since` is when the job was first seen: slots
    before that are nobody's.
    """
    job = state.job
    if job.schedule is None or not job.enabled or state.pause is not None or since is None:
        return None
    slot = job.schedule.latest(now - job.schedule.spread)
    return slot if slot is not None and slot > since else None


def health(state: JobState, missed: datetime | None, now: datetime) -> Health:
    """Judge a job by its newest run; `missed` is an expected slot that has none."""
    name = state.job.name
    if missed is not None:
        return Health(name, Level.CRITICAL, f"no run for its slot {_at(missed)}")
    if state.last is None:
        return Health(name, Level.OK, "pending: it has not run yet")
    level, text = _of_run(state.last, state.job.timeout, now)
    return Health(name, level, text)


def worst(found: list[Health]) -> Level:
    """The most urgent level of all."""
    return max((one.level for one in found), default=Level.OK)


def _of_run(run: RunRecord, timeout: timedelta | None, now: datetime) -> tuple[Level, str]:
    if run.status is RunStatus.RUNNING:
        late = timeout is not None and now - run.started_at > timeout
        text = f"running since {_at(run.started_at)}"
        return (Level.CRITICAL, f"{text}, beyond its timeout") if late else (Level.OK, text)
    text = f"{run.status.value} at {_at(run.finished_at or run.heartbeat_at)}"
    if run.status is RunStatus.PARTIAL:
        text += f": {run.counts.failed} record{'' if run.counts.failed == 1 else 's'} failed"
    elif run.error_message:
        text += f": {told(run.error_class, run.error_message)}".splitlines()[0]
    elif run.reason:
        text += f": {run.reason}".splitlines()[0]
    return _LEVELS.get(run.status, Level.OK), text


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}"
