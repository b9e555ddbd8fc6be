import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from bgjobs.commands.history import Wanted, history
from bgjobs.errors import ConfigError, DatabaseUnreachableError, UsageError
from harness.ledger import put_lease, put_run
from harness.project import Project

JOBS = """
[jobs.purge]
statement = "DELETE FROM old"
"""


@pytest.fixture
def config(project: Project) -> Path:
    return project.write(JOBS)


def told(config: Path, wanted: Wanted = Wanted()) -> list[dict[str, object]]:  # noqa: B008 - a value
    out = io.StringIO()
    assert history(config, wanted, json=True, out=out) == 0
    found: list[dict[str, object]] = json.loads(out.getvalue())
    return found


@pytest.fixture
def runs(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A run each of an hour, ten days and a hundred days ago, and an older one of another job."""
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    for hours, status in [(1, "failed"), (240, "success"), (2400, "failed")]:
        put_run(connection, "purge", status, row[0] - timedelta(hours=hours))
    put_run(connection, "gone-from-the-file", "partial", row[0] - timedelta(hours=9600))
    return connection


def test_a_run_is_told_by_keys_that_stay(config: Path, connection: psycopg.Connection) -> None:
    run = put_run(connection, read=3, processed=2, failed=1, batches=1, counters={"sent": 2})
    (found,) = told(config)
    assert found == {
        "id": str(run),
        "job": "purge",
        "slot": "2026-07-01T12:00:00+00:00",
        "trigger": "cron",
        "status": "success",
        "attempt": 1,
        "host": "web1",
        "pid": 4711,
        "version": "0.1.0",
        "parameters": {},
        "started_at": "2026-07-01T12:00:00+00:00",
        "heartbeat_at": "2026-07-01T12:00:00+00:00",
        "finished_at": "2026-07-01T12:00:01+00:00",
        "execution_time_ms": 1000,
        "records_read": 3,
        "records_processed": 2,
        "records_skipped": 0,
        "records_failed": 1,
        "batches": 1,
        "counters": {"sent": 2},
        "position": {},
        "error_class": None,
        "error_message": None,
        "reason": None,
    }


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (Wanted(), 4),
        (Wanted(limit=2), 2),
        (Wanted(status="failed"), 2),
        (Wanted(since="24h"), 1),
        (Wanted(since="11 days"), 2),
        (Wanted(since="11 days", before="2 days"), 1),
        (Wanted(since="2001-01-01"), 4),
        (Wanted(before="2001-01-01 10:00+02:00"), 0),
        (Wanted("purge", status="success"), 1),
        (Wanted("gone-from-the-file"), 1),
        (Wanted("purge", status="partial"), 0),
    ],
)
def test_runs_are_chosen_by_options(
    runs: psycopg.Connection, config: Path, wanted: Wanted, number: int
) -> None:
    assert len(told(config, wanted)) == number


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted(status="faild"), '--status: "faild" must be one of running, success'),
        (Wanted(since="yesterday"), '"yesterday" is neither a duration'),
        (Wanted("purgee"), r'there is no job "purgee" \(did you mean "purge"\?\)'),
    ],
)
def test_a_wrong_option_is_told(config: Path, wanted: Wanted, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        told(config, wanted)


def test_a_dead_run_is_never_told_as_running(config: Path, connection: psycopg.Connection) -> None:
    put_lease(connection, put_run(connection, status="running"), expires_in=-1)
    (found,) = told(config)
    assert found["status"] == "crashed"
    assert "pid 4711" in str(found["error_message"])
    assert len(connection.execute("SELECT FROM audit_log").fetchall()) == 1


def test_a_role_that_may_only_read_sees_a_dead_run_as_presumed(
    project: Project, connection: psycopg.Connection
) -> None:
    put_lease(connection, put_run(connection, status="running"), expires_in=-1)
    put_run(connection, "alive", "running")
    put_lease(connection, put_run(connection, "living", "running"), "living")
    connection.execute("CREATE ROLE bgjobs_test_reader LOGIN")
    try:
        connection.execute("GRANT USAGE ON SCHEMA bgjobs TO bgjobs_test_reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA bgjobs TO bgjobs_test_reader")
        dsn = psycopg.conninfo.make_conninfo(project.dsn, user="bgjobs_test_reader")
        config = project.write(f"[database]\nurl = {json.dumps(dsn)}\n{JOBS}")
        out = io.StringIO()
        history(config, Wanted(), json=False, out=out)
        states = {
            line.split()[1]: line.split()[2]
            for line in out.getvalue().splitlines()[1:]
            if line[0] != " "
        }
        assert states == {"purge": "crashed?", "alive": "crashed?", "living": "running"}
        assert connection.execute("SELECT FROM audit_log").fetchall() == []
    finally:
        connection.execute("DROP OWNED BY bgjobs_test_reader; DROP ROLE bgjobs_test_reader")


def test_a_missing_ledger_and_a_missing_server_are_one_line(
    project: Project, empty_dsn: str, tmp_path: Path
) -> None:
    for url, error, message in [
        (empty_dsn, ConfigError, "no ledger in the schema bgjobs; run: bgjobs migrate"),
        (f"host={tmp_path}", DatabaseUnreachableError, "the database cannot be reached"),
    ]:
        config = project.write(f"[database]\nurl = {json.dumps(url)}\n{JOBS}")
        with pytest.raises(error, match=message) as raised:
            history(config, Wanted(), json=False, out=io.StringIO())
        assert "\n" not in str(raised.value)


def test_the_program_prints_a_plain_table_where_there_is_no_terminal(
    project: Project, config: Path, runs: psycopg.Connection
) -> None:
    done = project.bgjobs("history", "purge", "--status", "failed", "--limit", "1")
    assert (done.returncode, done.stderr) == (0, "")
    header, line, note = done.stdout.splitlines()
    assert header.split() == ["RUN", "JOB", "STATUS", "STARTED", "TOOK", "RECORDS"]
    assert line.split()[1:3] == ["purge", "failed"]
    assert note == "    it broke"
    assert "\x1b" not in done.stdout
    wrong = project.bgjobs("history", "--limit", "0")
    assert wrong.returncode == 2
