"""`bgjobs list` and `bgjobs next`, from a jobs.toml to text."""

import io
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bgjobs.commands.list import list_jobs
from bgjobs.commands.next import next_slots
from bgjobs.errors import ExitStatus, UsageError

NOW = datetime(2027, 3, 27, 12, 10, tzinfo=UTC)
JOBS = """
[jobs.night]
description = "Removes old rows"
statement = "DELETE FROM task"
schedule = "5,35 2 * * *"
timezone = "Europe/Berlin"

[jobs.off]
enabled = false
statement = "DELETE FROM task"
schedule = "0 8 * * *"

[jobs.hand]
statement = "DELETE FROM task"

[jobs.boot]
statement = "DELETE FROM task"
schedule = "@reboot"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    time.tzset()  # the machine's zone is UTC in a test, once the C library has looked
    path = tmp_path / "jobs.toml"
    path.write_text(JOBS)
    return path


def the_next(config: Path, name: str | None, **asked: object) -> str:
    out = io.StringIO()
    asked = {"count": 2, "after": None, "json": False, **asked}
    assert next_slots(config, name, now=NOW, out=out, **asked) is ExitStatus.SUCCESS
    return out.getvalue()


def test_next_shows_the_slots_over_a_change_of_the_clocks(config: Path):
    assert (
        the_next(config, "night", count=3)
        == """\
SLOT                       UTC                   IN
Sun 2027-03-28 03:00 CEST  2027-03-28 01:00  12h50m
Mon 2027-03-29 02:05 CEST  2027-03-29 00:05   1d11h
Mon 2027-03-29 02:35 CEST  2027-03-29 00:35   1d12h
"""
    )


def test_next_starts_where_it_is_told_to(config: Path):
    shown = json.loads(the_next(config, "night", after="2027-10-30 12:00", count=1, json=True))
    assert [one["local"] for one in shown] == ["2027-10-31T02:05:00+02:00"]


def test_next_of_all_jobs_leaves_out_those_that_cron_does_not_start(config: Path):
    assert [line.split()[0] for line in the_next(config, None).splitlines()] == [
        *("JOB", "night", "night"),
    ]


def test_next_of_a_disabled_job_says_so(config: Path):
    said, *lines = the_next(config, "off").splitlines()
    assert said == "off is disabled: cron does not start it at these times."
    assert lines[1].startswith("Sun 2027-03-28 08:00 UTC")


def test_next_of_a_job_without_slots_tells_why(config: Path):
    for name, reason in {
        "hand": "hand has no schedule; start it by hand: bgjobs run hand",
        "boot": "boot starts when the host boots, so it has no times to list",
        "nigth": 'there is no job "nigth" .did you mean "night"',
    }.items():
        with pytest.raises(UsageError, match=reason):
            the_next(config, name)


def test_next_without_any_schedule_says_so(tmp_path: Path):
    path = tmp_path / "jobs.toml"
    path.write_text('[jobs.hand]\nstatement = "DELETE FROM task"\n')
    assert the_next(path, None) == "No job has a schedule.\n"


def test_list_shows_every_job_without_a_database(config: Path):
    out = io.StringIO()
    assert list_jobs(config, now=NOW, json=False, out=out) is ExitStatus.SUCCESS
    assert (
        out.getvalue()
        == """\
JOB    SCHEDULE                                 NEXT RUN          KIND
night  daily at 02:05 and 02:35, Europe/Berlin  2027-03-28 01:00  SQL
    Removes old rows
off    daily at 08:00, UTC                      disabled          SQL
hand   by hand                                  -                 SQL
boot   when the host starts                     at start          SQL
"""
    )


def test_list_as_json(config: Path):
    out = io.StringIO()
    list_jobs(config, now=NOW, json=True, out=out)
    assert [
        (job["job"], job["next_run"], job["enabled"]) for job in json.loads(out.getvalue())
    ] == [
        ("night", "2027-03-28T01:00:00+00:00", True),
        ("off", None, False),
        ("hand", None, True),
        ("boot", None, True),
    ]
