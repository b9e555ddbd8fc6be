"""Cron's language: what Debian's cron takes, what it takes by mistake, and what each means."""

import random
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cronsim import CronSim
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bgjobs.expression import MACROS, parse
from bgjobs.wording import doubts, words

GOOD = [
    *("* * * * *", "*/7 * * * *", "0 0 * * 0-7", "0 0 * * 5-7", "0 0 * * 7", "0 0 * * mon-fri/2"),
    *("0 0 * * MON,WED", "0 0 * Jan,dec *", "08 08 * * *", "0-59/20 * * * *", "*,5 * * * *"),
    *("5,* * * * *", "0 0 1-31/2 * *", "0 0 */2 * 1", "0 0 29 2 *", "0 0 31 2 1", "0 0 * * fri-7"),
    *("0\t8\t*\t*\t*", "  0  8 * * *", "@hourly", "@daily", "@midnight", "@weekly", "@monthly"),
    *("@yearly", "@annually", "@reboot", "0 0 * * sun-sat", "0 0 * jan-mar *"),
]
REFUSED_BY_CRON_TOO = {
    "60 * * * *": 'minute "60": must be 0-59',
    "0 24 * * *": 'hour "24": must be 0-23',
    "0 9,24 * * *": 'hour "24": must be 0-23',
    "0 0 0 * *": 'day-of-month "0": must be 1-31',
    "0 0 32 * *": 'day-of-month "32": must be 1-31',
    "0 0 * 13 *": 'month "13": must be 1-12 or jan-dec',
    "0 0 * * 8": 'day-of-week "8": must be 0-7 or sun-sat',
    "5/15 * * * *": 'minute "5/15": a step needs * or a range before it',
    "*/0 * * * *": 'minute "*/0": the step must be 1-59',
    "0 0 L * *": 'day-of-month "L": must be 1-31 (cron has no L, W, #, ? or ~)',
    "0 0 * * 5L": 'day-of-week "5L": must be 0-7 or sun-sat (cron has no L, W, #, ? or ~)',
    "0 0 15W * *": 'day-of-month "15W": must be 1-31 (cron has no L, W, #, ? or ~)',
    "0 0 ? * *": 'day-of-month "?": must be 1-31 (cron has no L, W, #, ? or ~)',
    "0 0 * * Monday": 'day-of-week "Monday": must be 0-7 or sun-sat',
    "0 0 * January *": 'month "January": must be 1-12 or jan-dec',
    "0 jan * * *": 'hour "jan": must be 0-23',
    "0,,5 * * * *": 'minute "0,,5": an item of the list is empty',
    "0, * * * *": 'minute "0,": an item of the list is empty',
    "-5 * * * *": 'minute "-5": must be 0-59',
    "@Daily": '"@Daily" is not a macro: must be one of @reboot @yearly @annually @monthly @weekly'
    " @daily @midnight @hourly",
}
TAKEN_BY_CRON_BY_MISTAKE = {
    "0 0 * * 5#2": 'day-of-week "5#2": must be 0-7 or sun-sat (cron has no L, W, #, ? or ~)',
    "0~30 * * * *": 'minute "0~30": must be 0-59 (cron has no L, W, #, ? or ~)',
    "*x * * * *": 'minute "*x": must be 0-59',
    "*-5 * * * *": 'minute "*-5": must be 0-59',
    "1-3/1-2 * * * *": 'minute "1-3/1-2": the step must be 1-59',
    "30-10 * * * *": 'minute "30-10": a range must ascend',
    "0 0 * * 6-1": 'day-of-week "6-1": a range must ascend',
    "0 0 * * sat-sun": 'day-of-week "sat-sun": a range must ascend; Sunday is 7 as well',
    "*/100 * * * *": 'minute "*/100": the step must be 1-59',
    "0 0 30 2 *": 'day-of-month "30": never occurs in month "2"',
    "0 0 31 feb,4,6,9,11 *": 'day-of-month "31": never occurs in month "feb,4,6,9,11"',
    "0 0 30 2 */2": 'day-of-month "30": never occurs in month "2"',
    "000 * * * *": 'minute "000": must be 0-59',
}
NOT_FIVE_FIELDS = {
    "": '"" has 0 fields, not five: minute hour day-of-month month day-of-week',
    "0 8 * *": '"0 8 * *" has 4 fields, not five: minute hour day-of-month month day-of-week',
    "0 8 * * * *": '"0 8 * * * *" has 6 fields, not five: minute hour day-of-month month'
    " day-of-week",
    "0 8 * * *\r": "'0 8 * * *\\r' contains an invisible character",
    "0 8 * *\n*": "'0 8 * *\\n*' contains an invisible character",
    "٣ * * * *": 'minute "٣": must be 0-59',
}
BAD = REFUSED_BY_CRON_TOO | TAKEN_BY_CRON_BY_MISTAKE | NOT_FIVE_FIELDS

