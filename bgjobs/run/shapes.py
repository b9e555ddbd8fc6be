"""The four kinds of work: one statement, one call, set-based batches, a handler's batches."""

from collections.abc import Callable

from bgjobs.errors import BgjobsError
from bgjobs.run.recovery import Recovery
from bgjobs.run.task import Task
from bgjobs.store.connection import of_records


def work(task: Task) -> None:
    """Work a job from where its lease stands to its end.

    Raises:
        StoppedError: It was asked to stop.
        LimitReachedError: Enough records are done.
        BgjobsError: What a person can put right.
        Exception: Of the job's own code, or of the server about the job's SQL.
    """
    function = task.load() if task.load is not None else None
    # Each imports the other's half of the engine in vain, which a start from cron would pay for.
    if task.job.select is None:
        from bgjobs.run.once import Once

        once = Once(task, function)
        _until_done(once.flow, once.recovery, None)
        return
    from bgjobs.run.batchwise import batchwise

    flow, careful, passes = batchwise(task, function)
    while True:
        _until_done(flow.flow, flow.recovery, careful.work, task.rhythm.rest)
        if not passes.another():
            return


def judge(task: Task) -> None:
    """Look at the share of the records that failed, once there are no more of them.

    That of a run with several shards is judged when all of them have ended.

    Raises:
        TooManyFailedError: It is more than the job allows.
    """
    if task.run.shards > 1:
        return
    if task.job.max_failures.ratio is not None and task.job.select is not None:
        standing = task.batches.standing(task.batches.begin())
        task.batches.rollback()
        task.allow(standing.counts, final=True)


def _until_done(
    flow: Callable[[], bool],
    recovery: Recovery,
    with_care: Callable[[], object] | None,
    rest: Callable[[], None] = lambda: None,
) -> None:
    """Let the work flow; after an error look closely, or go on from the lease."""
    careful = False
    while True:
        try:
            if careful and with_care is not None:
                with_care()
                careful = False
                recovery.went_well()
            elif flow():
                return
            else:
                rest()
        except Exception as error:
            if isinstance(error, BgjobsError) and not of_records(error):
                recovery.undo()
                raise
            if of_records(error) and with_care is not None and not careful:
                recovery.undo()
                careful = True
            else:
                recovery.again(error)
