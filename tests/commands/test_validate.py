"""`bgjobs validate`: what is wrong is found before the job starts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bgjobs.errors import ExitStatus

if TYPE_CHECKING:
    from harness.project import Project

RIGHT = """
[jobs.purge]
schedule = "@daily"
statement = "DELETE FROM tasks WHERE due_date < :slot - make_interval(days => :days)"
params = { days = 30 }

[jobs.recount]
statement = "CALL recount(:job)"

[jobs.close]
select = "SELECT id, due_date, status FROM tasks WHERE due_date < :slot"
key = ["due_date DESC", "id"]
group_by = "due_date"
statement = "WITH x AS (SELECT 1) UPDATE tasks t SET status = 'Overdue' FROM batch b WHERE b.id = t.id"

[jobs.remind]
select = "SELECT id FROM tasks WHERE status = ANY (:open) FOR UPDATE -- any % of them"
key = "id"
handler = "handlers:Mail.remind"
statement = "UPDATE tasks t SET reminded = b.sent_at FROM batch b WHERE b.id = t.id"
send = "handlers:send"
params = { open = ["New", "Open"], token = "" }
secrets = ["token"]

[jobs.once]
handler = "handlers:once"
"""

HANDLERS = """
class Mail:
    @staticmethod
    def remind(run, record): ...

def once(run, *, dry=False): ...
def send(message): ...
def batch(records): ...
"""

TABLES = """
CREATE TABLE tasks (id bigint PRIMARY KEY, due_date timestamptz, status text, reminded timestamptz,
                    labels json);
CREATE PROCEDURE recount(job text) LANGUAGE sql AS 'DELETE FROM tasks';
INSERT INTO tasks VALUES (1, '2001-01-01', 'Open')
"""

WRONG = """
[jobs.purge]
statement = "DELETE FROM taks WHERE due_date < :slot"

[jobs.close]
select = "SELECT id, due_date FROM tasks"
key = ["due_dat", "id"]
statement = "UPDATE tasks t SET status = 'Overdue' FROM batch b WHERE b.id = t.id"

[jobs.label]
select = "SELECT id, labels FROM tasks"
key = "labels"
statement = "UPDATE tasks t SET status = 'x' FROM batch b WHERE b.id = t.id"

[jobs.sum]
select = '''
  SELECT id FROM tasks WHERE due_dat < :slot'''
key = "id"
statement = "UPDATE tasks t SET status = 'x' FROM batch b WHERE b.id = t.id"

[jobs.set]
select = "SELECT id FROM tasks"
key = "id"
statement = "UPDATE tasks t SET status = b.state FROM batch b WHERE b.id = t.id"

[jobs.add]
statement = "INSERT INTO tasks (id) VALUES (:token)"
params = { token = "S3cr3tPW" }
secrets = ["token"]

[jobs.call]
statement = "CALL recunt(:job)"

[jobs.remind]
select = "SELECT id FROM tasks"
key = "id"
per = "batch"
handler = "handlers:batch"
send = "handlers:sent"

[jobs.nowhere]
handler = "crm.nowhere:f"