SAID = {
    "* * * * *": "every minute",
    "*/15 * * * *": "every 15 minutes",
    "0-59/20 * * * *": "every 20 minutes",
    "0 * * * *": "every hour",
    "5 * * * *": "every hour at :05",
    "5 */2 * * *": "every 2 hours at :05",
    "0 8 * * *": "daily at 08:00",
    "0 8,20 * * *": "daily at 08:00 and 20:00",
    "0 */5 * * *": "daily at 00:00, 05:00, 10:00, 15:00 and 20:00",
    "30 7 * * 1": "Mondays at 07:30",
    "30 7 * * fri,mon": "Mondays and Fridays at 07:30",
    "30 7 * * 1-5": "Monday to Friday at 07:30",
    "0 8 * 1-3 1": "Mondays at 08:00 in January to March",
    "0 0 1 * *": "at 00:00 on day 1 of the month",
    "0 0 1,15 * *": "at 00:00 on days 1 and 15 of the month",
    "0 0 1 1 *": "at 00:00 on day 1 of January",
    "0 0 1,15 * 1": "at 00:00 on days 1 and 15 and on Mondays",
    "0 0 1 12 1": "at 00:00 on day 1 and on Mondays, in December",
    "0 0 */10 * 1": "Mondays at 00:00, only on days 1, 11, 21 and 31 of the month",
    "0 0 1-31 * 1": "daily at 00:00",
    "*/15 9-17 * * 1-5": "every 15 minutes from 09:00 to 17:45, Monday to Friday",
    "0 9-17 * * *": "every hour from 09:00 to 17:00",
    "0,20 * * * 0": "every hour at :00 and :20 on Sundays",
    "*/30 8-10,13 * * *": "every 30 minutes, in the hours 8 to 10 and 13",
    "*/5 * 1 * *": "every 5 minutes on day 1 of the month",
    "@daily": "daily at 00:00",
    "@reboot": "when the host starts",
}
DOUBTED = {
    "* 8 * * *": ['minute "*": runs every minute of the hour; did you mean "0"?'],
    "0 0 1 * 1": ['day-of-month "1" and day-of-week "1": runs on days that match either'],
    "0 0 */5 * 1": [
        'day-of-month "*/5" and day-of-week "1": a day must match both, because one of them begins with *',
        'day-of-month "*/5": months differ in length, and it restarts every month',
    ],
    "0 0 29 2 *": ['day-of-month "29": occurs only in February of leap years'],
    "0 0 31 * *": ['day-of-month "31": does not occur in every month'],
    "0 0 29,30 * *": ['day-of-month "29,30": does not occur in every month'],
    "*/7 * * * *": ['minute "*/7": 7 does not divide 60, and it restarts every hour'],
    "0 */5 * * *": ['hour "*/5": 5 does not divide 24, and it restarts every day'],
    "0 0 * * */2": ['day-of-week "*/2": 2 does not divide 7, and it restarts every week'],
    "0 0 1 */5 *": ['month "*/5": 5 does not divide 12, and it restarts every year'],
    "0 0 31 1,3 *": [],
    "0 8 * * 1-5": [],
    "* 9-17 * * *": [],
    "*/15 */2 * * *": [],
    "@yearly": [],
    "@reboot": [],
}


