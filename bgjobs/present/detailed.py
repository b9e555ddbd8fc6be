"""A table whose rows have more to say than fits a column: indented lines under each."""

from collections.abc import Sequence

from bgjobs.present.table import Paint, cut, line, table

_INDENT = "    "


def detailed(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    details: Sequence[Sequence[str]],
    width: int | None = None,
    align: str = "",
    paint: Paint | None = None,
) -> str:
    """The table's lines, each row's details under it; `width` None cuts nothing."""
    header, *lines = table(headers, rows, width, align, paint).splitlines()
    shown = [header]
    for top, said in zip(lines, details, strict=True):
        shown += [top, *(_fit(_INDENT + line(text), width) for text in said if text)]
    return "\n".join(shown)


def _fit(text: str, width: int | None) -> str:
    return text if width is None else cut(text, width)
