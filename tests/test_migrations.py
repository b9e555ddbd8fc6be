"""The migrations lead to the schema that is written down, from wherever they start."""

import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from bgjobs.store import migrate
from bgjobs.store.session import Session

STEPS = migrate.migrations()
SCHEMA_FILE = Path(migrate.__file__).parent / "schema.sql"

# What makes two schemas the same, each thing as one line of text.
CATALOG = """
SELECT 'column', format('%%s.%%s %%s %%s not null %%s default %%s identity %%s', c.relname, a.attname,
                        a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                        pg_get_expr(d.adbin, d.adrelid), a.attidentity)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind IN ('r', 'v')
UNION ALL
SELECT 'relation', format('%%s %%s %%s', relname, relkind, reloptions) FROM pg_class
 WHERE relnamespace = %(schema)s::text::regnamespace
UNION ALL
SELECT 'constraint', format('%%s: %%s', conrelid::regclass, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE connamespace = %(schema)s::text::regnamespace
UNION ALL
SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = %(schema)s::text
UNION ALL
SELECT 'view', definition FROM pg_views WHERE schemaname = %(schema)s::text
UNION ALL
SELECT 'function', pg_get_functiondef(oid) FROM pg_proc
 WHERE pronamespace = %(schema)s::text::regnamespace
UNION ALL
SELECT 'trigger', pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = %(schema)s::text::regnamespace AND NOT t.tgisinternal
"""


def catalog(connection: psycopg.Connection, schema: str) -> set[tuple[str, str]]:
    return set(connection.execute(CATALOG, {"schema": schema}).fetchall())


def write_down(connection: psycopg.Connection) -> set[tuple[str, str]]:
    """The catalog after schema.sql alone."""
    text = "CREATE SCHEMA {schema};" + SCHEMA_FILE.read_text()
    connection.execute(sql.SQL(text).format(schema=sql.Identifier("bgjobs")))
    found = catalog(connection, "bgjobs")
    connection.execute("DROP SCHEMA bgjobs CASCADE")
    return found


def test_every_version_migrates_to_the_schema_as_it_is_written_down(empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        expected = write_down(connection)
        session = Session(connection)
        for start in range(len(STEPS)):
            if start:
                migrate.migrate(session, STEPS[:start])
            report = migrate.migrate(session)
            assert [step.number for step in report.applied] == [s.number for s in STEPS[start:]]
            assert catalog(connection, "bgjobs") == expected
            connection.execute("DROP SCHEMA bgjobs CASCADE")


def test_the_numbers_follow_one_another_from_one() -> None:
    assert [step.number for step in STEPS] == list(range(1, len(STEPS) + 1))


def test_each_says_on_top_why_it_is_there() -> None:
    assert all(step.text.startswith("-- ") for step in STEPS)


def test_of_several_that_start_at_once_one_applies_and_all_succeed(empty_dsn: str) -> None:
    reports: list[Any] = []
    barrier = threading.Barrier(4)

    def start() -> None:
        with psycopg.connect(empty_dsn, autocommit=True) as connection:
            barrier.wait(60)
            reports.append(migrate.migrate(Session(connection)))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(len(report.applied) for report in reports) == [0, 0, 0, len(STEPS)]
    assert sum(report.audit_created for report in reports) == 1


def test_it_works_through_a_pooler(pooled_dsn: str) -> None:
    with psycopg.connect(pooled_dsn, autocommit=True, prepare_threshold=None) as connection:
        session = Session(connection, "other")
        assert len(migrate.migrate(session).applied) == len(STEPS)
        assert migrate.version(session) == len(STEPS)


@pytest.mark.parametrize("schema", ["bgjobs", 'a "strange" name'])
def test_the_printed_script_does_what_the_command_does(empty_dsn: str, schema: str) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        session = Session(connection, schema)
        connection.execute(migrate.script(schema, session.audit).encode())
        report = migrate.migrate(session)
    assert report.applied == ()
    assert not report.audit_created


def test_a_script_from_a_version_on_leads_to_the_same(empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        expected = write_down(connection)
        session = Session(connection)
        migrate.migrate(session, STEPS[:1])
        connection.execute(migrate.script("bgjobs", session.audit, 1).encode())
        assert catalog(connection, "bgjobs") == expected
        assert migrate.version(session) == len(STEPS)
