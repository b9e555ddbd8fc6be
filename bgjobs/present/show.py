"""One run whole."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from bgjobs.present.duration import short
from bgjobs.present.failures import error, key
from bgjobs.present.moment import second
from bgjobs.present.status_word import status_word
from bgjobs.present.table import Paint, line
from bgjobs.record import FailedRecord, RunRecord

_LABEL = 11
_SHOWN = 10


def show(
    run: RunRecord,
    failed: Sequence[FailedRecord] = (),
    *,
    now: datetime,
    zone: tzinfo | None = None,
    paint: Paint | None = None,
) -> str:
    """All that the ledger says of a run, and its records that are still failed."""
    facts = [f"{label:{_LABEL}}{text}" for label, text in _facts(run, now, zone, paint) if text]
    texts = [
        *_text("Stack", _frames(run.error_stack)),
        *_text("Output", run.output),
        *_text("Failed records", "\n".join(_failed(failed))),
    ]
    return "\n".join([*facts, *texts])


def _facts(
    run: RunRecord, now: datetime, zone: tzinfo | None, paint: Paint | None
) -> Iterator[tuple[str, str]]:
    word = status_word(run)
    yield "Run", str(run.id)
    yield "Job", run.job
    yield "Status", f"{paint('STATUS', word) if paint else word} ({run.status.meaning})"
    yield "Slot", f"{second(run.slot, zone)}, {run.trigger.value}, attempt {run.attempt}"
    yield "Process", f"{line(run.host)}, pid {run.pid}, bgjobs {line(run.version)}"
    yield "Started", second(run.started_at, zone)
    yield "Heartbeat", second(run.heartbeat_at, zone)
    yield "Finished", _finished(run, now, zone)
    yield "Records", _counts(run)
    yield "Counters", ", ".join(f"{line(n)} {v:,}" for n, v in sorted(run.counters.items()))
    yield "Parameters", _parameters(run.parameters)
    yield from _cursors(run.position)
    yield "Reason", line(run.reason or "")
    yield "Error", _error(run)


def _finished(run: RunRecord, now: datetime, zone: tzinfo | None) -> str:
    if run.finished_at is None:
        return f"not yet, {short(now - run.started_at)} so far"
    return f"{second(run.finished_at, zone)}, took {short(run.finished_at - run.started_at)}"


def _counts(run: RunRecord) -> str:
    counts = run.counts
    parts = ("read", "processed", "skipped", "failed")
    said = ", ".join(f"{number:,} {name}" for name, number in zip(parts, counts, strict=False))
    return f"{said}, in {counts.batches:,} batch{'' if counts.batches == 1 else 'es'}"


def _parameters(values: Mapping[str, Any]) -> str:
    said = (f"{n} = {json.dumps(v, ensure_ascii=False)}" for n, v in sorted(values.items()))
    return line(", ".join(said))


def _cursors(position: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for shard, at in sorted(position.items(), key=lambda item: int(item[0])):
        cursor, until = at.get("cursor"), at.get("until")
        parts = ["at the start" if cursor is None else f"after {line(key(cursor))}"]
        parts += [] if until is None else [f"up to {line(key(until))}"]
        parts += ["done"] if at.get("done") else []
        if len(position) == 1 and parts == ["at the start"]:
            continue  # a job without records has no other place to be at
        yield "Cursor" if len(position) == 1 else f"Shard {shard}", ", ".join(parts)


def _error(run: RunRecord) -> str:
    parts = [run.error_class, run.error_message]
    return line(": ".join(part for part in parts if part))


def _failed(records: Sequence[FailedRecord]) -> Iterator[str]:
    for record in records[:_SHOWN]:
        yield f"{key(record.key)} (attempt {record.attempt}) {error(record)}"
    if len(records) > _SHOWN:
        yield f"and more: bgjobs failures {records[0].job}"


def _frames(stack: str | None) -> str | None:
    """A stack that says more than the error itself."""
    return stack if stack and "\n" in stack else None


def _text(title: str, text: str | None) -> list[str]:
    if not text:
        return []
    return ["", title, *("  " + line(one.expandtabs()) for one in text.splitlines())]
