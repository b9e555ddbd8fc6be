"""The report, as Markdown."""

from collections.abc import Iterable, Sequence

from bench.figures import Figure, Row, Section, Spread, spread
from bench.scale import FULL, Scale

_INTRO = """\
# What bgjobs takes

Made by `make bench`; every figure is a median of rounds in which all contestants took turns, in
brackets between what the middle half of the rounds lies. A ratio is taken round by round. Above 1
bgjobs was the faster one, but for the start and the memory, where less is better.
"""
_SCALE = """\
Scale: {name}; {rounds} rounds, {few} of what takes long, {starts} of starts and questions, and none
that would begin {seconds} s after its measure did.
"""
_NO_MATCH = """\
The aims are for the full scale: in smaller tables the start of the processes weighs too much.
"""


def report(
    scale: Scale,
    machine: Iterable[tuple[str, str]],
    sections: Sequence[Section],
    failures: Sequence[str],
) -> str:
    """The whole report; `failures` are the measures that came to nothing, and why."""
    aims = [figure for section in sections for figure in section.figures if figure.aim]
    parts = [
        _INTRO,
        _table(("", ""), machine),
        "## The aims\n" if aims else "",
        _table(("measure", "aim", "measured", ""), map(_against_aim, aims)) if aims else "",
        *(f"**{failure}**\n" for failure in failures),
        *map(_section, sections),
        _SCALE.format(**scale._asdict()),
        _NO_MATCH if scale is not FULL else "",
    ]
    return "\n".join(part for part in parts if part)


def _against_aim(figure: Figure) -> tuple[str, ...]:
    assert figure.aim is not None
    reached = figure.aim.reached(spread(figure.values).median)
    return (figure.what, str(figure.aim), _spread(figure.values), "" if reached else "missed")


def _section(section: Section) -> str:
    rows = [_row(row) for row in section.rows]
    head = ("", "median", "", "records/s", "")
    beside = [(figure.what, _spread(figure.values)) for figure in section.figures]
    tables = (_table(head, rows), _table(("", ""), beside))
    return "\n".join([f"## {section.title}\n", f"{section.method}\n", *tables])


def _row(row: Row) -> tuple[str, ...]:
    found = spread(row.seconds)
    unit = row.note if row.note in {"MB", "ms"} else "s"
    rate = f"{row.records / found.median:,.0f}" if row.records else ""
    note = "" if row.note == unit else row.note
    return (row.name, f"{_number(found.median)} {unit}", _between(found), rate, note)


def _spread(values: Sequence[float]) -> str:
    found = spread(values)
    return f"{_number(found.median)} {_between(found)}"


def _between(found: Spread) -> str:
    return f"({_number(found.low)} to {_number(found.high)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 10 else f"{value:.2f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
