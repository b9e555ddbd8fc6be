"""What the place that text goes to can show."""

import os
from collections.abc import Mapping
from typing import TextIO

from bgjobs.present.table import Paint


def width(out: TextIO) -> int | None:
    """The width of the terminal behind `out` in cells, or None where it is a file or a pipe."""
    if not out.isatty():
        return None
    try:
        return os.get_terminal_size(out.fileno()).columns or None
    except (OSError, ValueError):
        return None


def in_colour(out: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour: only on a terminal, and never against NO_COLOR or a dumb one."""
    return out.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def painter(styles: Mapping[str, str]) -> Paint:
    """A `paint` for tables: cells whose whole text is in `styles` get that style of rich's."""
    from rich.style import Style

    parsed = {text: Style.parse(style) for text, style in styles.items()}

    def paint(_header: str, text: str) -> str:
        style = parsed.get(text)
        return style.render(text) if style else text

    return paint
