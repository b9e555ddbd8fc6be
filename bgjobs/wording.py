"""A cron expression in words, and what looks like a slip in it."""

from collections.abc import Callable, Iterable

from bgjobs.expression import FIELDS, LONGEST, Expression, runs

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_ALL_MINUTES = tuple(range(60))
_ALL_HOURS = tuple(range(24))
_ALL_MONTHS = tuple(range(1, 13))
# More times a day than this are told as hours and minutes.
_LISTED = 6
_A_RUN = 3
# Every minute of longer times of the day than this may well be meant.
_FEW_HOURS = 3
_SURE_OF_EVERY_MONTH = 28
_FEBRUARY_ONLY = (2,)


def words(expression: Expression) -> str:
    """What the expression means, in English and without its time zone."""
    if expression.is_reboot:
        return "when the host starts"
    listed = len(expression.minutes) * len(expression.hours) <= _LISTED
    time = _clock_times(expression) if listed else _rhythm(expression)
    at = f"at {time}" if listed else time
    by_day, by_weekday = expression.restricts
    months = f" in {_months(expression)}" if expression.months != _ALL_MONTHS else ""
    if by_day and by_weekday and expression.both_days:
        return f"{_by_weekday(expression, at, listed)}, only on {_days(expression)}"
    if by_day and by_weekday:
        either = f"{at} on {_day_numbers(expression)} and on {_weekdays(expression)}"
        return f"{either},{months}" if months else either
    if by_day:
        return f"{at} on {_days(expression)}"
    if by_weekday:
        return _by_weekday(expression, at, listed) + months
    return (f"daily {at}" if listed else at) + months


def doubts(expression: Expression) -> list[str]:
    """What the author may not have meant: the field, its value and what it does."""
    if expression.is_reboot or expression.text.startswith("@"):
        return []
    parts = expression.text.split(" ")
    found = []
    scattered = len(expression.hours) <= _FEW_HOURS or len(runs(expression.hours)) > 1
    if expression.minutes == _ALL_MINUTES and scattered:
        found.append(f'minute "{parts[0]}": runs every minute of the hour; did you mean "0"?')
    if all(expression.restricts):
        found.append(_two_day_fields(expression, parts))
    found += _rare_days(expression, parts)
    found += [said for number in range(len(FIELDS)) if (said := _uneven(number, parts[number]))]
    return found


def _by_weekday(expression: Expression, at: str, listed: bool) -> str:  # noqa: FBT001 - a value
    names = _weekdays(expression)
    if listed:
        return f"{names} {at}"
    return f"{at}, {names}" if " to " in names else f"{at} on {names}"


def _clock_times(expression: Expression) -> str:
    return _list(f"{h:02}:{m:02}" for h in expression.hours for m in expression.minutes)


def _rhythm(expression: Expression) -> str:
    """How often within the day, where there are too many times to list them."""
    minutes, hours = expression.minutes, expression.hours
    if len(minutes) == 1:
        past = "" if minutes == (0,) else f" at :{minutes[0]:02}"
        step = _every(hours, len(_ALL_HOURS), "hour")
        if step is not None:
            return step + past
        often = "every hour" + past
    else:
        listed = "every hour at " + _list(f":{minute:02}" for minute in minutes)
        often = _every(minutes, len(_ALL_MINUTES), "minute") or listed
    if hours == _ALL_HOURS:
        return often
    if len(runs(hours)) == 1:
        return f"{often} from {hours[0]:02}:{minutes[0]:02} to {hours[-1]:02}:{minutes[-1]:02}"
    return f"{often}, in the hours {_numbers(hours)}"


def _every(values: tuple[int, ...], whole: int, unit: str) -> str | None:
    """Say "every 15 minutes" where the values are evenly apart all the way round."""
    step = whole // len(values)
    if values != tuple(range(0, whole, step)) or whole % step:
        return None
    return f"every {unit}" if step == 1 else f"every {step} {unit}s"


def _days(expression: Expression) -> str:
    of = _months(expression) if expression.months != _ALL_MONTHS else "the month"
    return f"{_day_numbers(expression)} of {of}"


def _day_numbers(expression: Expression) -> str:
    return f"day{'s' * (len(expression.days) > 1)} {_numbers(expression.days)}"


def _months(expression: Expression) -> str:
    return _ranges(expression.months, lambda month: _MONTHS[month - 1])


def _weekdays(expression: Expression) -> str:
    stretches = runs(expression.weekdays)
    if len(stretches) == 1 and len(expression.weekdays) >= _A_RUN:
        return f"{_WEEKDAYS[stretches[0][0]]} to {_WEEKDAYS[stretches[0][1]]}"
    return _list(f"{_WEEKDAYS[day]}s" for day in expression.weekdays)


def _numbers(values: Iterable[int]) -> str:
    return _ranges(values, str)


def _ranges(values: Iterable[int], name: Callable[[int], str]) -> str:
    parts: list[str] = []
    for first, last in runs(values):
        if last - first + 1 >= _A_RUN:
            parts.append(f"{name(first)} to {name(last)}")
        else:
            parts += [name(value) for value in range(first, last + 1)]
    return _list(parts)


def _list(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _two_day_fields(expression: Expression, parts: list[str]) -> str:
    if expression.both_days:
        return (
            f'day-of-month "{parts[2]}" and day-of-week "{parts[4]}": a day must match both, '
            "because one of them begins with *"
        )
    return f'day-of-month "{parts[2]}" and day-of-week "{parts[4]}": runs on days that match either'


def _rare_days(expression: Expression, parts: list[str]) -> list[str]:
    by_day, by_weekday = expression.restricts
    first = min(expression.days)
    if not by_day or first <= _SURE_OF_EVERY_MONTH or (by_weekday and not expression.both_days):
        return []
    if expression.months == _FEBRUARY_ONLY:
        return [f'day-of-month "{parts[2]}": occurs only in February of leap years']
    shortest = min(LONGEST[month - 1] for month in expression.months)
    # February has no 29th in most years, whatever LONGEST says.
    if first > shortest or _FEBRUARY_ONLY[0] in expression.months:
        return [f'day-of-month "{parts[2]}": does not occur in every month']
    return []


def _uneven(number: int, part: str) -> str | None:
    """Steps over a whole field that do not come out even at its end."""
    if not part.startswith("*/") or not part[2:].isdigit():
        return None
    field, step = FIELDS[number], int(part[2:])
    whole = (60, 24, 0, 12, 7)[number]
    if step == 1 or (whole and whole % step == 0):
        return None
    starts = {"minute": "hour", "hour": "day", "day-of-month": "month", "month": "year"}
    again = f"it restarts every {starts.get(field.name, 'week')}"
    what = f"{step} does not divide {whole}" if whole else "months differ in length"
    return f'{field.name} "{part}": {what}, and {again}'
