import io
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from bgjobs.commands.check import check
from harness.ledger import put, put_lease, put_run
from harness.project import Project

JOBS = """
[jobs.minutely]
schedule = "* * * * *"
statement = "DELETE FROM old"
timeout = "1h"

[jobs.by-hand]
statement = "DELETE FROM old"

[jobs.off]
schedule = "* * * * *"
enabled = false
statement = "DELETE FROM old"
"""
HOUR = timedelta(hours=1)


@pytest.fixture
def config(project: Project) -> Path:
    return project.write(JOBS)


def told(config: Path, job: str | None = None, grace: str = "10m") -> tuple[int, list[str]]:
    out = io.StringIO()
    status = check(config, job, grace=grace, out=out)
    return status, out.getvalue().splitlines()


def known_for(connection: psycopg.Connection, job: str, length: timedelta) -> None:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    put(connection, "known_job", {"job": job, "since": row[0] - length})


def test_jobs_that_never_ran_and_never_were_seen_are_well(config: Path) -> None:
    assert told(config) == (0, ["BGJOBS OK: 2 jobs well"])


def test_the_newest_run_tells_how_a_job_is(config: Path, connection: psycopg.Connection) -> None:
    put_run(connection, "by-hand", "partial", failed=2)
    assert told(config) == (
        1,
        [
            "BGJOBS WARNING: 1 of 2 jobs need a look",
            "WARNING by-hand: partial at 2026-07-01 12:00 UTC: 2 records failed",
        ],
    )
    put_run(connection, "minutely", "failed")
    status, lines = told(config)
    assert (status, lines[0]) == (2, "BGJOBS CRITICAL: 2 of 2 jobs need a look")
    assert told(config, "by-hand")[0] == 1


def test_a_slot_without_a_run_is_missed_after_its_grace(
    config: Path, connection: psycopg.Connection
) -> None:
    known_for(connection, "minutely", HOUR)
    known_for(connection, "off", HOUR)
    status, (first, second) = told(config)
    assert (status, first) == (2, "BGJOBS CRITICAL: 1 of 2 jobs need a look")
    assert second.startswith("CRITICAL minutely: no run for its slot ")
    assert told(config, grace="2h") == (0, ["BGJOBS OK: 2 jobs well"])
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    put_run(connection, "minutely", "skipped", row[0])
    assert told(config)[0] == 0


def test_a_run_beyond_its_timeout_and_a_dead_one_are_critical(
    config: Path, connection: psycopg.Connection
) -> None:
    run = put_run(connection, "minutely", "running")
    put_lease(connection, run, "minutely", expires_in=3600)
    assert told(config)[1][1].endswith("running since 2026-07-01 12:00 UTC, beyond its timeout")
    connection.execute("UPDATE bgjobs.lease SET expires_at = now() - interval '1 s'")
    assert "the process died" in told(config)[1][1]


def test_what_cannot_be_looked_at_is_unknown(project: Project, tmp_path: Path) -> None:
    assert told(tmp_path / "none.toml")[0] == 3
    config = project.write(f'[database]\nurl = "host={tmp_path}"\n{JOBS}')
    status, (line,) = told(config)
    assert status == 3
    assert line.startswith("BGJOBS UNKNOWN: the database cannot be reached")
    assert told(config, grace="soon")[0] == 3


def test_the_process_exits_with_the_level(
    project: Project, config: Path, connection: psycopg.Connection
) -> None:
    put_run(connection, "by-hand", "failed")
    done = project.bgjobs("check")
    assert done.returncode == 2
    assert done.stdout.startswith("BGJOBS CRITICAL: ")
    assert project.bgjobs("check", "nobody").returncode == 3
