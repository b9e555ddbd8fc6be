"""The JSON Schema of jobs.toml, for editors to complete and check it while it is written."""

import tomllib
from collections.abc import Mapping
from typing import Any

from bgjobs.config.agreement import NEEDS
from bgjobs.config.keys import AUDIT, CRON, DATABASE, DEFAULTS, JOB, ROOT, Key
from bgjobs.config.names import PLAIN

_DIALECT = "http://json-schema.org/draft-07/schema#"


def schema() -> dict[str, Any]:
    """Return the schema, in the dialect that editors' TOML plugins understand."""
    sections = {
        "database": _table("How to reach Postgres.", DATABASE),
        "audit": _table("Where each finished run leaves a row.", AUDIT),
        "cron": _table("What stands at the head of the crontab's block.", CRON),
        "defaults": _table("What holds for each job that does not say otherwise.", DEFAULTS),
        "jobs": {
            "type": "object",
            "description": "The jobs, each a table [jobs.NAME].",
            "additionalProperties": False,
            "patternProperties": {PLAIN: _job()},
        },
    }
    whole = _table("The jobs of bgjobs.", ROOT)
    properties = {**whole.pop("properties"), **sections}
    return {"$schema": _DIALECT, "title": "jobs.toml", **whole, "properties": properties}


def _job() -> dict[str, Any]:
    """A job's table; what depends on values, as the words in its SQL do, is not told here."""
    needs = {**{key: list(others) for key, others in NEEDS.items()}, "select": ["key"]}
    # [defaults] may have it.
    del needs["retry_on"]
    return {
        **_table("One job.", JOB),
        "dependencies": needs,
        "anyOf": [{"required": ["statement"]}, {"required": ["handler"]}],
    }


def _table(meaning: str, keys: Mapping[str, Key]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": meaning,
        "additionalProperties": False,
        "properties": {name: _key(key) for name, key in keys.items()},
    }


def _key(key: Key) -> dict[str, Any]:
    told: dict[str, Any] = {"description": key.meaning}
    if key.default:
        told["default"] = _plain(key.default)
    shape = key.kind.schema if key.keys is None else _table(key.meaning, key.keys)
    return {**shape, **told, "examples": [_plain(key.example)]}


def _plain(toml: str) -> object:
    return tomllib.loads(f"value = {toml}")["value"]
