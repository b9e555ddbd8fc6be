"""A run whose records are worked by processes on many hosts: `--shard I/N`.

Whoever comes first opens the run, and the first of those who are there splits its records; each
claims its shard. A shard that nobody claimed, or whose process died, can be started again while the
run lives. The process that settles the last shard closes the run.
"""

from collections.abc import Sequence
from datetime import datetime

from bgjobs.commands.dead import bury
from bgjobs.commands.parameters import as_begun
from bgjobs.commands.shard import connect_soundly, settle, together
from bgjobs.commands.stepping import again, back_off
from bgjobs.commands.working import Stage, start_of, task
from bgjobs.errors import ExitStatus, LeaseLostError, NotNowError
from bgjobs.plan.starts import Begin, Step
from bgjobs.record import Attempt, RunStatus, Trigger
from bgjobs.run import execute
from bgjobs.run.execute import Ending, Outcome
from bgjobs.run.splitting import split
from bgjobs.run.task import Task
from bgjobs.store.batches import Lease
from bgjobs.store.ledger import NO_LANE, Start
from bgjobs.store.outbox import Outbox
from bgjobs.store.shards import Settled, Shards

_SOON = 0.1
_LATER = 1.0


def work_part(stage: Stage, step: Begin) -> Outcome | None:
    """Work this process's shard of a slot's run; None where it is somebody else's.

    Raises:
        NotNowError: The slot's run has another number of shards, or other parameters.
        LeaseLostError: Another process took the shard over.
    """
    number, shards = stage.request.shard or (1, 1)
    if step.position and step.shards not in {None, shards}:
        raise NotNowError(
            f"the unfinished run of {stage.request.job.name} has {step.shards} shards, "
            f"not {shards}; --restart works its slot from the start"
        )
    # Without a boot and a lock file nothing is proven of it here: its shards may live elsewhere.
    start = start_of(stage, step)._replace(shards=shards, claim=number, boot="", lane=NO_LANE)
    slot = _pinned(stage, step)
    lease = _claim(stage, start, slot)
    if lease is None:
        return _over(stage, step, start, slot)
    found = stage.ledger.find_run(lease.run)
    if found is not None:
        step = _of(step, found)
        stage = _as_opened(stage, lease, found)
    part = task(stage, step, start._replace(id=lease.run), lease)
    ending = _work(stage, part)
    settle(part, ending)
    return _leave(stage, part, ending)


def awaited(stage: Stage, planned: Sequence[Step]) -> list[Begin]:
    """The step of a run that waits for this process's shard, where it is not planned already.

    Whoever came first has opened it for a slot that nobody else would take for missed any more.
    """
    number, shards = stage.request.shard or (1, 1)
    found = Shards(stage.session).shard(stage.request.job.name, number)
    if found is None or not found.free or found.over or found.shards != shards:
        return []
    if found.slot in {step.slot for step in planned}:
        return []
    return [Begin(found.slot, Trigger.CRON)]


def wait_for_others(stage: Stage) -> None:
    """Wait while a run is at work whose part that is this process's is over."""
    stops, shards = stage.scene.stops, Shards(stage.session)
    number, _ = stage.request.shard or (1, 1)
    while not stops.wanted:
        found = shards.shard(stage.request.job.name, number)
        if found is None or not found.over:
            return
        stops.pause(_LATER)
        bury(stage.session, stage.scene.locks)


def _of(step: Begin, found: Attempt) -> Begin:
    """The step as the run has it: who joins one by hand has another moment for its slot."""
    return step._replace(slot=found.slot, attempt=found.attempt)


def _as_opened(stage: Stage, lease: Lease, found: Attempt) -> Stage:
    """The stage with the parameters of who opened the run."""
    try:
        return stage._replace(request=as_begun(stage.request, found.parameters, found.key))
    except NotNowError:
        Shards(stage.session).give_back(lease)
        raise


def _pinned(stage: Stage, step: Begin) -> datetime | None:
    """The slot whose run is meant; by hand, where none was asked for, that of any."""
    by_hand = not stage.request.cron and stage.request.wish.slot is None
    return None if by_hand and not step.position else step.slot


def _claim(stage: Stage, start: Start, slot: datetime | None) -> Lease | None:
    shards, stops = Shards(stage.session), stage.scene.stops
    while True:
        opened = stage.ledger.open_run(start)
        if opened is not None:
            return next(lease for lease in opened.leases if lease.shard == start.claim)
        lease = shards.join_run(start, slot)
        if lease is not None or stops.wanted or not _in_between(stage, start, slot):
            return lease
        stops.pause(_SOON)


