import json

from bgjobs.store.migrate import migrations
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
        'bgjobs: the audit table audit_log wants a value for "tenant_id": '
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
