import io
import json

import psycopg
import pytest

from bgjobs.commands.show import show
from bgjobs.errors import UsageError
from harness.ledger import NOON, put, put_run
from harness.project import Project

JOBS = """
[jobs.purge]
statement = "DELETE FROM old"
"""


def test_a_run_is_shown_whole_by_the_beginning_of_its_id(
    project: Project, connection: psycopg.Connection
) -> None:
    config = project.write(JOBS)
    run = put_run(connection, status="failed", error_stack="deep\nstack", output="said\n")
    failed = {"job": "purge", "key": ["7"], "run": run, "slot": NOON, "error_class": "E"}
    put(connection, "failed_record", {**failed, "error_message": "bad", "failed_at": NOON})
    out = io.StringIO()
    assert show(config, str(run)[:8], json=False, out=out) == 0
    text = out.getvalue()
    assert text.startswith(f"Run        {run}\n")
    assert "\nStack\n  deep\n  stack\n" in text
    assert text.endswith("\nOutput\n  said\n\nFailed records\n  7 (attempt 1) E: bad\n")

    out = io.StringIO()
    show(config, str(run), json=True, out=out)
    found = json.loads(out.getvalue())
    assert (found["error_stack"], found["output"]) == ("deep\nstack", "said\n")
    assert found["failed_records"] == [
        {
            "job": "purge",
            "run": str(run),
            "key": ["7"],
            "slot": "2026-07-01T12:00:00+00:00",
            "error_class": "E",
            "error_message": "bad",
            "error_stack": None,
            "attempt": 1,
            "failed_at": "2026-07-01T12:00:00+00:00",
        }
    ]


def test_a_run_that_is_not_there_is_told(project: Project) -> None:
    config = project.write(JOBS)
    with pytest.raises(UsageError, match='no run "abc"; `bgjobs history` lists their ids'):
        show(config, "abc", json=False, out=io.StringIO())
    done = project.bgjobs("show", "abc")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'bgjobs: no run "abc"; `bgjobs history` lists their ids\n'