def _in_between(stage: Stage, start: Start, slot: datetime | None) -> bool:
    """Whether another process is opening or splitting the run just now, or closing one."""
    found = Shards(stage.session).shard(start.job, start.claim or 1)
    if found is None:
        taken = stage.ledger.attempts(start.job, start.slot)
        return taken is None or taken.attempt < start.attempt
    return found.free and not found.over and found.means(start.shards, slot)


def _over(stage: Stage, step: Begin, start: Start, slot: datetime | None) -> Outcome | None:
    """The outcome of a shard that is done already; the run is closed if nobody else did."""
    shards = Shards(stage.session)
    found = shards.shard(start.job, start.claim or 1)
    if found is None or not found.over or not found.means(start.shards, slot):
        return None
    settled = shards.settled(found.run)
    ending = Ending(RunStatus.SUCCESS, ExitStatus.SUCCESS)
    if settled.open:
        reason = f"shard {start.claim} of {found.shards} is done, others are still running"
        return Outcome(found.run, ending.status, ending.exit, settled.counts, 0.0, None, reason)
    # The process whose shard was the last has died before it could.
    lease = Lease(start.job, start.lane, start.claim or 1, found.run, 0, start.ttl)
    run = stage.ledger.find_run(found.run)
    step = step if run is None else _of(step, run)
    part = task(stage, step, start._replace(id=found.run), lease)
    return _close(stage, part, ending, settled)


def _work(stage: Stage, part: Task) -> Ending:
    """Work the shard, again as often as the job's retries allow."""
    ending = execute.work(part, _split_and_work)
    for tried in range(stage.request.job.retries):
        counts = Shards(stage.session).settled(part.run.id).counts
        if not again(stage, ending, counts):
            break
        back_off(stage, tried, lambda: stage.ledger.beat(part.batches.lease))
        if stage.scene.stops.wanted:
            break
        ending = execute.work(part, _split_and_work)
    return ending


def _split_and_work(part: Task) -> str | None:
    mine = part.batches.lease.shard
    if any(lease.shard == mine for lease in split(part)):
        return execute.work_records(part)
    return None


def _leave(stage: Stage, part: Task, ending: Ending) -> Outcome:
    """Close the run where this was the last of its shards to end."""
    shards = Shards(stage.session)
    if ending.status not in {RunStatus.SUCCESS, RunStatus.FAILED}:
        connect_soundly(part, ending)
        shards.give_back(part.batches.lease)
    elif ending.status is RunStatus.FAILED:
        _see_who_comes(stage, part)
    settled = shards.settled(part.run.id)
    if part.job.send is not None and not settled.open:
        # What another's process, which died, had in the air: its successor may not know.
        outbox = Outbox(stage.session, part.batches.lease, part.run.slot)
        if outbox.orphaned_messages(over=True):
            settled = shards.settled(part.run.id)
    done = ending.status is RunStatus.SUCCESS
    if settled.open and (done or shards.at_work(part.run.id).worked):
        others = settled.open - (ending.status not in {RunStatus.SUCCESS, RunStatus.FAILED})
        why = f"{others} more of its shards are unfinished"
        reason = f"{ending.reason}; {why}" if ending.reason else why
        return Outcome(
            part.run.id, ending.status, ending.exit, settled.counts, 0.0, ending.failure, reason
        )
    return _close(stage, part, ending, settled)


def _close(stage: Stage, part: Task, ending: Ending, settled: Settled) -> Outcome:
    whole = ending if settled.open else together(part.job, settled)
    try:
        return execute.close(part, whole, stage.scene.printed())
    except LeaseLostError:
        found = stage.ledger.find_run(part.run.id)
        if found is None or found.status is RunStatus.CRASHED:
            raise
        # Another shard ended at the same moment, and has told of the run.
        return Outcome(part.run.id, ending.status, ending.exit, settled.counts, 0.0, ending.failure)


def _see_who_comes(stage: Stage, part: Task) -> None:
    """Wait for those who may yet claim a shard: one failed shard does not end the run for them."""
    shards, stops = Shards(stage.session), stage.scene.stops
    while not stops.wanted:
        at_work = shards.at_work(part.run.id)
        if at_work.worked or not at_work.awaited:
            return
        stops.pause(_LATER)
