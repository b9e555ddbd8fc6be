"""The values of jobs.toml that name something: columns, tables, functions, parameters, states."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from bgjobs.config.kinds import Kind, UnfitError, text
from bgjobs.job import KeyColumn

# Longer names are cut by the server without a word, and two of them may meet.
_LONGEST = 63
PLAIN = "^[a-z0-9][a-z0-9_-]{0,62}$"
"""Names of jobs and projects: they stand unquoted in a crontab line."""
_PLAIN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
RESERVED = frozenset({"slot", "run_id", "job"})
"""Parameters that every run has."""
_STRINGS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
_COLUMNS = {"anyOf": [{"type": "string"}, _STRINGS]}
_VALUE = {"type": ["string", "number", "boolean", "array"]}


def identifier(value: object) -> str:
    """A name in SQL as the server holds it, without quotes.

    Raises:
        UnfitError: It cannot be one.
    """
    name = text(value)
    if not name or not name.isprintable():
        raise UnfitError("an empty name" if not name else "a name with a control character")
    if len(name.encode()) > _LONGEST:
        raise UnfitError(f"a name of more than {_LONGEST} bytes")
    if '"' in name:
        raise UnfitError("the name must be written without quotes")
    return name


def is_plain(name: str) -> bool:
    """Whether `name` is one that PLAIN describes."""
    return 0 < len(name) <= _LONGEST and name[0] not in "_-" and _PLAIN_LETTERS.issuperset(name)


def is_parameter(name: str) -> bool:
    """Whether `:name` can stand in SQL for it."""
    # The statements that are put around a job's SQL have parameters of their own.
    return name.isascii() and name.isidentifier() and not name.startswith(("_", "bgjobs_"))


def _several(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    if not items:
        raise UnfitError("an empty list")
    return [text(item) for item in items]


def _distinct(names: list[str]) -> None:
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise UnfitError(f'"{twice}" is listed twice')


def _key(value: object) -> tuple[KeyColumn, ...]:
    columns = tuple(_key_column(item) for item in _several(value))
    _distinct([column.name for column in columns])
    return columns


def _key_column(item: str) -> KeyColumn:
    name, _, direction = item.strip().rpartition(" ")
    if not name:
        return KeyColumn(identifier(direction))
    if direction.upper() in {"ASC", "DESC"}:
        return KeyColumn(identifier(name.strip()), direction.upper() == "DESC")
    if "NULLS" in name.upper().split():
        raise UnfitError("a key column is never null, so NULLS has no effect")
    raise UnfitError(f'"{direction}" is not a direction')


def _columns(value: object) -> tuple[str, ...]:
    names = [identifier(item) for item in _several(value)]
    _distinct(names)
    return tuple(names)


def table_parts(value: object) -> tuple[str, ...]:
    """The parts of `table` or `schema.table`, each to be quoted by itself."""
    parts = tuple(text(value).split("."))
    if len(parts) > 2:  # noqa: PLR2004 - schema and table
        raise UnfitError("it has more than two parts")
    return tuple(identifier(part) for part in parts)


def _table(value: object) -> str:
    return ".".join(table_parts(value))


def _dotted(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _function(value: object) -> str:
    module, colon, function = text(value).partition(":")
    if not (colon and _dotted(module) and _dotted(function)):
        raise UnfitError
    return f"{module}:{function}"


def _parameters(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnfitError
    for name, content in value.items():
        if not is_parameter(name):
            raise UnfitError(f'"{name}" cannot be written as :name in SQL')
        if name in RESERVED:
            raise UnfitError(f'"{name}" is reserved: bgjobs sets it for every run')
        if not _storable(content):
            raise UnfitError(f'"{name}" is not a text, number, boolean, date, time or list')
    return value


def _storable(value: object) -> bool:
    if isinstance(value, list):
        return all(_storable(item) and not isinstance(item, list) for item in value)
    if isinstance(value, str):
        return "\0" not in value
    return isinstance(value, int | float | date | time)


def _constants(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UnfitError
    for name, content in value.items():
        identifier(name)
        if name in {"action_type", "entity_type", "details"}:
            raise UnfitError(f'"{name}" is filled in by bgjobs')
        if not _storable(content):
            raise UnfitError(f'"{name}" is not a text, number, boolean, date, time or list')
    return value


def _errors(value: object) -> tuple[str, ...]:
    names = _several(value)
    for name in names:
        if not (_dotted(name) or (len(name) == 5 and name.isalnum() and name.isascii())):  # noqa: PLR2004 - an SQLSTATE
            raise UnfitError(f'"{name}" is neither an SQLSTATE nor a name')
    return tuple(names)


KEY = Kind("a column or a list of columns, each optionally followed by DESC", _key, _COLUMNS)
COLUMNS = Kind("a column or a list of columns", _columns, _COLUMNS)
TABLE = Kind('"table" or "schema.table", without quotes', _table, {"type": "string"})
TABLE_PARTS = Kind('"table" or "schema.table", without quotes', table_parts, {"type": "string"})
IDENTIFIER = Kind("a name of at most 63 bytes", identifier, {"type": "string", "minLength": 1})
FUNCTION = Kind('"module:function"', _function, {"type": "string", "pattern": r"^[\w.]+:[\w.]+$"})
PARAMETERS = Kind(
    "a table of names and values",
    _parameters,
    {
        "type": "object",
        "additionalProperties": _VALUE,
        "propertyNames": {"pattern": r"^[A-Za-z]\w*$"},
    },
)
CONSTANTS = Kind(
    "a table of columns and values", _constants, {"type": "object", "additionalProperties": _VALUE}
)
PARAMETER_NAMES = Kind(
    "a list of names from params", lambda value: frozenset(_several(value)), _STRINGS
)
ERRORS = Kind("a list of SQLSTATEs and exception names", _errors, _STRINGS)
