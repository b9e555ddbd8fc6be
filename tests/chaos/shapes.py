"""The jobs under test: one of each shape, whose effect is one row per slot and record."""

import json
from collections.abc import Mapping
from typing import Any

RECORDS = 60
BATCH = 10
# Declared secret, printed by the handlers: it must turn up nowhere.
TOKEN = "Pa55-w0rd/of?the=job"

# No constraint: what is done twice has to show.
TABLES = f"""
CREATE TABLE record (id int PRIMARY KEY);
INSERT INTO record SELECT generate_series(1, {RECORDS});
CREATE TABLE effect (job text NOT NULL, slot timestamptz NOT NULL, record int NOT NULL);
"""

_SELECT = {"select": "SELECT id FROM record", "key": "id", "batch_size": BATCH}
_WRITE = {"statement": "INSERT INTO effect SELECT :job, :slot, id FROM batch"}
_SHAPES: Mapping[str, Mapping[str, Any]] = {
    "set": {**_SELECT, **_WRITE},
    "rows": {**_SELECT, **_WRITE, "handler": "handlers:rows"},
    "own": {**_SELECT, "handler": "handlers:own"},
    "once": {"statement": "INSERT INTO effect SELECT :job, :slot, id FROM record"},
    "call": {"handler": "handlers:call"},
    "shared": {**_SELECT, **_WRITE, "handler": "handlers:rows", "workers": 2},
}

SET, ROWS, OWN, ONCE, CALL, SHARED = _SHAPES
PAGED = frozenset({SET, ROWS, OWN})
# A handler works in a child of the process that cron starts.
SUPERVISED = frozenset({ROWS, OWN, CALL, SHARED})


def table(name: str, shape: str, more: Mapping[str, Any]) -> str:
    """The job's table in jobs.toml."""
    keys = {
        **_SHAPES[shape],
        "params": {"token": TOKEN},
        "secrets": ["token"],
        # A gate is waited for as a lock is.
        "lock_timeout": "10 minutes",
        **more,
    }
    lines = "".join(f"{key} = {_value(value)}\n" for key, value in keys.items())
    return f"[jobs.{name}]\n{lines}"


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(held)}" for key, held in value.items()) + " }"
    return json.dumps(value)
