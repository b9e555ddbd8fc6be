"""What `--json` prints. The names of the keys are documented in docs/json.md, and stay."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bgjobs.job_state import JobState
from bgjobs.present.status import word
from bgjobs.record import FailedRecord, Pause, RunRecord


def as_json(value: object) -> str:
    """Any of the below as text."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def run(record: RunRecord) -> dict[str, Any]:
    """A run; times are UTC."""
    seconds = record.seconds
    return {
        "id": str(record.id),
        "job": record.job,
        "slot": _at(record.slot),
        "trigger": record.trigger.value,
        "status": record.status.value,
        "attempt": record.attempt,
        "host": record.host,
        "pid": record.pid,
        "version": record.version,
        "parameters": record.parameters,
        "started_at": _at(record.started_at),
        "heartbeat_at": _at(record.heartbeat_at),
        "finished_at": _at(record.finished_at),
        "execution_time_ms": None if seconds is None else round(seconds * 1000),
        "records_read": record.counts.read,
        "records_processed": record.counts.processed,
        "records_skipped": record.counts.skipped,
        "records_failed": record.counts.failed,
        "batches": record.counts.batches,
        "counters": record.counters,
        "position": record.position,
        "error_class": record.error_class,
        "error_message": record.error_message,
        "reason": record.reason,
    }


def whole_run(record: RunRecord, failed: Sequence[FailedRecord]) -> dict[str, Any]:
    """A run with its stack, what it printed and its records that are still failed."""
    return {
        **run(record),
        "error_stack": record.error_stack,
        "output": record.output,
        "failed_records": [failure(one) for one in failed],
    }


def failure(record: FailedRecord) -> dict[str, Any]:
    """A failed record."""
    return {
        "job": record.job,
        "run": str(record.run),
        "key": record.key,
        "slot": _at(record.slot),
        "error_class": record.error_class,
        "error_message": record.error_message,
        "error_stack": record.error_stack,
        "attempt": record.attempt,
        "failed_at": _at(record.failed_at),
    }


def state(of: JobState, now: datetime) -> dict[str, Any]:
    """A job as the monitor shows it."""
    schedule = of.job.schedule
    return {
        "job": of.job.name,
        "description": of.job.description,
        "function": of.function,
        "schedule": schedule.expression if schedule else None,
        "timezone": schedule.timezone if schedule else None,
        "enabled": of.job.enabled,
        "status": word(of),
        "last_run": None if of.last is None else run(of.last),
        "next_run": _at(of.next_slot(now)),
        "pause": None if of.pause is None else pause(of.pause),
    }


def pause(of: Pause) -> dict[str, Any]:
    """A pause."""
    return {
        "job": of.job,
        "until": _at(of.until),
        "reason": of.reason,
        "paused_by": of.paused_by,
        "paused_at": _at(of.paused_at),
    }


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
