"""The lines on a host's clock reach every slot of another zone, through both zones' changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from zoneinfo import ZoneInfo

from bgjobs.expression import Expression, parse
from bgjobs.plan.cron_fields import field_text, rectangles
from bgjobs.plan.firing import host_lines
from bgjobs.schedule import LATE, Schedule

YEARS = range(2026, 2036)
MINUTE = timedelta(minutes=1)
ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe"),
    *("Asia/Kathmandu", "Africa/Casablanca", "America/Santiago", "Antarctica/Troll"),
)
LINES = {
    ("0 8 * * *", "UTC", "UTC"): ["0 8 * * *"],
    ("0 8 * * *", "UTC", "Africa/Abidjan"): ["0 8 * * *"],
    ("30 2 * * *", "Europe/Berlin", "Europe/Paris"): ["30 2 * * *"],
    ("@daily", "Europe/Berlin", "Europe/Berlin"): ["@daily"],
    ("@daily", "Asia/Tokyo", "UTC"): ["0 15 * * *"],
    ("@reboot", "Asia/Tokyo", "UTC"): ["@reboot"],
    ("0 8 * * *", "Europe/Berlin", "UTC"): ["0 6,7 * * *"],
    ("0 8 * 7 *", "Europe/Berlin", "UTC"): ["0 6 * 7 *"],
    ("*/15 9-17 * * mon-fri", "Europe/Berlin", "UTC"): ["*/15 7-16 * * mon-fri"],
    ("*/15 * * * *", "Europe/Berlin", "Asia/Kathmandu"): ["*/15 * * * *"],
    ("0 * * * *", "Europe/Berlin", "Asia/Kathmandu"): ["45 * * * *"],
    # The missing hour's slot is at 01:00 UTC on a Sunday in March.
    ("30 2 * * *", "Europe/Berlin", "UTC"): ["30 0,1 * * *", "0 1 * 3 0"],
    # At 02:30 for the second time cron starts nothing but what begins with *.
    ("30 1 * * *", "UTC", "Europe/Berlin"): ["30 2,3 * * *", "30 */23,2 * 10 0"],
    # The host's date is the day before.
    ("0 8 * * 1", "Pacific/Auckland", "America/New_York"): ["0 14-16 * * 0"],
    ("0 8 1 * *", "Pacific/Auckland", "UTC"): ["0 19,20 28-31 * *"],
    ("0 8 1 3 *", "Pacific/Auckland", "UTC"): ["0 19 28,29 2 *"],
    ("0 0 1 * 1", "Pacific/Auckland", "UTC"): ["0 11,12 28-31 * 0"],
    ("0 0 */2 * 1", "Pacific/Auckland", "UTC"): ["0 11,12 * * 0"],
    ("30 1 1 * *", "Europe/Berlin", "UTC"): ["30 23 28-31 * *", "30 0 1 * *"],
}


def test_the_lines_are_few_and_the_authors_own_where_the_zones_agree():
    said = {case: host_lines(Schedule(*case[:2]), case[2], YEARS) for case in LINES}
    assert said == LINES


def test_another_policy_than_crons_needs_lines_that_cron_starts_then():
    berlin = "Europe/Berlin"
    second = Schedule("30 2 * * *", berlin, overlap="second")
    assert host_lines(second, berlin, YEARS) == ["30 2 * * *", "30 */23,2 * 10 0"]
    late = Schedule("*/15 2 * * *", berlin, gap="late")
    assert host_lines(late, berlin, YEARS) == ["*/15 2 * * *", "0 3 * 3 0"]
    assert host_lines(late._replace(gap=None), berlin, YEARS) == ["*/15 2 * * *"]


def test_a_delay_moves_the_minutes():
    spread = Schedule("50 23 1 * *", spread=timedelta(hours=1))
    assert host_lines(spread, "UTC", YEARS) == ["50 23 1 * *"]
    assert host_lines(spread, "UTC", YEARS, 9 * MINUTE) == ["59 23 1 * *"]
    assert host_lines(spread, "UTC", YEARS, 10 * MINUTE) == ["0 0 2 * *"]


def wall_minutes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple]:
    at = begin
    while at < end:
        yield at, at.astimezone(zone).replace(tzinfo=None, fold=0)
        at += MINUTE


def matches(line: Expression, wall: datetime) -> bool:
    timely = wall.minute in line.minutes and wall.hour in line.hours
    return timely and line.matches_day(wall)


def debian(lines: list[str], zone: ZoneInfo, begin: datetime, end: datetime) -> list[datetime]:
    """When Debian's cron starts something: the main loop of its cron.c, minute by minute."""
    table = [parse(line) for line in lines]
    starts: list[datetime] = []
    virtual = None

    def find(at: datetime, wall: datetime, *, wild: bool, fixed: bool) -> None:
        mine = [line for line in table if (wild if line.interval else fixed)]
        starts.extend(at for line in mine if matches(line, wall))

    for at, wall in wall_minutes(zone, begin, end):
        virtual = virtual or wall - MINUTE
        ahead = (wall - virtual) // MINUTE
        if 5 < ahead <= 180:
            find(at, wall, wild=True, fixed=False)
            for late in range(1, ahead + 1):
                find(at, virtual + late * MINUTE, wild=False, fixed=True)
            virtual = wall
        elif -180 < ahead <= 0:
            find(at, wall, wild=True, fixed=False)
        else:
            assert ahead <= 1
            find(at, wall, wild=True, fixed=True)
            virtual = wall
    return starts


