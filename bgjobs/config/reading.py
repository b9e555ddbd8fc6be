"""Reads one table of jobs.toml by its keys."""

from collections.abc import Mapping
from typing import Any

from bgjobs.config.keys import Key
from bgjobs.config.kinds import UnfitError
from bgjobs.config.problems import Problems, Table, spelled, suggestion


def read_table(
    given: object, keys: Mapping[str, Key], table: Table, problems: Problems
) -> dict[str, Any]:
    """Return the values of the keys that are right; what is wrong goes into `problems`."""
    if not isinstance(given, dict):
        problems.add(table[:-1], table[-1], f'"{table[-1]}" must be a table: [{".".join(table)}]')
        return {}
    values: dict[str, Any] = {}
    for name, value in given.items():
        key = keys.get(name)
        if key is None:
            problems.add(table, name, f'unknown key "{name}"{suggestion(name, keys)}')
            continue
        try:
            values[name] = _read(key, value, (*table, name), problems)
        except UnfitError as reason:
            problems.add(table, name, _unfit(key, value, str(reason)))
    return values


def _read(key: Key, value: object, path: Table, problems: Problems) -> Any:  # noqa: ANN401 - as the kind has it
    if key.keys is None:
        return key.kind.read(value)
    return key.kind.read(read_table(value, key.keys, path, problems))


def _unfit(key: Key, value: object, reason: str) -> str:
    """What is wrong: the reason, or else the value, unless it may hold a password."""
    given = "" if reason or key.private else f", not {spelled(value)}"
    because = f"{reason}; " if reason else ""
    return f"{key.name}: {because}expected {key.kind.expected}, such as {key.example}{given}"
