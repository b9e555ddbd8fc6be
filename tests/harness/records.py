"""Values of the ledger's kinds, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bgjobs.record import Counts, FailedRecord, RunRecord, RunStatus, Trigger

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
RUN = UUID("3f2a1b9c-0000-4000-8000-000000000001")


def a_run(status: str = "success", **more: Any) -> RunRecord:
    """A run of a minute and a half that began at noon, unless told otherwise."""
    living = status == "running"
    run = RunRecord(
        id=RUN,
        job="purge",
        slot=NOON,
        trigger=Trigger.CRON,
        status=RunStatus(status),
        attempt=1,
        host="web1",
        pid=4711,
        version="0.1.0",
        parameters={},
        started_at=NOON,
        heartbeat_at=NOON + timedelta(seconds=80),
        finished_at=None if living else NOON + timedelta(seconds=90),
        counts=Counts(1240, 1234, 4, 2, 13),
        counters={},
        cursor=None,
        error_class=None,
        error_message=None,
        error_stack=None,
        output=None,
        reason=None,
    )
    return run._replace(**more)


def a_failed_record(**more: Any) -> FailedRecord:
    """A record of that run whose e-mail address was refused."""
    record = FailedRecord(
        job="purge",
        run=RUN,
        key=["High", "17"],
        slot=NOON,
        error_class="ValueError",
        error_message="no such address\nsecond line",
        error_stack="Traceback",
        attempt=2,
        failed_at=NOON + timedelta(seconds=5),
    )
    return record._replace(**more)
