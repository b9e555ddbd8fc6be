"""Texts of values that are the same in every session."""

from datetime import UTC, datetime


def in_utc(text: str) -> str:
    """A moment of the server's spelling as it is spelled in UTC; one beyond Python's as it is."""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    fraction = f".{moment:%f}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction}+00"
