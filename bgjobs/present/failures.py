"""Failed records as a table, the error of each under it."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from bgjobs.present.detailed import detailed
from bgjobs.present.moment import minute
from bgjobs.record import FailedRecord

_HEADERS = ("JOB", "KEY", "ATTEMPT", "FAILED")


def failures(
    records: Sequence[FailedRecord],
    *,
    zone: tzinfo | None = None,
    width: int | None = None,
    more: bool = False,
) -> str:
    """The lines of the table, whether there are `more`, or that there are none."""
    if not records:
        return "No failed records."
    rows = [(r.job, key(r.key), str(r.attempt), minute(r.failed_at, zone)) for r in records]
    table = detailed(_HEADERS, rows, [[error(r)] for r in records], width, "<<>")
    return f"{table}\nThere are more; --limit shows them." if more else table


def key(values: Sequence[object] | Mapping[str, object]) -> str:
    """A record's key as one word; a message is told from a record."""
    if isinstance(values, Mapping):
        return ", ".join(f"{kind} {value}" for kind, value in values.items())
    return ", ".join(map(str, values))


def error(record: FailedRecord) -> str:
    """The error's class and the first line of its message."""
    first = record.error_message.splitlines()[0] if record.error_message else ""
    return f"{record.error_class}: {first}"