def around_changes(*zones: ZoneInfo) -> Iterator[datetime]:
    """Noons next to the changes of some zones."""
    at = datetime(YEARS[0], 1, 1, 12, tzinfo=UTC)
    for _ in range(800):
        following = at + timedelta(days=1)
        if any(at.astimezone(z).utcoffset() != following.astimezone(z).utcoffset() for z in zones):
            yield at
        at = following


SCHEDULES = (
    Schedule("30 2 * * *"),
    Schedule("0,40 0-23 * * *"),
    Schedule("*/20 1-4 * * *"),
    Schedule("10 */3 * * 0,1"),
    Schedule("30 1 * * *", overlap="both"),
    Schedule("30 2 * * *", gap="skip", overlap="second"),
    Schedule("15 1 * * 0,6", spread=timedelta(minutes=50)),
)


def test_debian_s_cron_starts_every_slot_of_every_pair_of_zones():
    slots_seen = 0
    for number, (mine, theirs) in enumerate(product(ZONES, ZONES)):
        schedule = SCHEDULES[number % len(SCHEDULES)]._replace(timezone=mine)
        host = ZoneInfo(theirs)
        delay = schedule.spread * 3 // 5
        lines = host_lines(schedule, theirs, range(2026, 2028), delay)
        ordinary = [datetime(2026, 1, 17, 12, tzinfo=UTC), datetime(2026, 7, 18, 12, tzinfo=UTC)]
        for noon in [*ordinary, *islice(around_changes(ZoneInfo(mine), host), 4)]:
            end = noon + timedelta(days=1)
            wanted = list(schedule.slots(noon - MINUTE, end))
            starts = debian(lines, host, noon, end + schedule.spread + timedelta(hours=1))
            meant = {at: schedule.due(at + timedelta(seconds=1)) for at in starts}
            told = (schedule, theirs, lines, noon)
            assert set(wanted) <= set(meant.values()), told
            delays = [at - slot for at, slot in meant.items() if slot is not None]
            assert max(delays, default=MINUTE) <= schedule.spread + LATE, told
            if noon in ordinary and not delay:
                assert [at for at in starts if meant[at] is not None and at <= end] == wanted, told
            slots_seen += len(wanted)
    assert slots_seen > 4000


def test_times_become_rectangles_that_share_no_time():
    times = [9 * 60, 9 * 60 + 30, 10 * 60, 10 * 60 + 30, 11 * 60]
    assert rectangles(times) == [
        *((frozenset({0, 30}), frozenset({9, 10})), (frozenset({0}), frozenset({11}))),
    ]


def test_a_field_is_written_shortly_and_reads_back():
    texts = {
        field_text(0, range(60)): "*",
        field_text(0, {0, 15, 30, 45}): "*/15",
        field_text(0, {5, 20, 35, 50}): "5-50/15",
        field_text(1, {1, 2, 3, 7, 9}): "1-3,7,9",
        field_text(1, {0, 23}): "*/23",
        field_text(2, {1, 2}): "1,2",
    }
    assert list(texts) == list(texts.values())
    assert parse("5-50/15 1-3,7,9 1,2 * *").minutes == (5, 20, 35, 50)
