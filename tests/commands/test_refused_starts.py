"""Starts that cannot be: one line says why, the status tells of what kind, and nothing is worked."""

import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import conninfo, sql

from bgjobs.errors import ExitStatus
from bgjobs.job import Audit
from bgjobs.store.grants import grants
from harness.project import Project

JOB = """
[database]
connect_wait = "0 s"

[jobs.close]
statement = "INSERT INTO done VALUES (1)"
"""


@pytest.fixture
def done(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute("CREATE TABLE done (id int)")
    return connection


@pytest.fixture
def runner(
    project: Project, done: psycopg.Connection, require: Callable[..., str]
) -> "Iterator[Role]":
    require("roles that log in without a password", "BGJOBS_TEST_DSN" not in os.environ)
    role = Role(done, str(conninfo.conninfo_to_dict(project.dsn)["dbname"]))
    role.does(grants("bgjobs", Audit(), role.name), "GRANT ALL ON done TO {role}")
    project.dsn = conninfo.make_conninfo(project.dsn, user=role.name)
    yield role
    role.does("DROP OWNED BY {role}", "DROP ROLE {role}")


class Role:
    """A role that may log in, and no more."""

    def __init__(self, connection: psycopg.Connection, database: str) -> None:
        self.name = f"bgjobs_test_runner_{database}"
        self._connection = connection
        self.does("CREATE ROLE {role} LOGIN")

    def does(self, *statements: str) -> None:
        for statement in statements:
            self._connection.execute(sql.SQL(statement).format(role=sql.Identifier(self.name)))


def refused(project: Project, status: ExitStatus, *words: str) -> None:
    ended = project.bgjobs("run", "close")
    assert (ended.returncode, ended.stdout) == (status, ""), ended.stderr
    (line,) = ended.stderr.splitlines()
    assert line.startswith("bgjobs: ")
    assert [word for word in words if word not in line] == [], line


def runs(connection: psycopg.Connection) -> int:
    (row,) = connection.execute("SELECT (SELECT count(*) FROM done) + count(*) FROM bgjobs.run")
    return row[0]


def test_an_audit_table_that_may_not_be_written_is_found_before_the_work(
    project: Project, runner: Role, done: psycopg.Connection
) -> None:
    project.write(JOB)
    runner.does("REVOKE ALL ON audit_log FROM {role}")
    refused(project, ExitStatus.REFUSED, f"{runner.name} lacks INSERT on audit_log", "--grants")
    done.execute("DROP TABLE audit_log")
    refused(project, ExitStatus.BAD_CONFIG, "no audit table audit_log", "bgjobs migrate")
    assert runs(done) == 0


def test_a_missing_grant_tells_whose_it_is(
    project: Project, runner: Role, done: psycopg.Connection
) -> None:
    project.write(JOB)
    runner.does("REVOKE ALL ON done FROM {role}")
    ended = project.bgjobs("run", "close")
    assert ended.returncode == ExitStatus.REFUSED
    assert "permission denied for table done; grant it to the role" in ended.stderr
    runner.does("REVOKE ALL ON bgjobs.lease FROM {role}")
    refused(project, ExitStatus.REFUSED, "permission denied for table lease", "migrate --grants")
    ended = project.bgjobs("migrate")
    assert ended.returncode == ExitStatus.REFUSED
    assert "bgjobs migrate --print" in ended.stderr


def test_a_database_that_is_read_only_is_no_failure_of_the_job(
    project: Project, done: psycopg.Connection
) -> None:
    project.write(JOB)
    read_only = {"PGOPTIONS": "-c default_transaction_read_only=on"}
    ended = project.bgjobs("run", "close", env=read_only)
    assert ended.returncode == ExitStatus.UNREACHABLE
    assert ended.stderr.startswith("bgjobs: the database is read-only, as a standby is: ")
    assert len(ended.stderr.splitlines()) == 1
    assert runs(done) == 0
    examined = project.bgjobs("doctor", "--no-cron", env=read_only)
    assert "is read-only, so no run can be recorded\n" in examined.stdout


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"port": "1", "host": "127.0.0.1"}, ExitStatus.UNREACHABLE, "cannot be reached: connecti"),
        ({"dbname": "nowhere"}, ExitStatus.BAD_CONFIG, 'database "nowhere" does not exist'),
        ({"user": "nobody_here"}, ExitStatus.REFUSED, 'role "nobody_here" does not exist'),
        ({"port": "many"}, ExitStatus.BAD_CONFIG, 'url: invalid integer value "many"'),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else None,
)
def test_a_login_that_fails_is_told_in_the_servers_words_alone(
    project: Project, change: dict[str, str], status: ExitStatus, said: str
) -> None:
    project.dsn = conninfo.make_conninfo(project.dsn, **change)
    project.write(JOB)
    refused(project, status, said)


def test_no_free_connection_is_not_a_refusal(
    project: Project, runner: Role, done: psycopg.Connection
) -> None:
    project.write(JOB)
    runner.does("ALTER ROLE {role} CONNECTION LIMIT 0")
    refused(project, ExitStatus.UNREACHABLE, "takes no more connections")
