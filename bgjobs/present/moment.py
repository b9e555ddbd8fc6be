"""Moments as a person reads them."""

from datetime import datetime, tzinfo


def minute(at: datetime, zone: tzinfo | None) -> str:
    """Like "2026-07-01 10:00"; a `zone` of None is the machine's."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def second(at: datetime, zone: tzinfo | None) -> str:
    """Like "2026-07-01 10:00:05 UTC"; a `zone` of None is the machine's."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
