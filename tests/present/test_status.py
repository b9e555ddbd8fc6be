from datetime import UTC, timedelta

from bgjobs.job import Job
from bgjobs.job_state import JobState
from bgjobs.present.status import status
from bgjobs.record import Pause
from bgjobs.schedule import Schedule
from harness.records import NOON, a_run

HOURLY = Schedule("0 * * * *")


def test_the_monitor_shows_what_each_job_is_how_it_went_and_when_it_runs_next() -> None:
    overdue = Job(
        "overdue-tasks", "Marks what is late", HOURLY, select="SELECT", statement="UPDATE"
    )
    pause = Pause("overdue-tasks", NOON + timedelta(hours=3), "the disk", "ann@web1", NOON)
    states = [
        JobState(overdue, a_run("failed"), pause),
        JobState(Job("reminders", handler="app.reminders:send", schedule=HOURLY), a_run(), None),
        JobState(Job("snapshot", schedule=HOURLY, statement="INSERT", enabled=False), None, None),
        JobState(Job("by-hand", "x" * 90, statement="DELETE"), None, None),
        JobState(Job("boot", schedule=Schedule("@reboot"), statement="DELETE"), None, None),
        JobState(
            Job("held", schedule=HOURLY, statement="DELETE"),
            a_run("crashed", finished_at=None),
            Pause("held", None, None, "ann@web1", NOON),
        ),
    ]
    text = status(states, now=NOON, zone=UTC, width=80)
    assert (
        text
        == """\
JOB            SCHEDULE   STATUS    LAST RUN          NEXT RUN
overdue-tasks  0 * * * *  failed    2026-07-01 12:00  2026-07-01 15:00
    Marks what is late (SQL in batches)
    paused until 2026-07-01 15:00 by ann@web1: the disk
reminders      0 * * * *  success   2026-07-01 12:00  2026-07-01 13:00
    app.reminders:send
snapshot       0 * * * *  pending   -                 disabled
    SQL
by-hand        by hand    pending   -                 -
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
boot           @reboot    pending   -                 at start
    SQL
held           0 * * * *  crashed?  2026-07-01 12:00  paused
    SQL
    paused by ann@web1"""
    )
    assert max(map(len, text.splitlines())) == 80


def test_there_may_be_no_jobs() -> None:
    assert status([], now=NOON) == "No jobs."
