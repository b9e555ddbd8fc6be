"""A plain table: aligned columns, cut to the width of the terminal."""

from collections.abc import Callable, Sequence

GAP = "  "
# A column that has to give way keeps this much, or the rest of the line is worth nothing.
NARROWEST = 8
# Of a time or an id a part says nothing, so these columns give way last.
FIRM = frozenset(
    {
        "RUN",
        "STATUS",
        "STARTED",
        "TOOK",
        "RECORDS",
        "LAST RUN",
        "NEXT RUN",
        "SLOT",
        "UTC",
        "START",
        "IN",
        "ATTEMPT",
        "FAILED",
    }
)

Paint = Callable[[str, str], str]


def table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    align: str = "",
    paint: Paint | None = None,
) -> str:
    """The lines of a table, without a newline at the end.

    `width` is the terminal's, in cells; None cuts nothing. `align` has one of `<` and `>` for
    each column, `<` for those it leaves out. `paint(header, text)` returns a cell in colour; it
    gets the cell's text without padding, and what it adds must not take up room.
    """
    clean = [[line(cell) for cell in row] for row in [headers, *rows]]
    widths = [max(map(cells, column)) for column in zip(*clean, strict=True)]
    if width is not None:
        widths = _narrowed(widths, width, headers)
    sides = align.ljust(len(headers), "<")
    painted = [_row(clean[0], widths, sides, list(headers), None)]
    painted += [_row(row, widths, sides, list(headers), paint) for row in clean[1:]]
    return "\n".join(painted)


def line(text: str) -> str:
    """Text as one line that cannot steer a terminal: control characters become spaces."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " for c in text)


def cells(text: str) -> int:
    """How many cells of a terminal `text` takes: two for a wide character, none for a mark."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where something is missing."""
    if cells(text) <= width:
        return text
    kept = text
    while cells(kept) > max(width - 1, 0):
        kept = kept[:-1]
    return kept + "…" if width > 0 else ""


def _narrowed(widths: list[int], width: int, headers: Sequence[str]) -> list[int]:
    """The widths that fit `width`: whichever column is widest gives way first, FIRM ones last."""
    room = width - len(GAP) * (len(widths) - 1)
    narrowed = list(widths)
    loose = [place for place, header in enumerate(headers) if header not in FIRM]
    for places in (loose, range(len(widths))):
        while sum(narrowed) > room and places:
            widest = max(places, key=narrowed.__getitem__)
            if narrowed[widest] <= NARROWEST:
                break
            narrowed[widest] -= 1
    return narrowed


def _row(
    row: Sequence[str],
    widths: Sequence[int],
    sides: str,
    headers: Sequence[str],
    paint: Paint | None,
) -> str:
    shown = []
    for text, width, side, header in zip(row, widths, sides, headers, strict=True):
        short = cut(text, width)
        padding = " " * (width - cells(short))
        coloured = paint(header, short) if paint else short
        shown.append(padding + coloured if side == ">" else coloured + padding)
    return GAP.join(shown).rstrip(" ")
