import json
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from bgjobs.store.migrate import migrations
from harness.ledger import put_lease, put_run
from harness.project import Project

JOBS = '[jobs.purge]\nstatement = "DELETE FROM old"\n'


def test_a_database_is_migrated_once(project: Project, empty_dsn: str) -> None:
    project.write(f"[database]\nurl = {json.dumps(empty_dsn)}\n{JOBS}")
    first = project.bgjobs("migrate")
    assert (first.returncode, first.stderr) == (0, "")
    newest = migrations()[-1].number
    assert first.stdout.startswith("applied 0001 ledger\n")
    assert first.stdout.endswith(
        f"created the audit table audit_log\nthe ledger is at version {newest}\n"
    )
    again = project.bgjobs("migrate")
    assert again.stdout == f"nothing to do\nthe ledger is at version {newest}\n"


def test_an_audit_table_that_cannot_take_a_row_is_told(project: Project, empty_dsn: str) -> None:
    project.write(f"[database]\nurl = {json.dumps(empty_dsn)}\n{JOBS}")
    project.dsn = empty_dsn
    project.rows("CREATE TABLE audit_log (action_type text, entity_type text, details jsonb,"
                 " tenant_id uuid NOT NULL)")  # fmt: skip
    done = project.bgjobs("migrate")
    assert done.returncode == 78
    assert done.stderr == (
        'bgjobs: the audit table audit_log needs a value for "tenant_id": '
        "give it in [audit.columns]\n"
    )


def test_the_scripts_are_printed_without_a_database(project: Project) -> None:
    project.write(f'[database]\nurl = "host=/nowhere"\nschema = "jobs"\n{JOBS}')
    whole = project.bgjobs("migrate", "--print")
    assert whole.stdout.startswith('BEGIN;\n\nCREATE SCHEMA IF NOT EXISTS "jobs";\n')
    newest = str(migrations()[-1].number)
    assert project.bgjobs("migrate", "--print", "--after", newest).stdout == (
        f"-- Version {newest} is the newest.\n"
    )
    grants = project.bgjobs("migrate", "--grants", "runner")
    assert 'GRANT USAGE ON SCHEMA "jobs" TO "runner";' in grants.stdout
    reading = project.bgjobs("migrate", "--grants", "reader", "--reading")
    assert 'GRANT SELECT ON ALL TABLES IN SCHEMA "jobs" TO "reader";' in reading.stdout


@pytest.fixture
def runner(connection: psycopg.Connection) -> Iterator[str]:
    """A role that may log in, and nothing else yet."""
    name = "bgjobs_test_least"
    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    yield name
    connection.execute(sql.SQL("DROP OWNED BY {r}; DROP ROLE {r}").format(r=sql.Identifier(name)))


def test_the_printed_grants_are_enough_to_run_jobs(
    project: Project, connection: psycopg.Connection, runner: str
) -> None:
    connection.execute(
        "CREATE TABLE task AS SELECT n AS id, 0 AS done FROM generate_series(1, 25) AS n"
    )
    connection.execute(sql.SQL("GRANT SELECT, UPDATE ON task TO {}").format(sql.Identifier(runner)))
    dsn = psycopg.conninfo.make_conninfo(project.dsn, user=runner)
    project.handlers("def work(run, task):\n    1 / (task['id'] % 10)\n")
    project.write(
        f"[database]\nurl = {json.dumps(dsn)}\n"
        '[jobs.once]\nstatement = "UPDATE task SET done = 1"\n'
        '[jobs.set]\nselect = "SELECT id FROM task"\nkey = "id"\nbatch_size = 10\n'
        'statement = "UPDATE task SET done = 2 FROM batch WHERE task.id = batch.id"\n'
        '[jobs.work]\nselect = "SELECT id FROM task"\nkey = "id"\nhandler = "handlers:work"\n'
        'max_failures = 5\noverlap = "allow"\nkeep = "1 hour"\n'
    )
    connection.execute(project.bgjobs("migrate", "--grants", runner).stdout.encode())
    put_lease(connection, put_run(connection, "set", "running"), "set", expires_in=-1)
    put_run(connection, "work")
    for status, arguments in [
        (0, ("run", "once")),
        (0, ("run", "set")),
        (3, ("run", "work")),
        (3, ("run", "work")),
        (0, ("pause", "set", "--until", "1h")),
        (0, ("run", "set", "--cron")),
        (0, ("resume", "set")),
        (0, ("stop", "set")),
        (0, ("status",)),
        (0, ("failures",)),
    ]:
        done = project.bgjobs(*arguments)
        assert (done.returncode, arguments) == (status, arguments), done.stderr
    ends = project.rows("SELECT details ->> 'outcome' AS was FROM audit_log ORDER BY created_at")
    assert [row["was"] for row in ends] == ["crashed", "success", "success", "partial", "partial"]
