"""What is said about tasks: a handler called once, and one called for each batch."""

from itertools import groupby
from typing import Any

from bgjobs import Run

Record = dict[str, Any]

# How long before its due date a task of each priority enters its window.
_WINDOWS = """
SELECT count(*) FILTER (WHERE due_date - %(now)s >= wide / 4) AS warning,
       count(*) FILTER (WHERE due_date - %(now)s < wide / 4) AS critical
  FROM task
  JOIN (VALUES ('Critical', interval '8 hours'), ('High', interval '48 hours'),
               ('Medium', interval '120 hours'), ('Low', interval '240 hours')
       ) AS sla (priority, wide) ON task.priority::text = sla.priority
 WHERE status IN ('Open', 'In Progress')
   AND due_date >= %(now)s AND due_date < %(now)s + wide
"""


def count_windows(run: Run) -> int:
    """Count tasks inside their window as warning, in its last quarter as critical."""
    warning, critical = run.connection.execute(_WINDOWS, {"now": run.slot}).fetchone() or (0, 0)
    run.count("warning", warning)
    run.count("critical", critical)
    return int(warning + critical)


def alert(run: Run, tasks: list[Record]) -> None:
    """Send one alert per person; `group_by` keeps all of a person's tasks in one batch."""
    for person, own in groupby(tasks, key=lambda task: task["assigned_to"]):
        due = list(own)
        lines = [f"{task['due_date']:%H:%M} {task['title']} ({task['priority']})" for task in due]
        message = {
            "to": due[0]["email"],
            "subject": f"{len(due)} tasks are due within a day",
            "text": "\n".join([f"Dear {due[0]['name']},", *lines]),
        }
        run.send(message, key=f"due:{run.slot:%Y-%m-%d}:{person}")
        run.count("alerts")
