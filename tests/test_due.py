"""The slot that a start by cron means."""

from datetime import UTC, datetime, timedelta

from bgjobs.schedule import Schedule


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(schedule: Schedule, now: str) -> str | None:
    slot = schedule.due(moment(f"2026-11-26T{now}"))
    return None if slot is None else f"{slot:%H:%M}"


def test_a_start_means_the_slot_of_its_minute():
    daily = Schedule("0 8 * * *")
    assert [due(daily, now) for now in ("08:00:00", "08:00:01.5", "08:00:59")] == ["08:00"] * 3
    minutely = Schedule("* * * * *")
    assert [due(minutely, now) for now in ("08:00:01", "08:00:50", "08:01:01")] == [
        *("08:00", "08:00", "08:01"),
    ]


def test_a_start_a_little_ahead_of_the_database_means_the_coming_slot():
    assert due(Schedule("0 8 * * *"), "07:59:31") == "08:00"
    assert due(Schedule("0 8 * * *"), "07:59:29") is None
    assert due(Schedule("* * * * *"), "07:59:57") == "08:00"
    assert due(Schedule("* * * * *"), "07:59:45") == "07:59"


def test_a_late_start_finds_its_slot_for_a_quarter_of_an_hour():
    daily = Schedule("0 8 * * *")
    assert [due(daily, now) for now in ("08:04:40", "08:15:00", "08:15:01")] == [
        *("08:00", "08:00", None),
    ]
    assert due(Schedule("*/15 * * * *"), "08:14:00") == "08:00"
    assert due(Schedule("0,1 8 * * *"), "08:05:00") == "08:01"


def test_a_minute_of_the_other_half_of_the_year_means_none():
    assert due(Schedule("0 8 * * *"), "07:00:01") is None
    assert due(Schedule("0 8 * * *"), "09:00:01") is None
    # Late for the last of a row is not told from the minutes that follow it in another season.
    assert due(Schedule("* 9-17 * * *"), "18:00:01") is None
    assert due(Schedule("*/15 9-17 * * *"), "18:00:01") is None
    assert due(Schedule("*/15 9-17 * * *"), "17:59:01") == "17:45"


def test_a_spread_start_finds_its_slot_whatever_host_it_was_put_off_for():
    spread = Schedule.parse("0 8 * * *", spread=timedelta(minutes=30))
    assert [due(spread, now) for now in ("08:00:01", "08:30:01", "08:44:01", "08:46:00")] == [
        *("08:00", "08:00", "08:00", None),
    ]
