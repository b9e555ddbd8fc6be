"""What a value of jobs.toml may be: how it is read, what is expected, and its JSON Schema."""

from collections.abc import Callable, Mapping
from datetime import time, timedelta
from typing import Any, NamedTuple

from bgjobs.duration import parse_duration

_DURATION = r"^\s*\d+(\.\d+)?\s*(ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)?\s*$"


class UnfitError(ValueError):
    """A value is not of its kind; with the reason, where what is expected does not tell it."""


class Kind(NamedTuple):
    """A kind of value; `read` returns it as the program holds it, or raises UnfitError."""

    expected: str
    read: Callable[[Any], Any]
    schema: Mapping[str, Any]


def text(value: object) -> str:
    """Any string that Postgres can hold."""
    if not isinstance(value, str):
        raise UnfitError
    if "\0" in value:
        raise UnfitError("it contains a NUL character")
    return value


def line(value: object) -> str:
    """A string of one line: it stands in tables, messages and the crontab."""
    given = text(value)
    if not given.isprintable():
        raise UnfitError("it contains a line break or a control character")
    return given


def filled(value: object) -> str:
    """A string with something in it."""
    given = text(value)
    if not given.strip():
        raise UnfitError("it is empty")
    return given


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise UnfitError
    return value


def whole_number(value: object, low: int, high: int) -> int:
    """A whole number within bounds; TOML's true is none."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UnfitError
    return value


def whole(low: int, high: int) -> Kind:
    """A whole number from `low` to `high`."""
    return Kind(
        f"a whole number from {low} to {high}",
        lambda value: whole_number(value, low, high),
        {"type": "integer", "minimum": low, "maximum": high},
    )


def choice(*words: str) -> Kind:
    """One of a few words."""

    def read(value: object) -> str:
        if value not in words:
            raise UnfitError
        return str(value)

    quoted = [f'"{word}"' for word in words]
    return Kind(f"{', '.join(quoted[:-1])} or {quoted[-1]}", read, {"enum": list(words)})


def duration(low: str, high: str, *, optional: bool = False) -> Kind:
    """A length of time within bounds; where it is optional, "none" stands for no bound at all."""

    def read(value: object) -> timedelta | None:
        if optional and value == "none":
            return None
        length = _length(value)
        if not parse_duration(low) <= length <= parse_duration(high):
            raise UnfitError
        return length

    words: list[Mapping[str, Any]] = [{"const": "none"}] if optional else []
    return Kind(
        f"a duration from {low} to {high}" + (' or "none"' if optional else ""),
        read,
        {"anyOf": [{"type": "string", "pattern": _DURATION}, {"type": "number"}, *words]},
    )


def _length(value: object) -> timedelta:
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except ValueError:
            raise UnfitError from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnfitError
    try:
        return timedelta(seconds=value)
    except (OverflowError, ValueError):
        raise UnfitError from None


def _clock(value: object) -> time:
    if isinstance(value, time):
        return value
    hour, colon, minute = text(value).partition(":")
    if not (colon and len(minute) == 2 and (hour + minute).isascii() and (hour + minute).isdigit()):  # noqa: PLR2004 - the digits of a minute
        raise UnfitError
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise UnfitError from None


TEXT = Kind("a string", text, {"type": "string"})
LINE = Kind("a one-line string", line, {"type": "string", "pattern": r"^[^\r\n]*$"})
FILLED = Kind("a non-empty string", filled, {"type": "string", "pattern": r"\S"})
FLAG = Kind("true or false", _flag, {"type": "boolean"})
CLOCK = Kind(
    "a time of day", _clock, {"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"}
)
