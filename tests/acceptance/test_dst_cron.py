"""Cron itself over a change of the clocks, its clock and the database's set by libfaketime."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from harness.cron_house import wait_until
from harness.cron_shop import Shop, cron_shop

BERLIN, UTC = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
JOBS = {
    "each-minute": ("* * * * *", BERLIN),
    "nightly": ("30 2 * * *", BERLIN),
    "twice": ("5,35 2 * * *", BERLIN),
    "at-two": ("0 2 * * *", BERLIN),
    "every-other-hour": ("0 */2 * * *", BERLIN),
    "quarters-at-two": ("*/15 2 * * *", BERLIN),
    "elsewhere": ("0 1 * * *", UTC),
}
TABLE = """
[jobs.{name}]
schedule = "{expression}"
timezone = "{zone}"
statement = "SELECT 1"
"""


@pytest.fixture(scope="module")
def shop(require: Callable[..., str]) -> Iterator[Shop]:
    require("faketime")
    with cron_shop(require) as made:
        tables = [
            TABLE.format(name=name, expression=expression, zone=zone)
            for name, (expression, zone) in JOBS.items()
        ]
        head = '[database]\nservice = "shop"\n[cron]\nenvironment = ["PGSERVICEFILE"]\n'
        (made.place / "jobs.toml").write_text(head + "".join(tables))
        made.bgjobs("install-cron", "--timezone", str(BERLIN))
        (made.house.place / "clock").write_text("+0")
        made.restart_server(_faked(made))
        yield made


def _faked(shop: Shop) -> dict[str, str]:
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(shop.house.place / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "TZ": str(BERLIN),
    }


def _slots(shop: Shop, change: datetime) -> dict[str, list[str]]:
    """For each job the slots of its runs around the change, in its own zone."""
    near = timedelta(minutes=1)
    found = {}
    for name, (_, zone) in JOBS.items():
        runs = [run for run in shop.runs(name) if run["status"] != "skipped"]
        assert all(run["status"] == "success" for run in runs)
        slots = [run["slot"] for run in runs if abs(run["slot"] - change) < near]
        found[name] = [f"{slot.astimezone(zone):%H:%M %Z}" for slot in slots]
    return found


def _over(shop: Shop, change: datetime, expected: dict[str, list[str]]) -> dict[str, list[str]]:
    """Let cron run from ten seconds before the change until all that it started is over."""
    ahead = change - timedelta(seconds=10) - datetime.now(UTC)
    (shop.house.place / "clock").write_text(f"+{ahead.total_seconds():.0f}")
    with shop.house.daemon(_faked(shop)) as cron:
        children = Path(f"/proc/{cron.pid}/task/{cron.pid}/children")
        wanted = {job for job, slots in expected.items() if slots}
        wait_until(lambda: wanted <= _started(shop, change), 60, "the starts after the change")
        wait_until(lambda: not children.read_text(), 60, "the end of what cron started")
    return _slots(shop, change)


def _started(shop: Shop, change: datetime) -> set[str]:
    return {job for job, slots in _slots(shop, change).items() if slots}


@pytest.mark.slow
def test_in_spring_what_the_clock_jumps_over_runs_once_right_after(shop: Shop) -> None:
    # 01:59:59 CET is followed by 03:00:00 CEST.
    change = datetime(2031, 3, 30, 1, 0, tzinfo=UTC)
    expected = {
        "each-minute": ["03:00 CEST"],
        "nightly": ["03:00 CEST"],
        "twice": ["03:00 CEST"],
        "at-two": ["03:00 CEST"],
        "every-other-hour": [],
        "quarters-at-two": [],
        "elsewhere": ["01:00 UTC"],
    }
    assert _over(shop, change, expected) == expected
    # Cron starts it for 02:05 and for 02:35, both in this one second.
    statuses = sorted(run["status"] for run in shop.runs("twice"))
    assert statuses == ["skipped", "success"]


@pytest.mark.slow
def test_in_autumn_the_second_two_o_clock_is_none_for_fixed_times(shop: Shop) -> None:
    # 02:59:59 CEST is followed by 02:00:00 CET.
    change = datetime(2031, 10, 26, 1, 0, tzinfo=UTC)
    expected = {
        "each-minute": ["02:00 CET"],
        "nightly": [],
        "twice": [],
        "at-two": [],
        "every-other-hour": ["02:00 CET"],
        "quarters-at-two": ["02:00 CET"],
        "elsewhere": ["01:00 UTC"],
    }
    assert _over(shop, change, expected) == expected
