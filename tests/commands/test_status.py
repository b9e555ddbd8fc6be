import io
import json
from pathlib import Path

import psycopg
import pytest

from bgjobs.commands.pause import pause
from bgjobs.commands.status import status
from bgjobs.errors import UsageError
from harness.ledger import NOON, put_lease, put_run
from harness.project import Project

JOBS = """
[jobs.purge]
description = "Deletes what is old"
schedule = "0 10 * * *"
statement = "DELETE FROM old"

[jobs.reminders]
handler = "reminders:send"
"""


@pytest.fixture
def config(project: Project) -> Path:
    project.handlers("def send(run): pass\n", "reminders")
    return project.write(JOBS)


def told(config: Path, job: str | None = None) -> list[dict[str, object]]:
    out = io.StringIO()
    status(config, job, json=True, out=out)
    found: list[dict[str, object]] = json.loads(out.getvalue())
    return found


def test_a_job_is_pending_until_it_first_ran(config: Path, connection: psycopg.Connection) -> None:
    put_run(connection, "purge", "skipped")
    first, second = told(config)
    assert {**first, "next_run": None} == {
        "job": "purge",
        "description": "Deletes what is old",
        "function": "SQL",
        "schedule": "0 10 * * *",
        "timezone": "UTC",
        "enabled": True,
        "status": "pending",
        "last_run": None,
        "next_run": None,
        "pause": None,
    }
    assert str(first["next_run"]).endswith("T10:00:00+00:00")
    assert (second["function"], second["schedule"], second["next_run"]) == (
        "reminders:send",
        None,
        None,
    )


def test_its_state_is_then_that_of_its_newest_run(
    config: Path, connection: psycopg.Connection
) -> None:
    put_run(connection, "purge", "success", NOON)
    put_lease(connection, put_run(connection, "reminders", "running", NOON), "reminders", -1)
    assert [job["status"] for job in told(config)] == ["success", "crashed"]


def test_a_busy_job_does_not_push_others_out(config: Path, connection: psycopg.Connection) -> None:
    put_run(connection, "purge", "failed", NOON)
    connection.execute(
        "INSERT INTO bgjobs.run (id, job, slot, trigger, status, attempt, host, pid, version,"
        "       started_at, finished_at)"
        " SELECT gen_random_uuid(), 'reminders', t, 'cron', 'success', 1, 'h', 1, '1', t, t"
        "   FROM generate_series(1, 500) AS n, LATERAL (SELECT %s + n * interval '1 min') AS s (t)",
        [NOON],
    )
    assert [job["status"] for job in told(config)] == ["failed", "success"]


def test_a_pause_is_shown(config: Path) -> None:
    pause(config, "purge", until=None, reason="the disk", out=io.StringIO())
    (found,) = told(config, "purge")
    shown = found["pause"]
    assert isinstance(shown, dict)
    assert (shown["until"], shown["reason"]) == (None, "the disk")
    assert found["next_run"] is None
    out = io.StringIO()
    status(config, "purge", json=False, out=out)
    assert "    paused by " in out.getvalue()


def test_an_unknown_job_is_told_with_the_nearest(config: Path) -> None:
    with pytest.raises(UsageError, match=r'there is no job "purgee" \(did you mean "purge"\?\)'):
        told(config, "purgee")
