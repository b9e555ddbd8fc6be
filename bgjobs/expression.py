"""A cron expression in the language of Debian's cron, read more strictly than cron reads it.

What cron takes by mistake (`5#2`, `0~30`, `6-1`) is refused here, with the field and the reason.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, NoReturn

MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
REBOOT = "@reboot"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SUNDAY_TOO = 7
_DIGITS = 2


class Field(NamedTuple):
    """One of the five: its name in messages, the numbers it takes, the names for them."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    @property
    def takes(self) -> str:
        """What may stand in the field, for a message."""
        named = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        return f"must be {self.low}-{self.high}{named}"


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day-of-month", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("day-of-week", 0, 7, WEEKDAYS),
)


class Expression(NamedTuple):
    """What an expression matches, each set in rising order; weekdays are 0-6 from Sunday.

    `interval` is what Debian's cron calls a wildcard job: its minute or hour begins with `*`.
    `both_days` tells that a day must match both day fields: one of them begins with `*`.
    """

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    interval: bool
    both_days: bool

    @property
    def is_reboot(self) -> bool:
        """Whether it means the start of the host, and so no time at all."""
        return self.text == REBOOT

    @property
    def parts(self) -> list[str]:
        """The five fields as they are written, or as the macro stands for them."""
        return MACROS.get(self.text, self.text).split(" ")

    @property
    def restricts(self) -> tuple[bool, bool]:
        """Whether the day of the month counts, and whether the day of the week does."""
        by_day, by_weekday = len(self.days) < LONGEST[0], len(self.weekdays) < len(WEEKDAYS)
        if not self.both_days and not (by_day and by_weekday):
            return False, False
        return by_day, by_weekday

    def matches_day(self, date: datetime) -> bool:
        """Whether the date of `date` is one of its days."""
        if date.month not in self.months:
            return False
        on_day = date.day in self.days
        on_weekday = date.isoweekday() % 7 in self.weekdays
        return (on_day and on_weekday) if self.both_days else (on_day or on_weekday)

    def walls(self, begin: datetime, end: datetime) -> Iterator[datetime]:
        """The matching minutes of a clock on the wall, from `begin` to before `end`, all naive."""
        day = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        while day < end:
            if day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
                continue
            if self.matches_day(day):
                yield from (wall for wall in self._times(day, begin) if begin <= wall < end)
            day += timedelta(days=1)

    def _times(self, day: datetime, begin: datetime) -> Iterator[datetime]:
        for hour in self.hours:
            if day + timedelta(hours=hour + 1) > begin:
                yield from (day.replace(hour=hour, minute=minute) for minute in self.minutes)


def parse(text: str) -> Expression:
    """Read `text`: five fields or a macro; ValueError names the field, the value and the reason."""
    spaced = text.replace("\t", " ")
    if not spaced.isprintable():
        raise ValueError(f"{text!r} contains an invisible character")
    parts = [part for part in spaced.split(" ") if part]
    if len(parts) == 1 and parts[0].startswith("@"):
        return _macro(parts[0])
    if len(parts) != len(FIELDS):
        names = " ".join(field.name for field in FIELDS)
        raise ValueError(f'"{text}" has {len(parts)} fields, not five: {names}')
    return _checked(_read(" ".join(parts), parts))


def runs(values: Iterable[int]) -> list[tuple[int, int]]:
    """Rising numbers as their unbroken stretches, (first, last) each."""
    found: list[tuple[int, int]] = []
    for value in values:
        if found and value == found[-1][1] + 1:
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return found


def _macro(name: str) -> Expression:
    if name == REBOOT:
        return Expression(REBOOT, (), (), (), (), (), interval=False, both_days=False)
    if name not in MACROS:
        raise ValueError(f'"{name}" is not a macro: must be one of {REBOOT} {" ".join(MACROS)}')
    return _read(name, MACROS[name].split())


def _read(text: str, parts: list[str]) -> Expression:
    minutes, hours, days, months, weekdays = (
        _values(field, part) for field, part in zip(FIELDS, parts, strict=True)
    )
    return Expression(
        text,
        minutes,
        hours,
        days,
        months,
        tuple(sorted({day % _SUNDAY_TOO for day in weekdays})),
        interval=parts[0].startswith("*") or parts[1].startswith("*"),
        both_days=parts[2].startswith("*") or parts[4].startswith("*"),
    )


def _checked(expression: Expression) -> Expression:
    """The expression, unless none of its days exists."""
    longest = max(LONGEST[month - 1] for month in expression.months)
    if expression.restricts[0] and expression.both_days and min(expression.days) > longest:
        _, _, day, month, _ = expression.parts
        raise ValueError(f'day-of-month "{day}": never occurs in month "{month}"')
    return expression


def _values(field: Field, text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for item in text.split(","):
        if not item:
            _refuse(field, text, "an item of the list is empty")
        found.update(_item(field, item))
    return tuple(sorted(found))


def _item(field: Field, item: str) -> range:
    body, slash, step = item.partition("/")
    first_text, dash, last_text = body.partition("-")
    if body == "*":
        first, last = field.low, field.high
    else:
        first = _number(field, first_text, item)
        last = _number(field, last_text, item) if dash else first
    if last < first:
        sunday = "; Sunday is 7 as well" if field.names is WEEKDAYS and last == 0 else ""
        _refuse(field, item, f"a range must ascend{sunday}")
    if not slash:
        return range(first, last + 1)
    if body != "*" and not dash:
        _refuse(field, item, "a step needs * or a range before it")
    if not _is_number(step) or not 1 <= int(step) <= field.high:
        _refuse(field, item, f"the step must be 1-{field.high}")
    return range(first, last + 1, int(step))


def _number(field: Field, text: str, item: str) -> int:
    if text.lower() in field.names:
        return field.names.index(text.lower()) + field.low
    if not _is_number(text) or not field.low <= int(text) <= field.high:
        foreign = any(sign in text.upper() for sign in "LW#?~")
        _refuse(field, item, field.takes + (" (cron has no L, W, #, ? or ~)" if foreign else ""))
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def _refuse(field: Field, value: str, reason: str) -> NoReturn:
    raise ValueError(f'{field.name} "{value}": {reason}')
