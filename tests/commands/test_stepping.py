"""The bounds of a run's time."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from bgjobs.commands.stepping import limit
from bgjobs.job import Job
from bgjobs.run.stops import Stops
from bgjobs.schedule import Schedule
from bgjobs.store.ledger import Ledger
from bgjobs.store.session import Session

ZONE = "Asia/Kathmandu"


def limited(connection: psycopg.Connection, **fields: Any) -> Stops:
    job = Job("purge", schedule=Schedule("@daily", ZONE), **fields)
    stops = Stops()
    stage: Any = SimpleNamespace(
        request=SimpleNamespace(job=job),
        scene=SimpleNamespace(stops=stops),
        ledger=Ledger(Session(connection)),
    )
    limit(stage)
    return stops


@pytest.mark.parametrize("hours", [-1, 1, 23])
def test_a_window_ends_at_its_time_of_day_in_the_job_s_zone_by_the_database_s_clock(
    connection: psycopg.Connection, hours: int
) -> None:
    now = datetime.now(ZoneInfo(ZONE))
    end = (now + timedelta(hours=hours)).replace(second=0, microsecond=0)
    stops = limited(connection, not_after=end.time())
    due = end if end > now else end + timedelta(days=1)
    left = stops.remaining()
    assert left is not None
    assert abs(left - (due - now).total_seconds()) < 60
    assert limited(connection, timeout=timedelta(minutes=5), not_after=end.time()).remaining() < 301  # type: ignore[operator]


def test_a_run_without_bounds_has_none(connection: psycopg.Connection) -> None:
    assert limited(connection).remaining() is None
