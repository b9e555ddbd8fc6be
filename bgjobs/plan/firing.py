"""The lines at which a host's cron has to start a job so that none of its slots is missed.

Cron knows one zone, the host's. Where the job's is another, a slot moves on the host's clock when
either zone changes its offset, so the lines are the union of the minutes it can fall on, and
`Schedule.due` decides at each start whether this minute is a slot today.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bgjobs.expression import FIELDS, Expression, parse
from bgjobs.plan.cron_fields import field_text, list_text, rectangles
from bgjobs.schedule import Schedule
from bgjobs.zone import Stretch, stretches

_DAY = 24 * 60
_MINUTE = timedelta(minutes=1)
# Around a change of either zone a slot may fall where the lines do not reach.
_NEAR = timedelta(hours=4)
_EVEN_YEARS = (datetime(2024, 1, 1), datetime(2028, 1, 1))  # noqa: DTZ001 - dates of no zone


def host_lines(
    schedule: Schedule, host_zone: str, years: range, delay: timedelta = timedelta(0)
) -> list[str]:
    """The five fields of each line, on the clock of a host in `host_zone`, for all of `years`.

    It is the author's expression, alone and unchanged, where both zones keep the same time and the
    job starts without a `delay`. A line begins its minute or hour with `*` where it must fire in
    the second pass of the host's doubled hour too: there cron starts nothing else.
    """
    if schedule.is_reboot:
        return [schedule.expression]
    read = schedule.fields()
    begin, end = datetime(years[0], 1, 1), datetime(years[-1] + 1, 1, 1)  # noqa: DTZ001 - UTC, bare
    job = stretches(schedule.timezone, begin, end)
    host = stretches(host_zone, begin, end)
    shifts = _shifts(read, job, host, delay)
    lines = [schedule.expression] if shifts == {0} else _lines(read, shifts)
    changes = sorted({part.start for part in [*job[1:], *host[1:]]})
    missed = _missed(schedule, host, changes, delay, [parse(line) for line in lines])
    return lines + _exceptions(missed)


def _shifts(
    read: Expression, job: list[Stretch], host: list[Stretch], delay: timedelta
) -> set[int]:
    """By how many minutes the host's clock is off the job's, delay included, when it has slots."""
    possible, used = set(), set()
    for mine in job:
        for theirs in host:
            begin, end = max(mine.start, theirs.start), min(mine.stop, theirs.stop)
            if begin < end:
                shift = (theirs.offset - mine.offset + delay) // _MINUTE
                possible.add(shift)
                if _any(read, begin + mine.offset, end + mine.offset):
                    used.add(shift)
    return used or possible


def _lines(read: Expression, shifts: set[int]) -> list[str]:
    moved: dict[int, set[int]] = {}
    every_day = read.restricts == (False, False) and len(read.months) == FIELDS[3].high
    for shift in shifts:
        for hour in read.hours:
            for minute in read.minutes:
                off, at = divmod(hour * 60 + minute + shift, _DAY)
                moved.setdefault(at, set()).add(0 if every_day else off)
    lines = []
    for days in sorted({frozenset(days) for days in moved.values()}, key=sorted):
        times = [at for at in sorted(moved) if moved[at] == days]
        for minutes, hours in rectangles(times):
            lines.append(
                f"{field_text(0, minutes)} {field_text(1, hours)} {_moved_days(read, days)}"
            )
    return lines


def _moved_days(read: Expression, days: frozenset[int]) -> str:
    """The day fields for dates that are `days` off the job's; at least all of those."""
    if days == {0}:
        return " ".join(read.parts[2:])
    by_day, by_weekday = read.restricts
    if by_day and by_weekday and read.both_days:
        # Both together cannot be moved without a leading *; the weekdays alone are few enough.
        by_day = False
    numbers, months = _moved_dates(read, days, by_day=by_day and not by_weekday)
    if by_day and by_weekday:
        numbers, _ = _moved_dates(read, days, by_day=True)
    weekdays = {(weekday + off) % 7 for weekday in read.weekdays for off in days}
    day = list_text(sorted(numbers)) if by_day and len(numbers) < FIELDS[2].high else "*"
    weekday = list_text(sorted(weekdays)) if by_weekday and len(weekdays) < FIELDS[4].high else "*"
    if by_day and by_weekday and "*" in (day, weekday):
        day = weekday = "*"
    return f"{day} {field_text(3, months)} {weekday}"


def _moved_dates(
    read: Expression, days: frozenset[int], *, by_day: bool
) -> tuple[set[int], set[int]]:
    """Days of the month and months of the dates that are `days` off the job's."""
    at, end = _EVEN_YEARS
    dates = []
    while at < end:
        if at.month in read.months and (not by_day or at.day in read.days):
            dates += [at + timedelta(days=off) for off in days]
        at += timedelta(days=1)
    return {date.day for date in dates}, {date.month for date in dates}


def _missed(
    schedule: Schedule,
    host: list[Stretch],
    changes: list[datetime],
    delay: timedelta,
    lines: list[Expression],
) -> list[tuple[datetime, bool]]:
    """The starts near a change that no line makes: the host's clock then, and if for the 2nd time.

    A delayed start that cron makes early, as it does after a missing hour, is made.
    """
    missed = []
    within = schedule.spread // _MINUTE + 1 if delay else 1
    for change in changes:
        around = change.replace(tzinfo=UTC)
        for slot in schedule.slots(around - _NEAR - delay, around + _NEAR):
            bare = slot.replace(tzinfo=None)
            starts = (_start(host, bare + n * _MINUTE) for n in range(within))
            if not any(start.made_by(line) for start in starts for line in lines):
                wanted = _start(host, bare + delay)
                missed.append((wanted.wall, wanted.again))
    return missed


class _Start(NamedTuple):
    """A minute of the host: what its clock shows, if for the second time, what it jumped over."""

    wall: datetime
    again: bool
    jumped_from: datetime

    def made_by(self, line: Expression) -> bool:
        """Whether cron starts `line` now.

        In the second pass of a doubled hour it starts only what it takes for an interval; right
        after a missing hour also the fixed times inside.
        """
        if line.interval:
            return _any(line, self.wall, self.wall + _MINUTE)
        return not self.again and _any(line, self.jumped_from, self.wall + _MINUTE)


def _start(host: list[Stretch], at: datetime) -> _Start:
    number = next((n for n, part in enumerate(host) if at < part.stop), len(host) - 1)
    wall = at + host[number].offset
    shown = host[number - 1].wall[1] if number else wall
    jumped = at == host[number].start and shown < wall
    return _Start(wall, wall < shown, shown if jumped else wall)


def _any(line: Expression, begin: datetime, end: datetime) -> bool:
    return any(True for _ in line.walls(begin, end))


def _exceptions(missed: list[tuple[datetime, bool]]) -> list[str]:
    """At most two lines for what the others miss, on those days of the week of those months."""
    lines = []
    for wanted in (False, True):
        walls = [wall for wall, again in missed if again is wanted]
        if not walls:
            continue
        minutes = field_text(0, {wall.minute for wall in walls})
        hours = field_text(1, {wall.hour for wall in walls})
        if wanted and not (minutes.startswith("*") or hours.startswith("*")):
            # The least that begins with *: hours 0 and 23 are started in vain.
            hours = f"*/23,{hours}"
        months = field_text(3, {wall.month for wall in walls})
        weekdays = sorted({wall.isoweekday() % 7 for wall in walls})
        weekday = list_text(weekdays) if len(weekdays) < FIELDS[4].high else "*"
        lines.append(f"{minutes} {hours} * {months} {weekday}")
    return lines
