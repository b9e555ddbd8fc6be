"""Values of jobs.toml that bound a run: how much, how many failures, how busy the server."""

from collections.abc import Mapping
from typing import Any

from bgjobs.config.kinds import Kind, UnfitError, text, whole_number
from bgjobs.job import Allowance

_BATCH = (1, 100_000)
_MANY = 1_000_000_000
_SHARE = {
    "anyOf": [
        {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*%\s*$"},
        {"type": "number", "minimum": 0, "maximum": 1},
    ]
}


def _batch_size(value: object) -> int | None:
    return None if value == "auto" else whole_number(value, *_BATCH)


def _allowance(value: object) -> Allowance:
    if isinstance(value, dict):
        return _both(value)
    if isinstance(value, str):
        return Allowance(None, _ratio(value))
    return Allowance(whole_number(value, 0, _MANY))


def _both(table: Mapping[str, Any]) -> Allowance:
    if not table or not table.keys() <= {"records", "ratio"}:
        raise UnfitError('the table takes "records" and "ratio"')
    records, ratio = table.get("records"), table.get("ratio")
    return Allowance(
        None if records is None else whole_number(records, 0, _MANY),
        None if ratio is None else _ratio(ratio),
    )


def _ratio(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        share = float(value)
    else:
        number = text(value).strip()
        if not number.endswith("%"):
            raise UnfitError
        try:
            share = float(number[:-1]) / 100
        except ValueError:
            raise UnfitError from None
    if not 0 <= share <= 1:
        raise UnfitError("a share is from 0% to 100%")
    return share


BATCH_SIZE = Kind(
    f'a whole number from {_BATCH[0]} to {_BATCH[1]} or "auto"',
    _batch_size,
    {
        "anyOf": [
            {"type": "integer", "minimum": _BATCH[0], "maximum": _BATCH[1]},
            {"const": "auto"},
        ]
    },
)
ALLOWANCE = Kind(
    "a number of records, a share of the records read, or both",
    _allowance,
    {
        "anyOf": [
            {"type": "integer", "minimum": 0},
            _SHARE["anyOf"][0],
            {
                "type": "object",
                "properties": {"records": {"type": "integer", "minimum": 0}, "ratio": _SHARE},
                "additionalProperties": False,
                "minProperties": 1,
            },
        ]
    },
)
