"""The scanner of a job's SQL."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bgjobs import statement

UNTOUCHED = [
    "':a'",
    "'it''s :a'",
    r"'\' || ':a'",
    r"E'\' :a'",
    r"e'\\' || ':a'",
    "E'x'\n  -- between\n  '\\':a'",
    "U&':a'",
    '":a"',
    '"say "":a"""',
    "$$ :a $$",
    "$tag$ $$ :a $tag$",
    "$été$ :a $été$",
    "-- :a",
    "-- it's :a\n",
    "/* :a */",
    "/* /* */ :a */",
    "/* never closed :a",
    "'never closed :a",
    "x::a",
    "'x'::a",
    "f(a := 1)",
    "x[1:a]",
    "x[b:a]",
    "x[f(1):a]",
    'x["b":a]',
    ": a",
    "ts '08:30:15'",
]

FOUND = {
    ":a": {"a"},
    "(:a)": {"a"},
    "x=:a": {"a"},
    ":a::date": {"a"},
    "ARRAY[:a,:b]": {"a", "b"},
    "x[:a]": {"a"},
    "x[1: :a]": {"a"},
    "x$y$:a$y$": set(),
    "x$y$ + :a": {"a"},
    "nameE'\\' || :a || ''": {"a"},
    "'x' -- ' :b\n || :a": {"a"},
    "/* /* */ */ :a": {"a"},
    "1- -:a": {"a"},
    "f(x => :a_1)": {"a_1"},
    ":größe": {"größe"},
    "$1 + :a": {"a"},
}


@pytest.mark.parametrize("sql", UNTOUCHED)
def test_a_colon_elsewhere_is_no_parameter(sql: str) -> None:
    assert statement.parameters(f"SELECT {sql}") == frozenset()
    assert statement.bind(f"SELECT {sql}") == f"SELECT {sql}"


@pytest.mark.parametrize("sql", FOUND)
def test_a_parameter_is_found(sql: str) -> None:
    assert statement.parameters(sql) == FOUND[sql]


def test_bind_writes_placeholders_and_doubles_percent() -> None:
    assert (
        statement.bind("SELECT 7 % :a, '5%', ':b%' -- :c %")
        == "SELECT 7 %% %(a)s, '5%%', ':b%%' -- :c %%"
    )


def test_a_numbered_parameter_is_told() -> None:
    assert statement.positions("SELECT $1, '$2', $$ $3 $$, x$4") == {"$1"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT 1;",
        "SELECT 1 ; -- done;\n ; /* ; */",
        "SELECT ';'",
        "-- first;\nSELECT 1",
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
    ],
)
def test_one_statement_is_single(sql: str) -> None:
    assert statement.single(sql)


@pytest.mark.parametrize("sql", ["", " ;", "-- nothing", "SELECT 1; SELECT 2", "SELECT 1;;COMMIT"])
def test_none_or_two_are_not_single(sql: str) -> None:
    assert not statement.single(sql)


def test_stripped_ends_before_the_semicolon() -> None:
    assert statement.stripped("\n SELECT ';' -- why\n ; -- end\n") == "SELECT ';' -- why"


def test_verb_is_the_first_word() -> None:
    assert statement.verb("/* x */ -- y\n ( select 1)") == "SELECT"
    assert statement.verb(" 'no' ;") == ""


def test_clauses_stand_outside_brackets() -> None:
    sql = "select a.limit, b as offset, (select 1 fetch first row only), 'for', c[now] from t -- x"
    assert statement.clauses(sql) == {"SELECT", "A", "B", "AS", "C", "FROM", "T"}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("DELETE FROM t;", "WITH b AS (\nSELECT 1\n)\nDELETE FROM t"),
        ("WITH x AS (S) T", "WITH b AS (\nSELECT 1\n), x AS (S) T"),
        (
            "/* WITH */ with -- y\n x AS (S) T",
            "/* WITH */ with b AS (\nSELECT 1\n), -- y\n x AS (S) T",
        ),
        ("WITH RECURSIVE x AS (S) T", "WITH RECURSIVE b AS (\nSELECT 1\n), x AS (S) T"),
        ("(SELECT 1)", "WITH b AS (\nSELECT 1\n)\n(SELECT 1)"),
    ],
)
def test_prepend_ctes_keeps_a_with(sql: str, expected: str) -> None:
    assert statement.prepend_ctes(sql, [("b", "SELECT 1;")]) == expected


def test_prepend_ctes_ends_a_comment_of_the_query() -> None:
    joined = statement.prepend_ctes("SELECT 2", [("b (x)", "SELECT 1 -- one"), ("c", "TABLE b")])
    assert joined == "WITH b (x) AS (\nSELECT 1 -- one\n),\nc AS (\nTABLE b\n)\nSELECT 2"


# What the server makes of each expression, where :v is V, :größe is G and :n is 1.
MEANS = {
    "'it''s :v % ;'": "it's :v % ;",
    r"E'\':v\\%'": r"':v\%",
    "E'a'\n '\\':v'": "a':v",
    "E'a' -- ':v\n -- x\n 'b\\':v'": "ab':v",
    "'a'\n':v;'": "a:v;",
    "$$:v;%$$": ":v;%",
    "$t$$$:v'$t$": "$$:v'",
    r"U&'\0061:v'": "a:v",
    ":v::text": "V",
    ":v||':v'": "V:v",
    ":größe": "G",
    "format('%s%%',:v)": "V%",
    "(7%4)::text": "3",
    "(3- -1)::text": "4",
    "'x'/* ' */||'y'": "xy",
    "array_to_string((ARRAY['a',:v])[1:2],'')": "aV",
    "array_to_string((ARRAY['a','b','c'])[one:two],'')": "ab",
    "(ARRAY[:v,'b'])[:n]": "V",
}
GAPS = (" ", "/* :v */", "/*/* ' */ :v ; */", "-- ':v $$ ;\n", " /* -- */\n")


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(MEANS)), st.sampled_from(GAPS)), min_size=1, max_size=8
    )
)
def test_the_server_reads_it_the_same_way(server: str, parts: list[tuple[str, str]]) -> None:
    listed = ",".join(f"{gap}({part}){gap}" for part, gap in parts)
    sql = f'SELECT ARRAY[{listed}]::text[] FROM (SELECT 1 AS one, 2 AS two) AS "a%:v"; -- ;'
    values = {"v": "V", "größe": "G", "n": 1}
    used = {name: values[name] for name in statement.parameters(sql)}
    assert statement.single(sql)
    with psycopg.connect(server, cursor_factory=psycopg.ClientCursor) as connection:
        for text in (statement.stripped(sql), statement.prepend_ctes(sql, [("b", "SELECT 1 --")])):
            row = connection.execute(statement.bind(text).encode(), used).fetchone()
            assert row == ([MEANS[part] for part, _ in parts],)
