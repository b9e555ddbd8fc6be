"""Progress on a terminal; without one nothing is counted, drawn or imported."""

from collections.abc import Callable
from typing import NamedTuple

from bgjobs.commands.request import Request
from bgjobs.commands.scene import Scene
from bgjobs.store.session import Session


class Watch(NamedTuple):
    """What is told of a run while it works: the records read, and when lines are to be written."""

    advance: Callable[[int], None] = lambda _read: None
    clear: Callable[[], None] = lambda: None


UNWATCHED = Watch()


def watch(asked: Request, session: Session, around: Scene) -> Watch:
    """Draw a bar where somebody looks on and there is something to count."""
    if not around.terminal or asked.job.select is None:
        return UNWATCHED
    from bgjobs.present.progress import Bar
    from bgjobs.store.pages import Pages

    values = {**asked.job.params, "slot": asked.wish.slot, "run_id": None, "job": asked.job.name}
    total = Pages(session, asked.job, values).total(seconds=2)
    if asked.limit is not None:
        total = min(total, asked.limit) if total is not None else asked.limit
    bar = Bar(asked.job.name, total, around.err)
    return Watch(bar.advance, bar.clear)
