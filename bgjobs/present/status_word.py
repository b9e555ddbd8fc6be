"""A run's state in one word, and its colour."""

from bgjobs.record import RunRecord, RunStatus

STYLES = {
    "running": "cyan",
    "success": "green",
    "partial": "yellow",
    "failed": "bold red",
    "timed_out": "bold red",
    "interrupted": "yellow",
    "crashed": "bold red",
    "crashed?": "bold red",
    "skipped": "dim",
    "pending": "dim",
    "paused": "yellow",
}


def status_word(run: RunRecord) -> str:
    """The status; "crashed?" where a death is seen but not recorded."""
    presumed = run.status is RunStatus.CRASHED and run.finished_at is None
    return "crashed?" if presumed else run.status.value
