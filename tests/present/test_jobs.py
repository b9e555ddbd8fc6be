"""The jobs and their coming starts as text and as JSON."""

from datetime import UTC, datetime, timedelta

from bgjobs.coming import coming
from bgjobs.job import Job
from bgjobs.present import jobs as present
from bgjobs.present.terminal import painter
from bgjobs.schedule import Schedule

NOW = datetime(2026, 10, 24, 12, 10, tzinfo=UTC)
OVERDUE = Job(
    "overdue", "Marks what is late", Schedule("*/15 * * * *"), handler="app:late", select="S"
)
NIGHT = Job("night", schedule=Schedule("30 2 * * *", "Europe/Berlin"), statement="DELETE")
SPREAD = Job(
    "purge",
    "Removes old rows",
    Schedule("0 2 * * 1-5", spread=timedelta(minutes=10)),
    statement="DELETE",
)
JOBS = [
    OVERDUE,
    NIGHT,
    SPREAD,
    Job("off", schedule=Schedule("0 8 * * *"), select="SELECT", statement="UPDATE", enabled=False),
    Job("hand", handler="app:hand"),
    Job("boot", schedule=Schedule("@reboot"), statement="DELETE"),
]


def listed() -> list[present.Listed]:
    return [(job, next(iter(coming([job], "db1", NOW, 1)), None)) for job in JOBS]


def test_the_list_tells_each_schedule_in_words_and_its_next_start():
    assert (
        present.jobs(listed(), zone=UTC)
        == """\
JOB      SCHEDULE                        NEXT RUN          KIND
overdue  every 15 minutes, UTC           2026-10-24 12:15  handler
    Marks what is late
night    daily at 02:30, Europe/Berlin   2026-10-25 00:30  SQL
purge    Monday to Friday at 02:00, UTC  2026-10-26 02:05  SQL
    Removes old rows
    starts are spread over 10m; on this host +5m
off      daily at 08:00, UTC             disabled          SQL in batches
hand     by hand                         -                 one call
boot     when the host starts            at start          SQL"""
    )
    assert present.jobs([]) == "No jobs."


def test_a_disabled_job_is_dimmed_on_a_terminal():
    text = present.jobs(listed(), zone=UTC, paint=painter(present.STYLES))
    assert "\x1b[2mdisabled\x1b[0m" in text
    assert text.count("\x1b[2m") == 1


def test_coming_slots_stand_in_the_jobs_zone_and_in_utc():
    starts = coming([NIGHT], "db1", NOW, 3)
    assert (
        present.coming(starts, now=NOW, several=False)
        == """\
SLOT                       UTC                   IN
Sun 2026-10-25 02:30 CEST  2026-10-25 00:30  12h20m
Mon 2026-10-26 02:30 CET   2026-10-26 01:30   1d13h
Tue 2026-10-27 02:30 CET   2026-10-27 01:30   2d13h"""
    )


def test_the_starts_of_all_jobs_come_in_their_order_with_their_delays():
    starts = coming([SPREAD, NIGHT], "db1", NOW, 3)
    assert (
        present.coming(starts, now=NOW, several=True)
        == """\
JOB    SLOT                       UTC               START        IN
night  Sun 2026-10-25 02:30 CEST  2026-10-25 00:30  in time  12h20m
night  Mon 2026-10-26 02:30 CET   2026-10-26 01:30  in time   1d13h
purge  Mon 2026-10-26 02:00 UTC   2026-10-26 02:00  +5m       1d13h"""
    )


def test_a_start_that_is_still_to_come_is_shown_though_its_slot_is_past():
    slot = datetime(2026, 10, 26, 2, tzinfo=UTC)
    assert coming([SPREAD], "db1", slot + timedelta(minutes=2), 1)[0].slot == slot
    assert coming([SPREAD], "db1", slot + timedelta(minutes=5), 1)[0].slot > slot


def test_json_tells_both_times():
    assert present.coming_value(coming([SPREAD], "db1", NOW, 1)[0], NOW) == {
        "job": "purge",
        "enabled": True,
        "slot": "2026-10-26T02:00:00+00:00",
        "local": "2026-10-26T02:00:00+00:00",
        "start": "2026-10-26T02:05:00+00:00",
        "in_seconds": 136_500,
    }
    assert present.job_value(*listed()[2]) == {
        "job": "purge",
        "description": "Removes old rows",
        "kind": "statement",
        "handler": None,
        "enabled": True,
        "schedule": "0 2 * * 1-5",
        "timezone": "UTC",
        "words": "Monday to Friday at 02:00, UTC",
        "spread_seconds": 600,
        "warnings": [],
        "next_slot": "2026-10-26T02:00:00+00:00",
        "next_run": "2026-10-26T02:05:00+00:00",
    }
