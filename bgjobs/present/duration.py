"""Lengths of time as a person reads them."""

from datetime import timedelta


def short(length: timedelta) -> str:
    """The two largest units that count: "0s", "850ms", "4.2s", "12m23s", "3h05m", "2d03h"."""
    if length < timedelta(0):
        return "-" + short(-length)
    seconds = length.total_seconds()
    if round(seconds, 1) < 10:  # noqa: PLR2004 - below ten seconds a tenth is worth showing
        return _brief(seconds)
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours:02}h"
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{left:02}s" if minutes else f"{left}s"


def _brief(seconds: float) -> str:
    if round(seconds * 1000) < 1000:  # noqa: PLR2004 - milliseconds of a second
        return f"{round(seconds * 1000)}ms" if seconds else "0s"
    return f"{seconds:.1f}".removesuffix(".0") + "s"
