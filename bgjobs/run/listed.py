"""Working what is on a job's list of failed records once more."""

from datetime import datetime

from bgjobs.job import Allowance
from bgjobs.record import Counts
from bgjobs.run import shapes
from bgjobs.run.execute import deliver
from bgjobs.run.task import Task
from bgjobs.store.failed import FailedRecords
from bgjobs.store.pages import Pages


def work_listed(task: Task) -> str | None:
    """Work each listed record as of the slot in which it failed, and send listed messages again.

    Records that fail once more stay on the list and keep no other from being tried. Returns what
    is to be said of those that could not be found.

    Raises:
        Exception: As from `execute.work_records`.
    """
    listed = FailedRecords(task.session, task.job)
    if task.job.select is not None:
        slot = task.run.slot
        for failed_in in listed.failed_slots():
            shapes.work(_as_of(task, failed_in, listed))
            _rewind(task)
        task.run.slot = slot
    deliver(task, listed=True)
    left = listed.left_listed(task.run.id)
    if not left:
        return None
    return (
        f"{left} listed records are no longer selected by the job or in its outbox; "
        f"bgjobs retry {task.job.name} --forget clears the list"
    )


def _as_of(task: Task, slot: datetime, listed: FailedRecords) -> Task:
    task.run.slot = slot.astimezone(task.run.slot.tzinfo)
    values = {**task.values, "slot": slot}
    select = listed.narrowed(Pages(task.session, task.job, values))
    job = task.job._replace(select=select, until_empty=False, max_failures=Allowance(None))
    return task._replace(job=job, values=values)


def _rewind(task: Task) -> None:
    """Let the next slot's records begin at the start, and end at an end of their own."""
    batches = task.batches
    standing = batches.standing(batches.begin())
    batches.rewind_shard()
    batches.bound_shard(None, None)
    batches.end_batch(None, Counts(), standing.counters)
    batches.commit()
