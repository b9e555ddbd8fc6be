import io
import json

import psycopg
import pytest

from bgjobs.commands.failures import failures
from bgjobs.errors import UsageError
from harness.ledger import NOON, put, put_run
from harness.project import Project


def test_failed_records_are_listed_with_key_error_and_attempt(
    project: Project, connection: psycopg.Connection
) -> None:
    config = project.write(
        '[jobs.purge]\nstatement = "DELETE FROM old"\n[jobs.another]\nstatement = "SELECT 1"\n'
    )
    run = put_run(connection)
    row = {"job": "purge", "run": run, "slot": NOON, "error_class": "E", "error_message": "bad"}
    for number in range(3):
        put(connection, "failed_record", {**row, "key": [str(number)], "attempt": number + 1})
    out = io.StringIO()
    assert failures(config, "purge", limit=2, json=False, out=out) == 0
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["JOB", "KEY", "ATTEMPT", "FAILED"]
    assert [line.split()[:3] for line in lines[1:4:2]] == [["purge", "2", "3"], ["purge", "1", "2"]]
    assert lines[5:] == ["There are more; --limit shows them."]
    assert lines[2] == "    E: bad"
    out = io.StringIO()
    failures(config, "another", limit=2, json=True, out=out)
    assert json.loads(out.getvalue()) == []
    with pytest.raises(UsageError, match='there is no job "anoter"'):
        failures(config, "anoter", limit=2, json=True, out=out)
