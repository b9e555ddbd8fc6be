"""Work that goes page by page: how it flows, and how a batch is worked when it does not."""

from collections.abc import Callable
from typing import Any, NamedTuple

from bgjobs.run import care
from bgjobs.run.calls import Calls
from bgjobs.run.care import Care
from bgjobs.run.effects import Effects
from bgjobs.run.passes import Passes
from bgjobs.run.setflow import SetFlow
from bgjobs.run.stream import Stream
from bgjobs.run.task import Task
from bgjobs.store.pages import Pages
from bgjobs.store.setbased import SetBased


class Batchwise(NamedTuple):
    """The ways of one job's work."""

    flow: Stream | SetFlow
    careful: Care
    passes: Passes


def batchwise(task: Task, function: Callable[..., Any] | None) -> Batchwise:
    """How a job with a select is worked: by its handler, or by its statement alone."""
    pages = Pages(task.session, task.job, task.values)
    effects = Effects(task, pages)
    passes = Passes(task, effects)
    if function is None:
        setbased = SetBased(pages, task.job, task.batches.lease)
        careful = Care(task, pages, effects, care.setting(setbased))
        return Batchwise(SetFlow(task, pages, setbased, careful, passes), careful, passes)
    calls = Calls(task.job, function, task.run)
    careful = Care(task, pages, effects, care.calling(task, calls, effects))
    return Batchwise(Stream(task, calls, pages, effects, passes), careful, passes)
