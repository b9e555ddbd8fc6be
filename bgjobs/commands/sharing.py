"""A run whose records are worked by several processes of this host, one to a shard.

The parent opens the run, splits its records, holds a lease for all while its children work, and
closes it. So at each moment of the run there is a living lease, and one process ends it, once.
"""

import sys
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from bgjobs.commands.beating import Beat
from bgjobs.commands.dead import bury
from bgjobs.commands.dying import ENDS
from bgjobs.commands.request import Request
from bgjobs.commands.scene import Scene, open_session, scene
from bgjobs.commands.shard import Share, bound_shards, ending_of, work_shard
from bgjobs.commands.slots import steps
from bgjobs.commands.spooling import never_began, replay_all
from bgjobs.commands.stepping import give_way, skip
from bgjobs.commands.telling import tell
from bgjobs.commands.working import stage_of, start_of
from bgjobs.errors import DatabaseUnreachableError, ExitStatus, JobFailedError, LeaseLostError
from bgjobs.host.crew import Bounds, crew
from bgjobs.host.member import Death
from bgjobs.plan.starts import Begin, Skip
from bgjobs.record import Failure, RunStatus
from bgjobs.run.execute import Ending, Outcome
from bgjobs.run.stops import Stops
from bgjobs.store.batches import Lease
from bgjobs.store.connection import explained
from bgjobs.store.ledger import Ledger, Settled, Start
from bgjobs.store.retention import prune_if_possible

# The crew heard the signal, and this process did not.
_STOPPED = frozenset({ExitStatus.TIMED_OUT, ExitStatus.INTERRUPTED, ExitStatus.TERMINATED})


class Shared(NamedTuple):
    """A run that was opened for a crew: the parent's lease, and those of the shards to work."""

    start: Start
    parent: Lease
    shards: tuple[Lease, ...]


def share(asked: Request, *, terminal: bool) -> int:
    """Work the job in as many processes as it has workers; the worst of its runs counts.

    Raises:
        BgjobsError: Nothing was started, or the end could not be written.
    """
    stops = Stops().install()
    around = scene(stops, sys.stderr, lambda: None, terminal=terminal)
    try:
        planned, healing = _plan(asked, around)
    except DatabaseUnreachableError as error:
        never_began(asked, around, error)
        raise
    worst = int(ExitStatus.SUCCESS)
    for step in planned:
        if stops.wanted or worst in _STOPPED:
            break
        status = _one(asked, around, step, healing=healing)
        worst = max(worst, status)
    return worst


def _plan(asked: Request, around: Scene) -> tuple[Sequence[Begin], bool]:
    session = open_session(asked, around.stops)
    try:
        replay_all(session, around)
        bury(session, around.locks)
        ledger = Ledger(session)
        look = ledger.look(asked.job.name)
        ledger.know_job(asked.job.name)
        stage = stage_of(asked, around, session)
        planned = steps(asked, ledger, look)
        for step in planned:
            if isinstance(step, Skip):
                skip(stage, step)
    except Exception as error:
        raise explained(error) from error
    finally:
        session.connection.close()
    return [step for step in planned if isinstance(step, Begin)], look.has_failed_records


def _one(asked: Request, around: Scene, step: Begin, *, healing: bool) -> int:
    with around.stops.shield():
        shared = _open(asked, around, step)
    if shared is None:
        return ExitStatus.SUCCESS
    hold = around.locks.hold(shared.start.id)
    printed: list[str] = []
    beating = Beat(asked, around, shared.parent)
    deaths: list[Death] = []

    def died(death: Death) -> int:
        deaths.append(death)
        return death.stopped or ExitStatus.JOB_FAILED

    try:
        if around.stops.wanted:
            statuses = [int(around.stops.requested or ExitStatus.TERMINATED)]
        else:
            statuses = crew(
                partial(work_shard, Share(asked, step, shared.start, shared.shards, healing)),
                len(shared.shards),
                on_death=died,
                bounds=Bounds(every=min(5.0, shared.parent.ttl / 3)),
                beat=beating.beat,
                echo=around.terminal,
                heard=printed.append,
            )
        around = around._replace(printed=lambda: asked.mask("".join(printed)) or None)
        with around.stops.shield():
            return _close(asked, around, step, shared, statuses, deaths)
    finally:
        beating.close()
        hold.release()


def _open(asked: Request, around: Scene, step: Begin) -> Shared | None:
    session = open_session(asked, around.stops)
    try:
        stage = stage_of(asked, around, session)
        start = start_of(stage, step)._replace(first=0, shards=step.shards or asked.job.workers)
        with session.connection.transaction():
            opened = stage.ledger.open_run(start)
            if opened is None:
                leases: tuple[Lease, ...] = ()
            else:
                leases = bound_shards(stage, start, opened, opened.leases[1:])
        if opened is None:
            give_way(stage, step)
            return None
        return Shared(start, opened.leases[0], leases)
    except Exception as error:
        raise explained(error) from error
    finally:
        session.connection.close()


def _close(
    asked: Request,
    around: Scene,
    step: Begin,
    shared: Shared,
    statuses: Sequence[int],
    deaths: Sequence[Death],
) -> int:
    session = open_session(asked, around.stops)
    try:
        ledger = Ledger(session)
        settled = ledger.settled(shared.start.id)
        ending = _ending(asked, settled, statuses, deaths)
        closed = ledger.close_run(
            shared.start.id,
            ending.status,
            failure=ending.failure,
            output=around.printed(),
            reason=ending.reason,
        )
        ledger.drop_lane(asked.job.name, shared.start.lane)
        prune_if_possible(session, asked.job, ledger.clock())
    except Exception as error:
        raise explained(error) from error
    finally:
        session.connection.close()
    if closed is None:
        raise LeaseLostError(
            f"run {shared.start.id} of {asked.job.name} was ended by another process"
        )
    partial_run = closed.status is RunStatus.PARTIAL
    outcome = Outcome(
        shared.start.id,
        closed.status,
        ExitStatus.PARTIAL if partial_run else ending.exit,
        closed.counts,
        closed.milliseconds / 1000,
        ending.failure,
        ending.reason,
    )
    tell(around, asked.job, step.slot, outcome)
    return outcome.exit


def _ending(
    asked: Request, settled: Settled, statuses: Sequence[int], deaths: Sequence[Death]
) -> Ending:
    """What became of the run by what became of its shards, the worst first."""
    if deaths:
        death = deaths[0]
        text = f"the process of shard {death.shard} (pid {death.pid}) {death.cause}"
        failure = Failure("ProcessDied", text)
        return Ending(*ENDS[death.stopped], failure, text)
    if settled.failure is not None:
        return ending_of(settled.failure)
    if ExitStatus.NOT_NOW in statuses:
        raise LeaseLostError(f"a lease of {asked.job.name} was taken over by another run")
    if settled.open:
        stopped = next((status for status in statuses if status), ExitStatus.INTERRUPTED)
        timed_out = stopped == ExitStatus.TIMED_OUT
        status = RunStatus.TIMED_OUT if timed_out else RunStatus.INTERRUPTED
        return Ending(status, ExitStatus(stopped), reason=f"{settled.open} shards are unfinished")
    if asked.job.max_failures.exceeded(settled.counts.failed, settled.counts.read):
        counts = settled.counts
        text = f"{counts.failed} of {counts.read} records failed, more than max_failures allows"
        failure = Failure(JobFailedError.__name__, text)
        return Ending(RunStatus.FAILED, ExitStatus.JOB_FAILED, failure)
    return Ending(RunStatus.SUCCESS, ExitStatus.SUCCESS)
