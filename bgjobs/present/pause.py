"""What pausing, resuming and stopping did."""

from collections.abc import Sequence
from datetime import tzinfo

from bgjobs.present.moment import minute
from bgjobs.present.table import line
from bgjobs.record import Pause


def paused(made: Pause, zone: tzinfo | None = None) -> str:
    """That a job is paused, and what ends it."""
    end = (
        f"until {minute(made.until, zone)}"
        if made.until
        else f"until you run: bgjobs resume {made.job}"
    )
    return line(f"{made.job} is paused {end}" + (f" ({made.reason})" if made.reason else ""))


def resumed(job: str, *, was_paused: bool) -> str:
    """That a job starts again."""
    return line(f"{job} is no longer paused" if was_paused else f"{job} was not paused")


def stopping(job: str, runs: Sequence[str]) -> str:
    """Which runs were asked to stop."""
    if not runs:
        return line(f"no run of {job} is running")
    return "\n".join(line(f"run {run} of {job} stops after its batch") for run in runs)
