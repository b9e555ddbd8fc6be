"""Time zones as stretches of one offset each, so that a change of any size is the same to all."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# zoneinfo is not imported for these: most hosts and jobs are on UTC, and a start is to be cheap.
_UTC = frozenset({"UTC", "Etc/UTC"})
# The shortest time between two changes in the tz database is just under four days.
_STEP = timedelta(days=2)


class Stretch(NamedTuple):
    """A time of one offset: `start` to before `stop`, both UTC without a zone."""

    start: datetime
    stop: datetime
    offset: timedelta

    @property
    def wall(self) -> tuple[datetime, datetime]:
        """What the clock on the wall shows at both ends."""
        return self.start + self.offset, self.stop + self.offset


def check(name: str) -> None:
    """Raise ValueError, with the likely name, unless `name` is in the tz database."""
    if name in _UTC:
        return
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        from difflib import get_close_matches

        near = get_close_matches(name, sorted(available_timezones()), n=1)
        hint = f'did you mean "{near[0]}"?' if near else 'names are like "Europe/Berlin"'
        raise ValueError(f'timezone "{name}": not in the tz database ({hint})') from None


def stretches(name: str, begin: datetime, end: datetime) -> list[Stretch]:
    """The stretches of a zone that cover `begin` to `end`, UTC without a zone, in their order."""
    if name in _UTC:
        return [Stretch(begin, end, timedelta(0))]
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(name)
    found: list[Stretch] = []
    start, at, offset = begin, begin, _offset(zone, begin)
    while at < end:
        following = min(at + _STEP, end)
        after = _offset(zone, following)
        if after != offset:
            change = _change(zone, at, following)
            found.append(Stretch(start, change, offset))
            start, offset = change, after
        at = following
    if start < end:
        found.append(Stretch(start, end, offset))
    return found


def _offset(zone: "ZoneInfo", at: datetime) -> timedelta:
    offset = zone.fromutc(at.replace(tzinfo=zone)).utcoffset()
    return offset if offset is not None else timedelta(0)


def _change(zone: "ZoneInfo", before: datetime, after: datetime) -> datetime:
    """The first second of the offset that holds at `after`."""
    old = _offset(zone, before)
    low = before.replace(microsecond=0)
    high = after.replace(microsecond=0) + timedelta(seconds=1)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        low, high = (middle, high) if _offset(zone, middle) == old else (low, middle)
    return high
