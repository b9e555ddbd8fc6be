"""Lengths of time as people write them: "90 s", "10m", "2 hours", "90 days"."""

from datetime import timedelta

_SECONDS = {
    "ms": 0.001,
    "s": 1, "sec": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hour": 3600, "hours": 3600,
    "d": 86_400, "day": 86_400, "days": 86_400,
    "w": 604_800, "week": 604_800, "weeks": 604_800,
}  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def parse_duration(text: str) -> timedelta:
    """Read a number and a unit; a number alone is seconds.

    Raises:
        ValueError: It is neither, is negative, or is too long to be meant.
    """
    whole = text.strip().lower()
    number = whole.rstrip(_LETTERS)
    unit = whole[len(number) :] or "s"
    number = number.strip()
    digits = number.replace(".", "", 1)
    if unit not in _SECONDS or not (digits.isascii() and digits.isdigit()):
        raise ValueError(text)
    try:
        return timedelta(seconds=float(number) * _SECONDS[unit])
    except OverflowError:
        raise ValueError(text) from None
