"""Schedule."""

from typing import NamedTuple


class Schedule(NamedTuple):
    """A cron expression in a time zone."""

    expression: str
    timezone: str = "UTC"
