"""A start: connect, settle what others left, decide which slots to work, and work them."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial

from bgjobs.commands.dead import bury
from bgjobs.commands.request import Request
from bgjobs.commands.scene import Scene, open_session, scene, stream
from bgjobs.commands.slots import steps
from bgjobs.commands.spooling import never_began, never_closed, replay_all
from bgjobs.commands.stepping import skip, work
from bgjobs.commands.watching import watch
from bgjobs.commands.working import Stage, stage_of
from bgjobs.errors import BgjobsError, DatabaseUnreachableError, ExitStatus
from bgjobs.host.worker import Worker
from bgjobs.plan.starts import Skip, Step
from bgjobs.run.execute import UnclosedError
from bgjobs.run.stops import Stops
from bgjobs.store.ledger import Ledger, Look
from bgjobs.store.outdated import explained_within
from bgjobs.store.retention import prune_if_possible


def start(asked: Request, worker: Worker | None, *, terminal: bool, with_crew: bool = False) -> int:
    """Work all that this start is for; the worst of its runs gives the exit status.

    Args:
        asked: What this start is for.
        worker: The process that this is, where a supervisor watches it.
        terminal: Whether somebody looks on.
        with_crew: Whether the work is to be shared by processes that this one starts.

    Raises:
        BgjobsError: No run could be opened, or the end of one could not be written.
    """
    stops = (Stops(limited=worker.limit) if worker else Stops()).install()
    if worker is None:
        stops.told = _notice(asked, 2) if terminal else stops.told
        heard: list[str] = []
        around = scene(
            asked, stops, sys.stderr, lambda: asked.mask("".join(heard)) or None, terminal=terminal
        )
        return _within(asked, around, heard if with_crew else None)
    with worker.captured() as capture:
        err = stream(capture.stderr)
        stops.told = _notice(asked, capture.stderr) if terminal else stops.told

        def printed() -> str | None:
            return asked.mask(worker.printed()) or None

        try:
            return _within(asked, scene(asked, stops, err, printed, terminal=terminal), None)
        except BgjobsError as error:
            # Said while stderr still leads to whoever looks on.
            for line in str(error).splitlines():
                err.write(f"bgjobs: {line}\n")
            return error.status
        finally:
            err.close()


def _notice(asked: Request, number: int) -> Callable[[], object]:
    """What tells the person at a terminal that Ctrl-C was heard, in the bar's place."""
    work = "batch" if asked.job.select else "call" if asked.job.handler else "statement"
    line = f"stopping at the end of this {work}; Ctrl-C again stops at once\n"
    text = f"\r\x1b[2K{line}" if asked.has_bar(os.environ) else f"\n{line}"
    # Amid anything, so that no stream may be used.
    return partial(os.write, number, text.encode())


def _within(asked: Request, around: Scene, heard: list[str] | None) -> int:
    try:
        return _start(asked, around, heard)
    except UnclosedError as error:
        never_closed(asked, around, error)
        raise
    except DatabaseUnreachableError as error:
        never_began(asked, around, error)
        raise


def _start(asked: Request, around: Scene, heard: list[str] | None) -> int:
    session = open_session(asked, around.stops)
    try:
        ledger = Ledger(session)
        if not asked.dry_run:
            replay_all(session, around)
            bury(session, around.locks)
        look = ledger.look(asked.job.name)
        if asked.only_failed and not look.has_failed_records:
            around.say(f"{asked.job.name}: no failed records")
            return ExitStatus.SUCCESS
        if not (look.can_audit or asked.dry_run):
            from bgjobs.store.rights import refuse_audit

            refuse_audit(session)
        stage = stage_of(
            asked,
            around,
            session,
            watched=watch(asked, session, around),
            healing=look.has_failed_records,
            heard=heard,
        )
        return _work_all(stage, look)
    except BgjobsError:
        raise
    except Exception as error:
        raise explained_within(session, error) from error
    finally:
        session.connection.close()


def _work_all(stage: Stage, look: Look) -> int:
    asked, stops = stage.request, stage.scene.stops
    if look.known_since is None and not asked.dry_run:
        stage.ledger.know_job(asked.job.name)
    worst = int(ExitStatus.SUCCESS)
    planned = _awaited(stage, steps(asked, stage.ledger, look))
    try:
        for place, step in enumerate(planned):
            if place and asked.shard is not None:
                from bgjobs.commands.joining import wait_for_others

                wait_for_others(stage)
            if stops.wanted:
                break
            if isinstance(step, Skip):
                skip(stage, step)
                continue
            worst = _worse(worst, work(stage, step))
            stops.unlimit()
    finally:
        stage.watched.clear()
    if not asked.dry_run:
        prune_if_possible(stage.session, asked.job, look.now)
    return worst


def _awaited(stage: Stage, planned: Sequence[Step]) -> Sequence[Step]:
    if not (stage.request.cron and stage.request.shard):
        return planned
    from bgjobs.commands.joining import awaited

    return [*awaited(stage, planned), *planned]


def _worse(one: int, other: int) -> int:
    """Of two statuses the one to report: partial is better than any failure."""
    if ExitStatus.SUCCESS in {one, other}:
        return max(one, other)
    if ExitStatus.PARTIAL in {one, other}:
        return one if other == ExitStatus.PARTIAL else other
    return other
