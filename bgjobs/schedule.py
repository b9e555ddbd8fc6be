"""Schedule: a cron expression in a time zone, and the slots it means.

A slot is the moment a run is for, always UTC. On a change of the zone's offset, of any size:

- Fixed times (neither minute nor hour begins with `*`) happen once. Those that the clock jumps over
  become one slot at the jump: late rather than never, and one, since cron would start them all in
  the same second and a slot is run once. Those that the clock shows twice are the first of the two.
- Intervals follow the clock as it runs: nothing in the hour that is missing, both of the doubled.

`gap` ("late", "skip") and `overlap` ("first", "second", "both") choose otherwise; None is as above.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bgjobs import expression as cron
from bgjobs.zone import check, stretches

GAPS = ("late", "skip")
OVERLAPS = ("first", "second", "both")

# A start may come this long before its slot by the database's clock, and this long after it.
EARLY = timedelta(seconds=30)
LATE = timedelta(minutes=15)
_EARLY_SHARE = 12
# By this, and twice and three times this, the host's minute of a slot moves over a year.
_SHIFT = timedelta(minutes=30)
_SHIFTS = 6

_MINUTE = timedelta(minutes=1)
_INSTANT = timedelta(microseconds=1)
# Offsets are at most 26 hours apart: what lies further off cannot be missing or doubled.
_MARGIN = timedelta(days=2)
_WINDOW = timedelta(days=64)
# 29 February on one day of the week can be 40 years away, across the end of a century.
_FAR = timedelta(days=41 * 366)
_LOOKS = (timedelta(hours=3), timedelta(days=8), timedelta(days=400), _FAR)


class Schedule(NamedTuple):
    """A cron expression in a time zone; `Schedule.parse` checks it, the constructor does not.

    `spread` is the time over which hosts and jobs on the same slot are spread out.
    """

    expression: str
    timezone: str = "UTC"
    gap: str | None = None
    overlap: str | None = None
    spread: timedelta = timedelta(0)

    @classmethod
    def parse(
        cls,
        expression: str,
        timezone: str = "UTC",
        *,
        gap: str | None = None,
        overlap: str | None = None,
        spread: timedelta = timedelta(0),
    ) -> "Schedule":
        """Check everything; ValueError names the field, the value and the reason."""
        read = cron.parse(expression)
        check(timezone)
        _one_of("dst_gap", gap, GAPS)
        _one_of("dst_overlap", overlap, OVERLAPS)
        _check_spread(spread, read)
        return cls(read.text, timezone, gap, overlap, spread)

    @property
    def is_reboot(self) -> bool:
        """Whether it means the start of the host: such a schedule has no slots."""
        return self.expression == cron.REBOOT

    def fields(self) -> cron.Expression:
        """The expression, read."""
        return cron.parse(self.expression)

    def slots(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """The slots later than `after` and not later than `until`, in order, all UTC."""
        if self.is_reboot:
            return
        read = self.fields()
        begin, end = _bare(after) + _INSTANT, _bare(until) + _INSTANT
        while begin < end:
            stop = min(begin + _WINDOW, end)
            for slot in self._within(read, begin, stop):
                yield slot.replace(tzinfo=UTC)
            begin = stop

    def next(self, after: datetime) -> datetime | None:
        """The first slot later than `after`, or None where there is none."""
        return next(self.slots(after, after + _FAR), None)

    def latest(self, at: datetime) -> datetime | None:
        """The newest slot that is not later than `at`, or None where there is none."""
        for look in _LOOKS:
            found = max(self.slots(at - look, at), default=None)
            if found is not None:
                return found
        return None

    def due(self, now: datetime) -> datetime | None:
        """The slot that a start by cron at `now` means, or None where it means none.

        `now` is the database's clock when the process began, before it waited for anything. Where
        the job's zone is not the host's, the crontab fires at every minute of the host's clock that
        can be a slot at some time of the year, and at those that are none today this says None.

        The start means the slot of its own minute; else the coming one, if that is at most 30 s
        away and much nearer than the last (the host's clock runs ahead); else the newest one that
        is at most 15 minutes, and `spread`, old (the host was busy, or cron caught up), unless the
        minute is one that a slot moves to when the clocks change.
        """
        reach = _SHIFT * _SHIFTS + self.spread
        near = list(self.slots(now - reach, now + _SHIFT * _SHIFTS))
        past = [slot for slot in near if slot <= now]
        coming = near[len(past)] if len(past) < len(near) else None
        last = past[-1] if past else now - reach
        if coming is not None and (coming - now) <= min(EARLY, (coming - last) / _EARLY_SHARE):
            return coming
        if not past or now - last > LATE + self.spread:
            return None
        if now - last >= _MINUTE and not self.spread and _elsewhere(now, near):
            return None
        return last

    def delay(self, job: str, host: str) -> timedelta:
        """How long after its slot this job starts on this host: whole minutes up to `spread`."""
        if not self.spread:
            return timedelta(0)
        from hashlib import sha256

        digest = sha256(f"{job}\0{host}".encode()).digest()
        return int.from_bytes(digest[:8]) % (self.spread // _MINUTE + 1) * _MINUTE

    def warnings(self) -> list[str]:
        """What its author may not have meant; each names the field, the value and the reason."""
        from bgjobs.wording import doubts

        return doubts(self.fields())

    def describe(self) -> str:
        """In words, with the time zone: "daily at 08:00, Europe/Berlin"."""
        from bgjobs.wording import words

        said = words(self.fields())
        return said if self.is_reboot else f"{said}, {self.timezone}"

    def _within(self, read: cron.Expression, begin: datetime, end: datetime) -> Iterator[datetime]:
        """The slots from `begin` to before `end`, UTC without a zone."""
        late = (self.gap or ("skip" if read.interval else "late")) == "late"
        overlap = self.overlap or ("both" if read.interval else "first")
        parts = stretches(self.timezone, begin - _MARGIN, end + _MARGIN)
        shown = parts[0].wall[0]
        for number, part in enumerate(parts):
            low, high = part.wall
            lost = late and any(True for _ in read.walls(shown, low))
            if lost and begin <= part.start < end:
                yield part.start
            if overlap == "first":
                low = max(low, shown)
            if overlap == "second" and number + 1 < len(parts):
                high = min(high, parts[number + 1].wall[0])
            shown = max(shown, part.wall[1])
            low, high = max(low, begin + part.offset), min(high, end + part.offset)
            for wall in read.walls(low, high):
                if not (lost and wall - part.offset == part.start):
                    yield wall - part.offset


def _bare(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def _elsewhere(now: datetime, near: list[datetime]) -> bool:
    """Whether a slot lies a whole number of the steps that clocks move by from this minute."""
    minute = now.replace(second=0, microsecond=0)
    return any((minute - slot) % _SHIFT == timedelta(0) for slot in near)


def _one_of(key: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        listed = ", ".join(f'"{one}"' for one in allowed)
        raise ValueError(f'{key} "{value}": must be one of {listed}')


def _check_spread(spread: timedelta, read: cron.Expression) -> None:
    if not spread:
        return
    if read.is_reboot:
        raise ValueError(f"spread {spread}: has no meaning with {cron.REBOOT}")
    if spread < _MINUTE:
        raise ValueError(f"spread {spread}: must be a minute or more, cron knows nothing smaller")
    apart = _closest(read)
    if spread >= apart:
        raise ValueError(f"spread {spread}: must be shorter than the {apart} between two slots")


def _closest(read: cron.Expression) -> timedelta:
    """The shortest time from one slot to the next within a day, and over midnight."""
    times = [hour * 60 + minute for hour in read.hours for minute in read.minutes]
    following = [*times[1:], times[0] + 24 * 60]
    return min(b - a for a, b in zip(times, following, strict=True)) * _MINUTE
