"""The four kinds of work: one statement, one call, set-based batches, a handler's batches."""

from collections.abc import Callable

from bgjobs.errors import BgjobsError
from bgjobs.run import care
from bgjobs.run.calls import Calls
from bgjobs.run.care import Care
from bgjobs.run.effects import Effects
from bgjobs.run.once import Once
from bgjobs.run.passes import Passes
from bgjobs.run.recovery import Recovery
from bgjobs.run.setflow import SetFlow
from bgjobs.run.stream import Stream
from bgjobs.run.task import Task
from bgjobs.store.connection import of_records
from bgjobs.store.pages import Pages
from bgjobs.store.setbased import SetBased


def work(task: Task) -> None:
    """Work a job from where its lease stands to its end.

    Raises:
        StoppedError: It was asked to stop.
        LimitReachedError: Enough records are done.
        BgjobsError: What a person can put right.
        Exception: Of the job's own code, or of the server about the job's SQL.
    """
    function = task.load() if task.load is not None else None
    if task.job.select is None:
        once = Once(task, function)
        _until_done(once.flow, once.recovery, None)
        return
    pages = Pages(task.session, task.job, task.values)
    effects = Effects(task, pages)
    passes = Passes(task, effects)
    flow: Stream | SetFlow
    if function is None:
        setbased = SetBased(pages, task.job, task.batches.lease)
        careful = Care(task, pages, effects, care.setting(setbased))
        flow = SetFlow(task, pages, setbased, careful, passes)
    else:
        calls = Calls(task.job, function, task.run)
        careful = Care(task, pages, effects, care.calling(task, calls, effects))
        flow = Stream(task, calls, pages, effects, passes)
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
