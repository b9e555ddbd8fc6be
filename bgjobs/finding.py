"""What an examination of an installation found."""

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Finding(NamedTuple):
    """What was looked at, what was found there, and what puts it right."""

    check: str
    severity: Severity
    message: str
    remedy: str = ""


def ok(check: str, message: str) -> Finding:
    """As it should be."""
    return Finding(check, Severity.OK, message)


def warning(check: str, message: str, remedy: str) -> Finding:
    """The jobs run, and something about them may not be meant."""
    return Finding(check, Severity.WARNING, message, remedy)


def error(check: str, message: str, remedy: str) -> Finding:
    """Jobs will not run, or nobody will hear of it when they fail."""
    return Finding(check, Severity.ERROR, message, remedy)
