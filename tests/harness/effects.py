"""Jobs that leave one effect for each of thirty-five records."""

from typing import Any

from bgjobs.handler import Run
from harness.tasks import Works

INSERT = "INSERT INTO effect SELECT id FROM batch"
EVERY = list(range(1, 36))
Record = dict[str, Any]


def effects(work: Works) -> list[int]:
    """The records that were done, in order, as often as they were."""
    return work.column("SELECT id FROM effect ORDER BY id")


def returns(run: Run, record: Record) -> Record:
    """A handler whose rows a statement writes."""
    run.count("worked")
    return {"id": record["id"]}


def writes(run: Run, record: Record) -> None:
    """A handler that writes by itself."""
    run.count("worked")
    run.connection.execute("INSERT INTO effect VALUES (%s)", [record["id"]])
