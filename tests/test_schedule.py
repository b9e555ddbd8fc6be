"""Slots through every change of every zone, and the slot that a start by cron means."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bgjobs.schedule import Schedule

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# Days skipped (Kiribati 1994, Samoa 2011, Kwajalein 1993) and lived twice (Kwajalein 1969), changes
# of 20 minutes to a day, offsets changed for good; and the rules as they stand.
YEARS = (1969, 1981, 1993, 1994, 2011, 2016, 2026)

Match = Callable[[datetime], bool]


class Told:
    """A schedule, and what its expression means in Python."""

    def __init__(self, expression: str, match: Match, **policy: str) -> None:
        self.expression, self.match, self.policy = expression, match, policy
        interval = expression.startswith("*") or expression.split()[1].startswith("*")
        self.late = policy.get("gap", "skip" if interval else "late") == "late"
        self.overlap = policy.get("overlap", "both" if interval else "first")


TOLD = [
    Told("*/20 * * * *", lambda wall: wall.minute % 20 == 0),
    Told("7 */2 * * *", lambda wall: wall.minute == 7 and wall.hour % 2 == 0),
    Told("0,30,45 0-23 * * *", lambda wall: wall.minute in {0, 30, 45}),
    Told("30 2 * * *", lambda wall: (wall.hour, wall.minute) == (2, 30)),
    Told("0 0 * * *", lambda wall: (wall.hour, wall.minute) == (0, 0)),
    Told("59 1 * * 0", lambda wall: (wall.hour, wall.minute, wall.weekday()) == (1, 59, 6)),
    Told("15 0-23 * * *", lambda wall: wall.minute == 15, gap="skip", overlap="second"),
    Told("15 0-23 * * *", lambda wall: wall.minute == 15, overlap="both"),
    Told("*/20 * * * *", lambda wall: wall.minute % 20 == 0, gap="late", overlap="first"),
    Told("*/20 * * * *", lambda wall: wall.minute % 20 == 0, overlap="second"),
]


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """An hour or less before each change of offset in YEARS."""
    for year in YEARS:
        at = datetime(year, 1, 1, tzinfo=UTC)
        offset = at.astimezone(zone).utcoffset()
        while at.year == year:
            at += timedelta(days=2)
            if at.astimezone(zone).utcoffset() != offset:
                offset = at.astimezone(zone).utcoffset()
                before = at - timedelta(days=2)
                while (before + HOUR).astimezone(zone).utcoffset() != offset:
                    before += HOUR
                yield before


def minutes(zone: ZoneInfo, begin: datetime, end: datetime) -> list[tuple]:
    """Every minute: the moment, the wall clock, if for the second time, and what it jumped over."""
    walked = []
    before = (begin - MINUTE).astimezone(zone).replace(tzinfo=None, fold=0)
    at = begin
    while at < end:
        local = at.astimezone(zone)
        wall = local.replace(tzinfo=None, fold=0)
        later = local.replace(fold=1).astimezone(UTC) if not local.fold else at
        again = (local.fold == 1, later > at)
        jumped = [before + n * MINUTE for n in range(1, (wall - before) // MINUTE)]
        walked.append((at, wall, again, jumped))
        at, before = at + MINUTE, wall
    return walked


def expected(told: Told, walked: list[tuple]) -> list[datetime]:
    slots = []
    for at, wall, (again, shown_again), jumped in walked:
        left_out = (again and told.overlap == "first") or (shown_again and told.overlap == "second")
        late = told.late and any(map(told.match, jumped))
        if late or (told.match(wall) and not left_out):
            slots.append(at)
    return slots


def test_every_change_of_every_zone_agrees_with_a_walk_through_its_minutes():
    seen: set[tuple] = set()
    for name in sorted(available_timezones() - {"localtime", "posixrules", "Factory"}):
        zone = ZoneInfo(name)
        for before in changes(zone):
            begin, end = before - 3 * HOUR, before + 5 * HOUR
            local = tuple(at.astimezone(zone).utcoffset() for at in (begin, end))
            if local[0].seconds % 60 or local[1].seconds % 60 or (before, local) in seen:
                continue
            seen.add((before, local))
            walked = minutes(zone, begin, end)
            for told in TOLD:
                schedule = Schedule(told.expression, name, **told.policy)
                slots = list(schedule.slots(begin - MINUTE, end - MINUTE))
                assert slots == expected(told, walked), (name, before, told.expression, told.policy)
    assert len(seen) > 300


def local(schedule: Schedule, after: datetime, days: int) -> list[str]:
    zone = ZoneInfo(schedule.timezone)
    slots = schedule.slots(after, after + timedelta(days=days))
    return [f"{slot.astimezone(zone):%m-%d %H:%M%z}" for slot in slots]


SPRING, AUTUMN = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)


def test_debian_starts_what_the_missing_hour_held_once_right_after_it():
    for expression in ("30 2 * * *", "5,35 2 * * *", "0 2,3 * * *"):
        assert local(Schedule(expression, "Europe/Berlin"), SPRING, 1)[0] == "03-29 03:00+0200"
    assert local(Schedule("*/15 2 * * *", "Europe/Berlin"), SPRING, 1) == []
    assert local(Schedule("30 2 * * *", "Europe/Berlin", gap="skip"), SPRING, 1) == []
    late = Schedule("*/15 2 * * *", "Europe/Berlin", gap="late")
    assert local(late, SPRING, 1) == ["03-29 03:00+0200"]


def test_debian_starts_fixed_times_once_and_intervals_twice_in_the_doubled_hour():
    def autumn(expression: str, overlap: str | None = None) -> list[str]:
        return local(Schedule(expression, "Europe/Berlin", overlap=overlap), AUTUMN, 1)

    first, second = "10-25 02:30+0200", "10-25 02:30+0100"
    assert autumn("30 2 * * *") == [first]
    assert autumn("30 2 * * *", "second") == [second]
    assert autumn("30 2 * * *", "both") == autumn("30 */2 * * *")[6:8] == [first, second]
    assert autumn("*/30 2 * * *", "first") == ["10-25 02:00+0200", first]


def test_half_an_hour_of_lord_howe_and_a_day_of_samoa():
    howe = Schedule("15 2 * * *", "Australia/Lord_Howe")
    assert local(howe, datetime(2026, 10, 3, tzinfo=UTC), 1) == ["10-04 02:30+1100"]
    howe = Schedule("45 1 * * *", "Australia/Lord_Howe")
    assert local(howe, datetime(2026, 4, 4, tzinfo=UTC), 1) == ["04-05 01:45+1100"]
    samoa = Schedule("0 8 * * *", "Pacific/Apia")
    assert local(samoa, datetime(2011, 12, 29, 12, tzinfo=UTC), 2) == [
        *("12-29 08:00-1000", "12-31 00:00+1400", "12-31 08:00+1400"),
    ]
    kwajalein = Schedule("0 8 * * *", "Pacific/Kwajalein")
    assert local(kwajalein, datetime(1969, 9, 29, 12, tzinfo=UTC), 3) == [
        *("09-30 08:00+1100", "10-01 08:00-1200"),
    ]


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
EXPRESSIONS = st.sampled_from(
    ["30 2 * * *", "*/20 * * * *", "0 0 1 * *", "0 0 29 2 *", "5 2 * 3,10 0", "0,30 1-3 * * *"]
)
MOMENTS = st.integers(0, 60 * 365 * 86400).map(
    lambda seconds: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(EXPRESSIONS, ZONES, MOMENTS, st.integers(0, 400))
@settings(max_examples=150)
def test_slots_rise_and_latest_and_next_are_their_neighbours(expression, zone, at, days):
    schedule = Schedule(expression, zone)
    slots = list(schedule.slots(at, at + timedelta(days=days)))
    assert slots == sorted(set(slots))
    half = at + timedelta(days=days) / 2
    both = [*schedule.slots(at, half), *schedule.slots(half, at + timedelta(days=days))]
    assert both == slots
    following = schedule.next(at)
    assert following is not None
    assert following > at
    assert slots[:1] in ([], [following])
    assert schedule.latest(following) == following
    before = schedule.latest(following - timedelta(seconds=1))
    assert before is not None
    assert before <= at
    assert schedule.next(before) == following


def test_the_delay_is_stable_and_spread_over_jobs_and_hosts():
    spread = Schedule.parse("0 2 * * *", spread=timedelta(minutes=10))
    delays = {name: spread.delay(f"job-{name}", "db1") for name in range(200)}
    assert delays[0] == spread.delay("job-0", "db1")
    assert set(delays.values()) == {n * MINUTE for n in range(11)}
    assert len({spread.delay("job", f"host-{n}") for n in range(200)}) == 11
    assert Schedule("0 2 * * *").delay("job", "db1") == timedelta(0)
    # The crontabs of hosts that are not installed anew depend on this figure.
    assert spread.delay("purge", "db1") == 5 * MINUTE


def test_reboot_has_no_slots():
    reboot = Schedule.parse("@reboot", "Europe/Berlin")
    assert reboot.is_reboot
    assert reboot.describe() == "when the host starts"
    assert list(reboot.slots(SPRING, AUTUMN)) == []
    assert reboot.next(SPRING) is reboot.latest(SPRING) is reboot.due(SPRING) is None


def test_words_end_in_the_zone():
    assert Schedule("0 8 * * *", "Europe/Berlin").describe() == "daily at 08:00, Europe/Berlin"


REFUSED = {
    'hour "24": must be 0-23': {"expression": "0 24 * * *"},
    'timezone "Europe/Berln": not in the tz database (did you mean "Europe/Berlin"?)': {
        "timezone": "Europe/Berln"
    },
    'timezone "../UTC": not in the tz database (did you mean "UTC"?)': {"timezone": "../UTC"},
    'timezone "!": not in the tz database (names are like "Europe/Berlin")': {"timezone": "!"},
    'dst_gap "never": must be one of "late", "skip"': {"gap": "never"},
    'dst_overlap "twice": must be one of "first", "second", "both"': {"overlap": "twice"},
    "spread 0:00:30: must be a minute or more, cron knows nothing smaller": {
        "spread": timedelta(seconds=30)
    },
    "spread 0:10:00: must be shorter than the 0:10:00 between two slots": {
        "expression": "*/10 * * * *",
        "spread": timedelta(minutes=10),
    },
    "spread 0:30:00: must be shorter than the 0:02:00 between two slots": {
        "expression": "1,59 0,23 * * *",
        "spread": timedelta(minutes=30),
    },
    "spread 0:10:00: has no meaning with @reboot": {
        "expression": "@reboot",
        "spread": timedelta(minutes=10),
    },
}


def test_the_error_names_the_field_the_value_and_the_reason():
    said = {}
    for arguments in REFUSED.values():
        with pytest.raises(ValueError, match=r" ") as raised:
            Schedule.parse(**{"expression": "0 8 * * *", **arguments})
        said[str(raised.value)] = arguments
    assert said == REFUSED


def test_a_directory_of_the_tz_database_is_no_zone():
    with pytest.raises(ValueError, match='timezone "Europe": not in the tz database'):
        Schedule.parse("0 8 * * *", "Europe")


def test_a_start_in_utc_imports_no_time_zones():
    code = (
        "import sys; before = set(sys.modules); from bgjobs.schedule import Schedule, datetime, UTC;"
        "Schedule.parse('*/15 * * * *').due(datetime.now(UTC));"
        "heavy = {'zoneinfo', 'cronsim', 'hashlib', 'bgjobs.wording'};"
        "print(heavy & (set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
