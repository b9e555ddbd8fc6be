"""Progress on a terminal; without one nothing is counted, drawn or imported."""

import os
from collections.abc import Callable
from typing import NamedTuple

from bgjobs.commands.request import Request
from bgjobs.commands.scene import Scene
from bgjobs.plan.starts import Begin
from bgjobs.store.session import Session

_PATIENCE = 2.0


class Watch(NamedTuple):
    """What is told of a run while it works.

    Its begin, with the slot and where the work stands; the records read since; and when lines are
    to be written.
    """

    expect: Callable[[Begin], None] = lambda _step: None
    advance: Callable[[int], None] = lambda _read: None
    clear: Callable[[], None] = lambda: None


UNWATCHED = Watch()


def watch(asked: Request, session: Session, around: Scene) -> Watch:
    """Draw a bar where somebody looks on and there is something to count."""
    if not around.terminal or not asked.has_bar(os.environ):
        return UNWATCHED
    from bgjobs.present.progress import Bar

    bar = Bar(asked.job.name, around.err)

    def expect(step: Begin) -> None:
        bar.begin(_total(asked, session, step))

    return Watch(expect, bar.advance, bar.clear)


def _total(asked: Request, session: Session, step: Begin) -> int | None:
    """How many records are left to work; None where it takes too long to count them."""
    from bgjobs.store.pages import Pages

    values = {**asked.job.params, "slot": step.slot, "run_id": None, "job": asked.job.name}
    pages = Pages(session, asked.job, values)
    # Shard 0 is the lease of who watches over the others.
    shards = [at for shard, at in step.position.items() if shard != "0" and not at.get("done")]
    total = 0
    for shard in shards if step.position else [{}]:
        found = pages.total(_PATIENCE, shard.get("cursor"), shard.get("until"))
        if found is None:
            return asked.limit
        total += found
    return total if asked.limit is None else min(total, asked.limit)
