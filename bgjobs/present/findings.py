"""What the doctor found, as text and as JSON."""

from collections.abc import Sequence

from bgjobs.finding import Finding, Severity
from bgjobs.present.table import line

_STYLES = {Severity.OK: "green", Severity.WARNING: "yellow", Severity.ERROR: "bold red"}
_WIDTH = max(map(len, Severity))


def findings(found: Sequence[Finding], *, colour: bool) -> str:
    """A line for each finding, its remedy below it, and a line to sum up."""
    lines = [text for one in found for text in _lines(one, colour=colour)]
    return "\n".join([*lines, summary(found)])


def summary(found: Sequence[Finding]) -> str:
    """How many errors and warnings there are."""
    counts = [sum(one.severity is kind for one in found) for kind in Severity]
    _, warnings, errors = counts
    if not warnings and not errors:
        return "all is well"
    return f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}"


def as_values(found: Sequence[Finding]) -> list[dict[str, str]]:
    """The findings as JSON has them."""
    return [one._asdict() for one in found]


def _lines(one: Finding, *, colour: bool) -> list[str]:
    word = one.severity.value.ljust(_WIDTH)
    head = f"{_painted(word, one.severity) if colour else word}  {one.check}: {line(one.message)}"
    return [head, f"{' ' * _WIDTH}  -> {line(one.remedy)}"] if one.remedy else [head]


def _painted(word: str, severity: Severity) -> str:
    from rich.style import Style

    return Style.parse(_STYLES[severity]).render(word)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
