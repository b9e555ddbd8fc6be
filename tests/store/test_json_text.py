"""That json is read as json.loads reads it."""

import json

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.json import set_json_loads

from bgjobs.store.json_text import read_quickly

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="ascii")), inner),
)


@pytest.fixture(scope="module")
def quick(server):
    with psycopg.connect(server, autocommit=True) as connection:
        read_quickly(connection)
        yield connection


@settings(max_examples=100)
@given(_JSON)
def test_values_are_those_of_json_loads(quick, value):
    text = json.dumps(value)
    assert quick.execute("SELECT %s::json", [text]).fetchone() == (json.loads(text),)


@pytest.mark.parametrize(
    "text", [' \n{"a": 1} ', '{"a": 1, "a": 2}', '"\\ud800"', "123456789012345678901234567890"]
)
def test_odd_spellings_are_read_all_the_same(quick, text):
    assert quick.execute("SELECT %s::json", [text]).fetchone() == (json.loads(text),)


def test_job_that_sets_its_own_reader_keeps_it(connection):
    set_json_loads(lambda raw: raw.decode())
    try:
        read_quickly(connection)
        assert connection.execute("SELECT '[1]'::jsonb").fetchone() == ("[1]",)
    finally:
        set_json_loads(json.loads)
