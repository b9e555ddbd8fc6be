"""Runs as a table, newest first; under each that did not go well, why."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from bgjobs.present.detailed import detailed
from bgjobs.present.duration import short
from bgjobs.present.moment import minute
from bgjobs.present.status_word import status_word
from bgjobs.present.table import Paint
from bgjobs.record import RunRecord, RunStatus, told

_HEADERS = ("RUN", "JOB", "STATUS", "STARTED", "TOOK", "RECORDS")
_SHORTEST_ID = 8


def history(
    runs: Sequence[RunRecord],
    *,
    now: datetime,
    zone: tzinfo | None = None,
    width: int | None = None,
    paint: Paint | None = None,
) -> str:
    """The lines of the table; `now` tells how long a living run has taken so far."""
    if not runs:
        return "No runs."
    size = _id_length(runs)
    rows = [
        (
            str(run.id)[:size],
            run.job,
            status_word(run),
            minute(run.started_at, zone),
            _took(run, now),
            f"{run.counts.processed:,}",
        )
        for run in runs
    ]
    return detailed(_HEADERS, rows, [[note(run)] for run in runs], width, "<<<<>>", paint)


def note(run: RunRecord) -> str:
    """What is worth saying of a run in a line; nothing of one that went well."""
    if run.status is RunStatus.PARTIAL:
        return f"{run.counts.failed:,} record{'' if run.counts.failed == 1 else 's'} failed"
    said = run.error_message or run.reason or ""
    first = said.splitlines()[0] if said else ""
    return told(run.error_class, first) if run.error_message else first


def _took(run: RunRecord, now: datetime) -> str:
    if run.status is RunStatus.SKIPPED:
        return ""
    return short((run.finished_at or now) - run.started_at)


def _id_length(runs: Sequence[RunRecord]) -> int:
    """How much of the ids tells the runs apart."""
    ids = [str(run.id) for run in runs]
    size = _SHORTEST_ID
    while len({one[:size] for one in ids}) < len(ids):
        size += 1
    return size
