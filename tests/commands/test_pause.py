import io
from pathlib import Path

import psycopg
import pytest

from bgjobs.commands.pause import pause
from bgjobs.commands.resume import resume
from bgjobs.commands.stop import stop
from bgjobs.errors import UsageError
from harness.ledger import put_lease, put_run
from harness.project import Project


@pytest.fixture
def config(project: Project) -> Path:
    return project.write('[jobs.purge]\nstatement = "DELETE FROM old"\n')


def test_a_job_is_paused_and_resumed(config: Path, connection: psycopg.Connection) -> None:
    out = io.StringIO()
    assert pause(config, "purge", until="2 hours", reason="the disk", out=out) == 0
    assert out.getvalue().startswith("purge is paused until 2")
    (row,) = connection.execute(
        "SELECT job, reason, until - paused_at BETWEEN interval '1 h' AND interval '3 h',"
        "       paused_by LIKE '_%%@_%%' FROM bgjobs.pause"
    ).fetchall()
    assert row == ("purge", "the disk", True, True)
    for said in ("purge is no longer paused\n", "purge was not paused\n"):
        out = io.StringIO()
        resume(config, "purge", out=out)
        assert out.getvalue() == said


def test_a_pause_needs_a_job_of_the_file_and_an_end_to_come(config: Path) -> None:
    for job, until, message in [
        ("purgee", None, 'there is no job "purgee"'),
        ("purge", "2020-01-01", '--until: "2020-01-01" is in the past'),
        ("purge", "soon", '"soon" is neither a duration'),
    ]:
        with pytest.raises(UsageError, match=message):
            pause(config, job, until=until, reason=None, out=io.StringIO())


def test_a_run_at_work_is_asked_to_stop(config: Path, connection: psycopg.Connection) -> None:
    run = put_run(connection, status="running")
    put_lease(connection, run)
    out = io.StringIO()
    assert stop(config, "purge", reason="too slow", out=out) == 0
    assert out.getvalue() == f"run {run} of purge stops after its batch\n"
    (row,) = connection.execute("SELECT stop FROM bgjobs.lease").fetchall()
    assert row[0].startswith("stopped by ")
    assert row[0].endswith(": too slow")


def test_there_may_be_nothing_to_stop(config: Path) -> None:
    out = io.StringIO()
    assert stop(config, "purge", reason=None, out=out) == 0
    assert out.getvalue() == "no run of purge is running\n"
    with pytest.raises(UsageError, match='there is no job "purgee"'):
        stop(config, "purgee", reason=None, out=out)
    with pytest.raises(UsageError, match='there is no job "purgee"'):
        resume(config, "purgee", out=out)