[jobs.broken]
handler = "broken:f"
"""

FOUND = """\
bgjobs: jobs.toml:5: [jobs.purge] statement: relation "taks" does not exist
bgjobs: jobs.toml:9: [jobs.close] key: "due_dat" is not among what the select returns: id, due_date
bgjobs: jobs.toml:14: [jobs.label] key: records cannot be ordered by it: operator does not exist: json > json
bgjobs: jobs.toml:18: [jobs.sum] select: column "due_dat" does not exist (Perhaps you meant to reference the column "tasks.due_date")
bgjobs: jobs.toml:26: [jobs.set] statement: column b.state does not exist (Perhaps you meant to reference the column "t.status")
bgjobs: jobs.toml:29: [jobs.add] statement: invalid input syntax for type bigint: "***"
bgjobs: jobs.toml:34: [jobs.call] statement: procedure recunt(unknown) does not exist
bgjobs: jobs.toml:40: [jobs.remind] handler: handlers:batch cannot be called as batch(run, records)
bgjobs: jobs.toml:41: [jobs.remind] send: handlers:sent: handlers has no function sent (did you mean "send"?)
bgjobs: jobs.toml:44: [jobs.nowhere] handler: crm.nowhere:f cannot be imported: ModuleNotFoundError: No module named 'crm'
bgjobs: jobs.toml:47: [jobs.broken] handler: broken:f cannot be imported: SystemExit: no
"""


def test_all_that_is_right_is_said_in_a_line(project: Project) -> None:
    project.rows(TABLES)
    project.write(RIGHT)
    project.handlers(HANDLERS)
    ended = project.bgjobs("validate")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "jobs.toml is valid: 5 jobs, checked in the database\n"
    assert project.rows("SELECT count(*) AS n FROM tasks") == [{"n": 1}]


def test_each_wrong_thing_is_a_line(project: Project) -> None:
    project.rows(TABLES)
    project.write(WRONG).chmod(0o600)
    project.handlers(HANDLERS)
    project.handlers("raise SystemExit('no')", "broken")
    ended = project.bgjobs("validate")
    assert ended.stderr == FOUND
    assert (ended.returncode, ended.stdout) == (ExitStatus.BAD_CONFIG, "")


def test_without_the_database_only_the_rest_is_looked_at(project: Project) -> None:
    project.write(WRONG).chmod(0o600)
    project.handlers(HANDLERS)
    project.handlers("def f(run): ...", "broken")
    project.dsn = "host=/nowhere"
    ended = project.bgjobs("validate", "--no-database", "--config", "jobs.toml")
    lines = FOUND.splitlines(keepends=True)
    assert ended.stderr == "".join(
        line for line in lines if "handlers:" in line or "nowhere" in line
    )


def test_a_job_through_a_pooler_is_checked_as_well(project: Project, pooled_dsn: str) -> None:
    project.rows(TABLES)
    project.write(RIGHT)
    project.handlers(HANDLERS)
    ended = project.bgjobs("validate", env={"BGJOBS_DATABASE_URL": pooled_dsn})
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_missing_grant_is_found(project: Project) -> None:
    project.rows(TABLES)
    project.write(RIGHT)
    project.handlers(HANDLERS)
    role = f"reader_{os.getpid()}"
    project.rows(
        f"CREATE ROLE {role}; GRANT SELECT ON tasks TO {role}; GRANT {role} TO CURRENT_USER"
    )
    try:
        ended = project.bgjobs("validate", env={"PGOPTIONS": f"-c role={role}"})
    finally:
        project.rows(f"REVOKE ALL ON tasks FROM {role}; DROP ROLE {role}")
    assert ended.returncode == ExitStatus.BAD_CONFIG
    lines = ended.stderr.splitlines()
    assert "bgjobs: jobs.toml:6: [jobs.purge] statement: permission denied for table tasks" in lines
    assert lines[0].startswith(
        "bgjobs: jobs.toml:1: [database] permission denied for schema bgjobs;"
    )


def test_a_missing_ledger_says_what_to_run(project: Project) -> None:
    project.write("[jobs.j]\nstatement = 'SELECT 1'\n")
    project.rows("DROP SCHEMA bgjobs CASCADE")
    ended = project.bgjobs("validate")
    assert ended.returncode == ExitStatus.BAD_CONFIG
    assert ended.stderr == (
        "bgjobs: jobs.toml:1: [database] the database has no ledger in the schema bgjobs; "
        "run: bgjobs migrate\n"
    )


def test_an_audit_table_that_would_take_no_row_is_found(project: Project) -> None:
    project.write("[audit]\ntable = 'trail'\ncolumns = { origin = 'cron' }\n")
    assert "there is no audit table trail; run: bgjobs migrate" in project.bgjobs("validate").stderr
    project.rows(
        "CREATE TABLE trail (action_type text, entity_type text, details jsonb,"
        " tenant_id int NOT NULL)"
    )
    ended = project.bgjobs("validate")
    assert ended.stderr == (
        'bgjobs: jobs.toml:4: [audit] the audit table trail has no column "origin"\n'
        'bgjobs: jobs.toml:4: [audit] the audit table trail needs a value for "tenant_id": '
        "give it in [audit.columns]\n"
    )


def test_a_database_that_is_down_is_no_fault_of_the_file(project: Project) -> None:
    project.write("[jobs.j]\nstatement = 'SELECT 1'\n")
    ended = project.bgjobs("validate", env={"BGJOBS_DATABASE_URL": "host=/nowhere"})
    assert ended.returncode == ExitStatus.UNREACHABLE
    assert ended.stderr.startswith("bgjobs: the database cannot be reached")
    assert ended.stderr.count("\n") == 1


def test_an_odd_schedule_is_mentioned(project: Project) -> None:
    project.write("[jobs.j]\nstatement = 'SELECT 1'\nschedule = '* 8 * * *'\n")
    ended = project.bgjobs("validate", "--no-database")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        'jobs.toml: [jobs.j] schedule: minute "*": runs every minute of the hour; did you mean "0"?',
        "jobs.toml is valid: 1 job",
    ]
