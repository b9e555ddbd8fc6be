"""The table of keys agrees with the nouns it fills."""

from __future__ import annotations

import tomllib
from typing import Any

from bgjobs.config.agreement import NEEDS
from bgjobs.config.keys import AUDIT, CRON, DATABASE, DEFAULTS, JOB, ROOT, Key
from bgjobs.config.keys.batches import THROTTLE
from bgjobs.job import Audit, Cron, Database, Job, Throttle
from bgjobs.schedule import Schedule

TIMING = {"schedule", "timezone", "dst_gap", "dst_overlap", "spread"}


def read(key: Key, text: str) -> Any:
    value = tomllib.loads(f"x = {text}")["x"]
    if key.keys is not None:
        value = {name: key.keys[name].kind.read(item) for name, item in value.items()}
    return key.kind.read(value)


def test_each_field_has_its_key() -> None:
    assert JOB.keys() - TIMING == set(Job._fields) - {"name", "schedule"}
    assert DATABASE.keys() == set(Database._fields) | {"service", "password_file"}
    assert AUDIT.keys() == set(Audit._fields)
    assert CRON.keys() == set(Cron._fields)
    assert THROTTLE.keys() == set(Throttle._fields)


def test_the_defaults_written_down_are_those_in_force() -> None:
    timing = {"timezone": "UTC", "dst_gap": "late", "dst_overlap": "first"}
    timing["spread"] = Schedule._field_defaults["spread"]
    for keys, noun in (
        (JOB, Job),
        (DATABASE, Database),
        (AUDIT, Audit),
        (CRON, Cron),
        (THROTTLE, Throttle),
    ):
        held = {**noun._field_defaults, **timing}
        for key in keys.values():
            if key.default:
                assert read(key, key.default) == held[key.name], key.name
            else:
                assert not held.get(key.name), key.name


def test_each_example_is_right_and_no_default() -> None:
    for keys in (ROOT, DATABASE, AUDIT, CRON, JOB, THROTTLE):
        for key in keys.values():
            read(key, key.example)
            assert key.meaning.endswith(".")


def test_what_a_key_needs_is_a_key() -> None:
    assert NEEDS.keys() <= JOB.keys()
    assert {other for others in NEEDS.values() for other in others} <= JOB.keys()
    assert DEFAULTS.keys() < JOB.keys()
