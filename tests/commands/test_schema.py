"""The JSON Schema of jobs.toml."""

from __future__ import annotations

import io
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bgjobs.commands.schema import schema

ROOT = Path(__file__).parents[2]
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def printed() -> dict[str, Any]:
    out = io.StringIO()
    assert schema(out) == 0
    return json.loads(out.getvalue())


def fits(value: Any, rules: dict[str, Any]) -> bool:
    """Draft 7, as far as the schema of jobs.toml uses it; a word that is not known fails."""
    return all(_RULES[word](value, rule, rules) for word, rule in rules.items())


def _is(value: Any, kinds: str | list[str]) -> bool:
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return any(
        isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
        for kind in kinds
    )


def _known(value: Any, rule: Any, rules: dict[str, Any]) -> bool:
    if rule is not False or not isinstance(value, dict):
        return not isinstance(rule, dict) or all(fits(item, rule) for item in value.values())
    patterns = rules.get("patternProperties", {})
    return all(
        name in rules.get("properties", {}) or any(re.search(p, name) for p in patterns)
        for name in value
    )


_RULES = {
    **dict.fromkeys(("$schema", "title", "description", "default", "examples"), lambda *_: True),
    "type": lambda value, rule, _: _is(value, rule),
    "const": lambda value, rule, _: value == rule,
    "enum": lambda value, rule, _: value in rule,
    "pattern": lambda value, rule, _: not isinstance(value, str) or re.search(rule, value),
    "minLength": lambda value, rule, _: not isinstance(value, str) or len(value) >= rule,
    "minimum": lambda value, rule, _: not _is(value, "number") or value >= rule,
    "maximum": lambda value, rule, _: not _is(value, "number") or value <= rule,
    "minItems": lambda value, rule, _: not isinstance(value, list) or len(value) >= rule,
    "minProperties": lambda value, rule, _: not isinstance(value, dict) or len(value) >= rule,
    "uniqueItems": lambda value, _, __: (
        not isinstance(value, list) or len(set(value)) == len(value)
    ),
    "items": lambda value, rule, _: (
        not isinstance(value, list) or all(fits(v, rule) for v in value)
    ),
    "anyOf": lambda value, rule, _: any(fits(value, one) for one in rule),
    "required": lambda value, rule, _: all(name in value for name in rule),
    "dependencies": lambda value, rule, _: all(
        other in value for name in value for other in rule.get(name, ())
    ),
    "additionalProperties": _known,
    "propertyNames": lambda value, rule, _: all(fits(name, rule) for name in value),
    "properties": lambda value, rule, _: all(
        fits(value[name], one) for name, one in rule.items() if name in value
    ),
    "patternProperties": lambda value, rule, _: all(
        fits(item, one)
        for p, one in rule.items()
        for name, item in value.items()
        if re.search(p, name)
    ),
}


@pytest.mark.parametrize("path", ["jobs.toml", "tests/config/full.toml"])
def test_a_right_file_fits(path: str) -> None:
    assert fits(tomllib.loads((ROOT / path).read_text("utf-8")), printed())


@pytest.mark.parametrize(
    "text",
    [
        "projct = 'crm'",
        "project = 'My CRM'",
        "[database]\nconnect_wait = '2 fortnights'",
        "[defaults]\nselect = 'SELECT 1'",
        "[jobs.Purge]\nstatement = 'SELECT 1'",
        "[jobs.j]\ndescription = 'x'",
        "[jobs.j]\nstatement = ''",
        "[jobs.j]\nstatement = 'SELECT 1'\nshedule = '@daily'",
        "[jobs.j]\nstatement = 'SELECT 1'\nbatch_size = 10",
        "[jobs.j]\nselect = 'SELECT 1'\nhandler = 'm:f'",
        "[jobs.j]\nselect = 'SELECT 1'\nkey = 'id'\nhandler = 'reminders'",
        "[jobs.j]\nselect = 'SELECT 1'\nkey = 'id'\nhandler = 'm:f'\nbatch_size = true",
        "[jobs.j]\nselect = 'SELECT 1'\nkey = 'id'\nhandler = 'm:f'\nthrottle = { lock = true }",
    ],
)
def test_a_wrong_file_does_not(text: str) -> None:
    assert not fits(tomllib.loads(text), printed())


def test_each_key_tells_its_meaning_and_an_example_that_fits() -> None:
    def check(rules: dict[str, Any]) -> None:
        for one in (
            *rules.get("properties", {}).values(),
            *rules.get("patternProperties", {}).values(),
        ):
            assert one["description"].endswith(".")
            assert all(fits(example, one) for example in one.get("examples", ()))
            assert "default" not in one or fits(one["default"], one)
            check(one)

    check(printed())
