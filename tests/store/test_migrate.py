from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors, sql

from bgjobs.errors import ConfigError
from bgjobs.job import Audit
from bgjobs.store import grants, migrate
from bgjobs.store.connection import explain
from bgjobs.store.history import History
from bgjobs.store.migrate import Migration
from bgjobs.store.session import Session


@pytest.fixture
def bare(empty_dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        yield connection


def test_a_failing_step_leaves_nothing_behind(bare: psycopg.Connection) -> None:
    steps = (*migrate.migrations()[:1], Migration(2, "wrong", "SELECT nonsense;"))
    with pytest.raises(errors.UndefinedColumn):
        migrate.migrate(Session(bare), steps)
    assert bare.execute("SELECT to_regnamespace('bgjobs')").fetchone() == (None,)


def test_a_ledger_newer_than_the_program_is_refused(connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO bgjobs.migration VALUES (999, 'tomorrow')")
    with pytest.raises(ConfigError, match=r"version 999, newer than .* upgrade bgjobs"):
        migrate.migrate(Session(connection))


def test_a_missing_and_an_old_ledger_are_told_in_one_line(bare: psycopg.Connection) -> None:
    session = Session(bare)
    with pytest.raises(ConfigError, match=r"no ledger in the schema bgjobs; run: bgjobs migrate$"):
        migrate.require_current(session)
    with pytest.raises(psycopg.Error) as raised:
        History(session).runs()
    assert "run: bgjobs migrate" in str(explain(raised.value))
    migrate.migrate(session, migrate.migrations()[:1])
    with pytest.raises(ConfigError, match=r"version 1, \d+ is needed; run: bgjobs migrate$"):
        migrate.require_current(session)
    migrate.migrate(session)
    migrate.require_current(session)


def test_a_role_without_rights_on_the_database_migrates_into_a_schema_made_for_it(
    bare: psycopg.Connection,
) -> None:
    bare.execute("CREATE ROLE bgjobs_test_migrator; CREATE SCHEMA bgjobs")
    try:
        bare.execute("ALTER SCHEMA bgjobs OWNER TO bgjobs_test_migrator")
        bare.execute("GRANT CREATE ON SCHEMA public TO bgjobs_test_migrator")
        bare.execute("SET ROLE bgjobs_test_migrator")
        assert migrate.migrate(Session(bare)).applied
    finally:
        bare.execute("RESET ROLE; DROP OWNED BY bgjobs_test_migrator CASCADE")
        bare.execute("DROP ROLE bgjobs_test_migrator")


def test_the_audit_table_is_made_with_the_constant_columns_and_then_left_alone(
    bare: psycopg.Connection,
) -> None:
    audit = Audit(("public", "trail"), {"tenant_id": "acme", "priority": 3, "live": True})
    session = Session(bare, "bgjobs", audit)
    assert migrate.migrate(session).audit_created
    bare.execute(
        "INSERT INTO public.trail (action_type, entity_type, details, tenant_id, priority, live)"
        " VALUES ('a', 'b', '{}', 'acme', 3, true)"
    )
    report = migrate.migrate(session)
    assert not report.audit_created
    assert report.audit_problems == ()


def test_an_audit_table_of_the_teams_own_is_looked_at_and_not_changed(
    bare: psycopg.Connection,
) -> None:
    bare.execute(
        "CREATE TABLE audit_log (id serial, action_type text, entity_type text,"
        " tenant_id uuid NOT NULL, at timestamptz NOT NULL DEFAULT now())"
    )
    report = migrate.migrate(Session(bare, audit=Audit(columns={"source": "jobs"})))
    assert report.audit_problems == (
        'the audit table audit_log has no column "details"',
        'the audit table audit_log has no column "source"',
        'the audit table audit_log needs a value for "tenant_id": give it in [audit.columns]',
    )


@pytest.fixture
def role(connection: psycopg.Connection) -> Iterator[str]:
    name = "bgjobs_test_runner"
    connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
    yield name
    connection.execute("RESET ROLE")
    connection.execute(sql.SQL("DROP OWNED BY {r}; DROP ROLE {r}").format(r=sql.Identifier(name)))


def refused(connection: psycopg.Connection, statement: str) -> bool:
    try:
        connection.execute(statement)
    except errors.InsufficientPrivilege:
        return True
    return False


def test_the_runners_grants_let_it_run_and_not_rewrite(
    connection: psycopg.Connection, role: str
) -> None:
    connection.execute(grants.grants("bgjobs", Audit(), role).encode())
    connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    connection.execute(
        "INSERT INTO bgjobs.run (id, job, slot, trigger, status, attempt, host, pid, version)"
        " VALUES (gen_random_uuid(), 'a', now(), 'cron', 'running', 1, 'h', 1, '1')"
    )
    connection.execute("SELECT * FROM bgjobs.run FOR UPDATE")
    connection.execute("UPDATE bgjobs.run SET status = 'success', finished_at = clock_timestamp()")
    connection.execute("DELETE FROM bgjobs.run")
    assert refused(connection, "UPDATE bgjobs.run SET started_at = now()")
    assert refused(connection, "UPDATE bgjobs.run SET job = 'b'")
    assert refused(connection, "TRUNCATE bgjobs.run")
    assert refused(connection, "CREATE TABLE bgjobs.mine ()")
    assert refused(connection, "DELETE FROM audit_log")
    assert refused(connection, "UPDATE audit_log SET details = '{}'")
    assert refused(connection, "INSERT INTO bgjobs.migration VALUES (9, 'x')")


def test_the_readers_grants_let_it_read_and_nothing_else(
    connection: psycopg.Connection, role: str
) -> None:
    connection.execute(grants.grants("bgjobs", Audit(), role, reading=True).encode())
    connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    history = History(Session(connection))
    assert history.runs() == []
    assert history.failures() == []
    assert refused(connection, "DELETE FROM bgjobs.run")
    assert refused(connection, "SELECT * FROM audit_log")


def test_a_server_that_is_too_old_is_refused(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "OLDEST_SERVER", 99)
    with pytest.raises(
        ConfigError, match=r"^the server is Postgres \d+; bgjobs needs 99 or newer$"
    ):
        migrate.migrate(Session(connection))
