"""Progress on a terminal; without one nothing is counted, drawn or imported."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bgjobs.commands.request import Request
from bgjobs.commands.scene import Scene
from bgjobs.store.session import Session


@contextmanager
def watch(asked: Request, session: Session, around: Scene) -> Iterator[Callable[[int], None]]:
    """A context that gives a function to be told how many records are read."""
    if not around.terminal or asked.job.select is None:
        yield lambda _read: None
        return
    from bgjobs.present.progress import progress
    from bgjobs.store.pages import Pages

    values = {**asked.job.params, "slot": asked.wish.slot, "run_id": None, "job": asked.job.name}
    total = Pages(session, asked.job, values).total(seconds=2)
    if asked.limit is not None:
        total = min(total, asked.limit) if total is not None else asked.limit
    with progress(asked.job.name, total, around.err) as advance:
        yield advance
