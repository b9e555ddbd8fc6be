"""What is done to each record, by bgjobs and by all others."""

from collections.abc import Mapping
from typing import Any


def score(details: Mapping[str, Any]) -> int:
    """Weigh a task by what its jsonb holds."""
    urgent = 50 if details["urgent"] else 0
    found: int = details["effort"] * 3 + len(details["tags"]) + details["client"]["tier"] + urgent
    return found


def work(_run: object, record: Mapping[str, Any]) -> dict[str, Any]:
    """The handler of the job."""
    return {"id": record["id"], "score": score(record["details"])}


def work_hard(run: Any, record: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - of bgjobs
    """The same with so many rounds of arithmetic, for a handler that keeps a core busy."""
    value = record["id"]
    for _ in range(run.params["rounds"]):
        value = (value * 31 + 7) % 1_000_003
    return {"id": record["id"], "score": score(record["details"]) + 0 * value}