def _error(text: str) -> str | None:
    try:
        parse(text)
    except ValueError as raised:
        return str(raised)
    return None


def test_the_error_names_the_field_the_value_and_the_reason():
    assert {text: _error(text) for text in BAD} == BAD


@pytest.fixture
def cron_takes(require, tmp_path: Path) -> Callable[..., bool]:
    """Whether the real crontab(1) takes every one of some expressions."""
    crontab = require("crontab")

    def takes(*expressions: str) -> bool:
        table = tmp_path / "table"
        table.write_text("".join(f"{text} true\n" for text in expressions))
        done = subprocess.run([crontab, "-n", table], capture_output=True, text=True, check=False)
        return done.returncode == 0

    require("a crontab that knows -n", takes("* * * * *"))
    return takes


def test_the_real_cron_agrees_with_the_table(cron_takes):
    assert cron_takes(*GOOD)
    assert [text for text in REFUSED_BY_CRON_TOO if cron_takes(text)] == []
    assert cron_takes(*TAKEN_BY_CRON_BY_MISTAKE)


def test_the_real_cron_takes_whatever_we_take(cron_takes):
    dice = random.Random(1)
    pieces = ["*", "0", "7", "12", "59", "mon", "jan", ",", "-", "/", "/2", "1-5", "L", "#", "x"]
    noise = []
    for _ in range(20_000):
        fields = ["*"] * 5
        fields[dice.randrange(5)] = "".join(dice.choices(pieces, k=dice.randint(1, 4)))
        noise.append(" ".join(fields))
    taken = [text for text in [*GOOD, *noise] if _error(text) is None]
    assert len(taken) > 1000
    assert taken[: len(GOOD)] == GOOD
    assert cron_takes(*taken)


def test_spaces_are_one_and_macros_stay():
    assert [parse(text).text for text in ("  0\t8  * * * ", "@daily")] == ["0 8 * * *", "@daily"]


def test_macros_mean_what_they_stand_for():
    for name, text in MACROS.items():
        assert parse(name)._replace(text=text) == parse(text)


def test_sunday_is_0_and_7():
    assert parse("0 0 * * 7").weekdays == parse("0 0 * * 0").weekdays == (0,)
    assert parse("0 0 * * 5-7").weekdays == (0, 5, 6)


def test_a_job_is_an_interval_where_minute_or_hour_begins_with_a_star():
    told = ("*/15 2 * * *", "0 * * * *", "0 *,1 * * *", "@hourly", "0-59 0-23 * * *", "0 1,* * * *")
    assert [parse(text).interval for text in told] == [True] * 4 + [False] * 2


def test_words():
    assert {text: words(parse(text)) for text in SAID} == SAID


def test_doubts():
    assert {text: doubts(parse(text)) for text in DOUBTED} == DOUBTED


def _items(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    ordered = st.tuples(number, number).map(sorted)
    spans = ordered.map(lambda pair: f"{pair[0]}-{pair[1]}")
    # CronSim takes a step over a single number as one up to the field's end, unlike cron.
    wide = ordered.filter(lambda pair: pair[0] < pair[1]).map(lambda pair: f"{pair[0]}-{pair[1]}")
    stepped = st.tuples(wide | st.just("*"), st.integers(1, high)).map("{0[0]}/{0[1]}".format)
    return st.lists(number.map(str) | spans | stepped, min_size=1, max_size=3).map(",".join)


EXPRESSIONS = st.tuples(
    *(st.just("*") | _items(*bounds) for bounds in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7)))
).map(" ".join)
START = datetime(2027, 12, 30, 23, 58)  # noqa: DTZ001 - a clock on the wall has no zone


@given(EXPRESSIONS)
@settings(max_examples=300)
def test_the_days_and_times_are_those_of_an_independent_walker(text: str):
    assume("never comes" not in (_error(text) or ""))
    read = parse(text)
    assert words(read)
    assert isinstance(doubts(read), list)
    theirs = CronSim(text, START - timedelta(minutes=1))
    ours = read.walls(START, START + timedelta(days=41 * 366))
    assert [next(ours) for _ in range(40)] == [next(theirs) for _ in range(40)]
