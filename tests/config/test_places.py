"""The lines of tables and keys."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from bgjobs.config.places import places

DOCUMENT = '''\
# title = 1
title = "x" # [no]
a.b.c = 1
"d e".'f.g' = [
  "[jobs.no]", # ]
  { x = 1, y = { z = 2 } },
]

[jobs.one]
select = """
[jobs.no]
key = 1 ""\\"
"""""
when = 1979-05-27 07:32:00.5
path = 'C:\\'
[jobs."t\\"wo"]
statement = \'\'\'
it's
\'\'\'
params = { day = "}", "n\\u0061me" = [1, [2]] }

[[list]]
x = 1.5
[[list]]
x = -inf
last = true'''

LINES = {
    ("title",): 2,
    ("a",): 3,
    ("a", "b"): 3,
    ("a", "b", "c"): 3,
    ("d e",): 4,
    ("d e", "f.g"): 4,
    ("d e", "f.g", "x"): 6,
    ("d e", "f.g", "y"): 6,
    ("d e", "f.g", "y", "z"): 6,
    ("jobs",): 9,
    ("jobs", "one"): 9,
    ("jobs", "one", "select"): 10,
    ("jobs", "one", "when"): 14,
    ("jobs", "one", "path"): 15,
    ("jobs", 't"wo'): 16,
    ("jobs", 't"wo', "statement"): 17,
    ("jobs", 't"wo', "params"): 20,
    ("jobs", 't"wo', "params", "day"): 20,
    ("jobs", 't"wo', "params", "name"): 20,
    ("list",): 22,
    ("list", "x"): 23,
    ("list", "last"): 26,
}

KEYS = ("a", "b.c", "'d.e'", '"f\\"g"', "h . 'i'")
VALUES = (
    "1",
    "-1.5e3",
    "2020-01-01 10:00:00",
    '"x # [y]"',
    "'''\n[t]\na = 1\n'''",
    '"""\n"" b = 2 \\\n   """"',
    "[1, [2,\n 3], # ]\n 'x',\n]",
    "{ p = 1, q.r = '}' }",
    "[{ s = 1 }, {}]",
)


def test_every_table_and_key_has_its_line() -> None:
    tomllib.loads(DOCUMENT)
    assert places(DOCUMENT) == LINES
    assert places(DOCUMENT.replace("\n", "\r\n")) == LINES


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(KEYS),
            st.sampled_from(VALUES),
            st.sampled_from(["", " # [c] = 1", "\n\n# x"]),
        ),
        max_size=8,
    )
)
def test_lines_hold_below_any_values(parts: list[tuple[int, str, str, str]]) -> None:
    text, expected = "", {}
    for number, (indent, key, value, trail) in enumerate(parts):
        text += f"[t{number}]\n"
        expected["t", number] = text.count("\n")
        text += " " * indent + f"{key} = {value}{trail}\n"
        expected["k", number] = expected["t", number] + 1
    found = places(text)
    for number, table in enumerate(tomllib.loads(text).values()):
        assert found[f"t{number}",] == expected["t", number]
        assert found[f"t{number}", *table] == expected["k", number]
