import psycopg
import pytest
from psycopg import errors

from bgjobs.job import Audit
from bgjobs.store.session import Session


def test_a_statement_is_run_by_its_name_and_rendered_once(connection: psycopg.Connection) -> None:
    session = Session(connection)
    first, second = session.execute("clock").fetchone(), session.execute("clock").fetchone()
    assert first is not None
    assert second is not None
    assert first[0] < second[0]


def test_names_are_quoted_whatever_is_in_them(empty_dsn: str) -> None:
    schema, table, column = 'odd "schema"', 'team."x', "50% {tenant}"
    audit = Audit(("my schema", table), {column: "100% {of} '%(job)s'", "tags": ["a", {"b": 1}]})
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        session = Session(connection, schema, audit)
        assert session.render("SELECT '{{}}' FROM {schema}.run") == (
            b'SELECT \'{}\' FROM "odd ""schema""".run'
        )
        connection.execute('CREATE SCHEMA "my schema"')
        connection.execute(
            'CREATE TABLE "my schema"."team.""x" (details text, "50% {tenant}" text, tags jsonb)'
        )
        insert = "INSERT INTO {audit} (details{audit_columns}) SELECT %(details)s{audit_values}"
        connection.execute(session.render(insert), {"details": "whole"})
        found = connection.execute('SELECT * FROM "my schema"."team.""x"').fetchone()
    assert found == ("whole", "100% {of} '%(job)s'", ["a", {"b": 1}])


def test_errors_are_the_server_s_own(empty_dsn: str) -> None:
    with (
        psycopg.connect(empty_dsn, autocommit=True) as connection,
        pytest.raises(errors.UndefinedTable),
    ):
        Session(connection).execute("version")
