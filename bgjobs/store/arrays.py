"""Columns of a batch as arrays, written at once: the driver looks at each value by itself."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import psycopg

_NUMBERS = frozenset({"int", "float", "Decimal"})
_REAL = ("numeric", "float4", "float8", "real", "double precision")
_WHOLE = ("int2", "int4", "int8", "smallint", "integer", "bigint")
# The types of the server, and of Python, whose values both sides spell alike.
_BARE: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_REAL, _NUMBERS),
    **dict.fromkeys(_WHOLE, frozenset({"int"})),
    **dict.fromkeys(("bool", "boolean"), frozenset({"bool"})),
    "uuid": frozenset({"UUID"}),
}
_QUOTED: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("timestamptz", "timestamp with time zone"), frozenset({"datetime"})),
    "date": frozenset({"date"}),
}


def through_text(of_type: str) -> bool:
    """Whether values travel as texts.

    Arrays cannot be nested in an array, JSON is text anyway, and what the driver does not know may
    be a row, whose columns unnest() would take apart.
    """
    known = psycopg.adapters.types.get(of_type.strip('"')) or psycopg.adapters.types.get(of_type)
    return of_type in {"json", "jsonb"} or of_type.endswith("[]") or known is None


def array(of_type: str, values: Sequence[Any]) -> Any:  # noqa: ANN401 - an array's text, or a list
    """The values as a parameter for `%s::of_type[]`, or of text where they travel as texts."""
    if of_type in {"json", "jsonb"}:
        encode = _encoder()
        values = [None if value is None else encode(value) for value in values]
    elif of_type.endswith("[]"):
        spell = _encoder() if of_type in {"json[]", "jsonb[]"} else _spelled
        values = [None if value is None else _nested(value, spell) for value in values]
    elif through_text(of_type):
        values = [None if value is None else _spelled(value) for value in values]
    kinds = kinds_of(values)
    if kinds == {"str"}:
        return _texts(values)
    if kinds <= _BARE.get(of_type, frozenset()):
        return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"
    if kinds <= _QUOTED.get(of_type, frozenset()):
        return _texts([None if value is None else str(value) for value in values])
    return values


def kinds_of(values: Sequence[Any]) -> set[str]:
    """The names of the types of values, None aside."""
    return {kind.__name__ for kind in set(map(type, values)) if kind is not type(None)}


def _texts(values: Sequence[str | None]) -> str:
    quoted = [
        "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for value in values
    ]
    return "{" + ",".join(quoted) + "}"


def _spelled(value: object) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _nested(value: Any, spell: Callable[[Any], str]) -> str:  # noqa: ANN401 - what comes
    if not isinstance(value, list | tuple):
        return str(value)
    parts = []
    for item in value:
        if item is None:
            parts.append("NULL")
        elif isinstance(item, list | tuple):
            parts.append(_nested(item, spell))
        else:
            escaped = spell(item).replace("\\", "\\\\").replace('"', '\\"')
            parts.append(f'"{escaped}"')
    return "{" + ",".join(parts) + "}"


@cache
def _encoder() -> Any:  # noqa: ANN401 - a bound method
    import json

    return json.JSONEncoder(default=str).encode
