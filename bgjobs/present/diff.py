"""A unified diff, coloured where that can be seen."""

from collections.abc import Sequence

_STYLES = (("---", "bold"), ("+++", "bold"), ("@@", "cyan"), ("-", "red"), ("+", "green"))


def diff(lines: Sequence[str], *, colour: bool) -> str:
    """The text of a diff, each line with its newline."""
    return "".join(f"{_painted(line) if colour else line}\n" for line in lines)


def _painted(line: str) -> str:
    from rich.style import Style

    style = next((style for head, style in _STYLES if line.startswith(head)), None)
    return Style.parse(style).render(line) if style else line
