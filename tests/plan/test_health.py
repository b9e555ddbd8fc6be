from datetime import timedelta

import pytest

from bgjobs.job import Job
from bgjobs.job_state import JobState
from bgjobs.plan.health import Level, expected, health, worst
from bgjobs.record import Pause, RunRecord
from bgjobs.schedule import Schedule
from harness.records import NOON, a_run

HOUR = timedelta(hours=1)
HOURLY = Job("purge", schedule=Schedule("0 * * * *"), statement="DELETE", timeout=HOUR)
LONG_AGO = NOON - 1000 * HOUR


def state(run: RunRecord | None = None, job: Job = HOURLY, pause: Pause | None = None) -> JobState:
    return JobState(job, run, pause)


@pytest.mark.parametrize(
    ("run", "level", "text"),
    [
        (None, Level.OK, "pending: it has not run yet"),
        (a_run(), Level.OK, "success at 2026-07-01 12:01 UTC"),
        (a_run("running"), Level.OK, "running since 2026-07-01 12:00 UTC"),
        (a_run("partial"), Level.WARNING, "partial at 2026-07-01 12:01 UTC: 2 records failed"),
        (
            a_run("interrupted", reason="stopped by ann"),
            Level.WARNING,
            "interrupted at 2026-07-01 12:01 UTC: stopped by ann",
        ),
        (
            a_run("failed", error_message="it broke\nsomewhere"),
            Level.CRITICAL,
            "failed at 2026-07-01 12:01 UTC: it broke",
        ),
        (a_run("timed_out"), Level.CRITICAL, "timed_out at 2026-07-01 12:01 UTC"),
        (
            a_run("crashed", finished_at=None, reason="its lease ran out"),
            Level.CRITICAL,
            "crashed at 2026-07-01 12:01 UTC: its lease ran out",
        ),
    ],
)
def test_a_job_is_as_well_as_its_newest_run(run: RunRecord | None, level: Level, text: str) -> None:
    assert health(state(run), None, NOON + HOUR)[1:] == (level, text)


def test_a_run_beyond_its_timeout_is_critical_and_one_without_a_timeout_never() -> None:
    run, later = a_run("running"), NOON + HOUR + timedelta(seconds=1)
    assert health(state(run), None, later).text.endswith("beyond its timeout")
    assert health(state(run), None, later).level is Level.CRITICAL
    assert health(state(run, HOURLY._replace(timeout=None)), None, later).level is Level.OK


def test_a_missed_slot_is_critical_whatever_came_before() -> None:
    found = health(state(a_run()), NOON, NOON + HOUR)
    assert found[1:] == (Level.CRITICAL, "no run for its slot 2026-07-01 12:00 UTC")


def test_a_run_is_expected_for_the_newest_slot_since_the_job_was_first_seen() -> None:
    late = NOON + timedelta(minutes=20)
    spread = HOURLY._replace(schedule=Schedule("0 * * * *", spread=timedelta(minutes=30)))
    assert expected(state(), LONG_AGO, late) == NOON
    assert expected(state(), LONG_AGO, NOON - timedelta(seconds=1)) == NOON - HOUR
    assert expected(state(job=spread), LONG_AGO, late) == NOON - HOUR
    assert expected(state(), NOON, late) is None
    assert expected(state(), None, late) is None


def test_none_is_expected_of_a_job_that_nothing_starts() -> None:
    pause = Pause("purge", None, None, "ann@web1", NOON)
    assert expected(state(pause=pause), LONG_AGO, NOON) is None
    for job in (
        HOURLY._replace(enabled=False),
        HOURLY._replace(schedule=None),
        HOURLY._replace(schedule=Schedule("@reboot")),
    ):
        assert expected(state(job=job), LONG_AGO, NOON) is None


def test_the_worst_of_all_counts() -> None:
    judged = [health(state(a_run(status)), None, NOON) for status in ("success", "partial")]
    assert worst(judged) is Level.WARNING
    assert worst([]) is Level.OK
