"""A run whose records are worked by several processes of this host, one to a shard.

The parent opens the run, splits its records, holds a lease for all while its children work, and
closes it. So at each moment of the run there is a living lease, and one process ends it, once.
"""

import os
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from bgjobs.commands.beating import Beat
from bgjobs.commands.dying import ENDS
from bgjobs.commands.shard import Share, settle, together, work_shard
from bgjobs.commands.working import Stage, start_of, task
from bgjobs.errors import DatabaseUnreachableError, ExitStatus, LeaseLostError
from bgjobs.host.crew import Bounds, crew
from bgjobs.host.member import Death
from bgjobs.plan.starts import Begin
from bgjobs.record import Failure, RunStatus
from bgjobs.run import execute
from bgjobs.run.execute import Ending, Outcome, UnclosedError
from bgjobs.run.splitting import split
from bgjobs.run.task import Task
from bgjobs.store.batches import Lease
from bgjobs.store.connection import healing
from bgjobs.store.ledger import Opened, Start
from bgjobs.store.shards import Settled, Shards

_OFTEN = 0.5
_SELDOM = 5.0
_ASKED = frozenset({ExitStatus.INTERRUPTED, ExitStatus.TERMINATED})


class Came(NamedTuple):
    """What the workers came to: their exit statuses, and how those ended that came to no end."""

    statuses: Sequence[int]
    deaths: Sequence[Death] = ()


def work_together(stage: Stage, step: Begin, shards: int) -> Outcome | None:
    """Open a run for a step and work its shards to their ends; None where the lease is another's.

    Where this process may start no others it works one shard after the other.

    Raises:
        LeaseLostError: Another run took the lease while this one worked.
        UnclosedError: The database went away for good.
    """
    # Only a process that starts others needs a lease beside theirs.
    first = 0 if stage.heard is not None else 1
    start = start_of(stage, step)._replace(first=first, shards=shards)
    hold = stage.scene.locks.hold(start.id)
    # As where a run is worked alone: should the answer be lost, the lock stays.
    with stage.scene.stops.shield():
        opened = stage.ledger.open_run(start)
    try:
        return None if opened is None else _work(stage, step, start, opened)
    finally:
        hold.release()


def _work(stage: Stage, step: Begin, start: Start, opened: Opened) -> Outcome:
    stops = stage.scene.stops
    parent = task(stage, step, start, opened.leases[0])
    leases = list[Lease]()

    def divide(parent: Task) -> None:
        leases[:] = split(parent)

    stage.watched.expect(step)
    ending = execute.work(parent, divide)
    if ending.status is RunStatus.SUCCESS:
        share = Share(stage.request, stops, step, start, leases, stage.has_failed_records)
        with stops.shield():
            came = _came(stage, parent, share)
            stops.obeyed()
        ending = _ending(parent, came)
    return execute.close(parent, ending, stage.scene.printed())


def _came(stage: Stage, parent: Task, share: Share) -> Came:
    if not share.leases or stage.scene.stops.wanted:
        return Came([])
    if stage.heard is None:
        return _one_by_one(stage, share)
    return _by_crew(stage, stage.heard, parent, share)


def _by_crew(stage: Stage, heard: list[str], parent: Task, share: Share) -> Came:
    """Work the shards in a process each."""
    stops, lease, watching = stage.scene.stops, parent.batches.lease, stage.scene.terminal
    # Neither a connection nor the thread that draws is to be forked.
    stage.session.connection.close()
    stage.watched.clear()
    beating = Beat(stage, lease)
    deaths: list[Death] = []

    def died(death: Death) -> int:
        deaths.append(death)
        return death.stopped or ExitStatus.JOB_FAILED

    heard.clear()
    statuses = crew(
        partial(work_shard, share),
        len(share.leases),
        on_death=died,
        bounds=Bounds(every=_OFTEN if watching else min(_SELDOM, lease.ttl / 3)),
        beat=beating.beat,
        echo=watching,
        bar=watching and stage.request.has_bar(os.environ),
        heard=heard.append,
    )
    asked = next((status for status in statuses if status in _ASKED), None)
    if asked is not None:
        # The crew heard the signal, and this process did not; or it was `bgjobs stop`.
        beating.beat()
        stops.ask(beating.stop or "stopped by a signal", ExitStatus(asked))
    return Came(statuses, deaths)


def _one_by_one(stage: Stage, share: Share) -> Came:
    statuses: list[int] = []
    for lease in share.leases:
        shard = task(stage, share.step, share.start, lease)
        ending = execute.work(shard)
        statuses.append(ending.exit)
        try:
            settle(shard, ending)
        except DatabaseUnreachableError:
            return Came([*statuses, ExitStatus.UNREACHABLE])
        if stage.scene.stops.wanted:
            break
    return Came(statuses)


def _ending(parent: Task, came: Came) -> Ending:
    """What became of the run by what became of its shards, the worst first.

    Raises:
        LeaseLostError: Another run took it.
        UnclosedError: The database stays away, so that nobody can tell.
    """
    if came.deaths:
        death = came.deaths[0]
        text = f"the process of shard {death.shard} (pid {death.pid}) {death.cause}"
        return Ending(*ENDS[death.stopped], Failure("ProcessDied", text), text)
    try:
        settled = _settled(parent, came)
    except DatabaseUnreachableError as error:
        raise UnclosedError(error, parent.run, _short(parent, came, None)) from error
    if not settled.open or settled.failure is not None:
        return together(parent.job, settled)
    return _short(parent, came, settled)


def _settled(parent: Task, came: Came) -> Settled:
    """How the shards stand, by a connection that is made anew where it has to be."""
    connection = parent.session.connection
    if connection.closed and ExitStatus.UNREACHABLE in came.statuses:
        raise DatabaseUnreachableError("the database was lost while the shards worked")
    while True:
        try:
            if parent.session.connection.closed:
                parent.reconnect()
            return Shards(parent.session).settled(parent.run.id)
        except Exception as error:
            if isinstance(error, DatabaseUnreachableError) or not healing(error):
                raise
            parent.session.connection.close()


def _short(parent: Task, came: Came, settled: Settled | None) -> Ending:
    """The ending of a run some of whose shards came short of their ends."""
    worst = max(came.statuses, default=int(ExitStatus.SUCCESS))
    if worst == ExitStatus.NOT_NOW:
        raise LeaseLostError(f"a lease of {parent.job.name} was taken over by another run")
    stopped = parent.stops.requested
    if stopped is not None or worst == ExitStatus.TIMED_OUT:
        exit_status = stopped or ExitStatus.TIMED_OUT
        timed_out = exit_status is ExitStatus.TIMED_OUT
        status = RunStatus.TIMED_OUT if timed_out else RunStatus.INTERRUPTED
        return Ending(status, exit_status, reason=parent.stops.reason)
    if worst == ExitStatus.SUCCESS and settled is None:
        return Ending(RunStatus.SUCCESS, ExitStatus.SUCCESS)
    exit_status = ExitStatus(worst) if worst else ExitStatus.JOB_FAILED
    failure = Failure("ShardFailed", f"a shard did not finish: {exit_status.meaning}")
    return Ending(RunStatus.FAILED, exit_status, failure)
