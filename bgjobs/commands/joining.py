"""A run whose records are worked by processes on many hosts: `--shard I/N`.

Whoever comes first opens the run and splits its records; the others claim their shard of it. A
shard that nobody claims, or whose process died, can be started again while the run lives. The
process that settles the last shard closes the run.
"""

from uuid import UUID

from bgjobs.commands.shard import bound_shards, ending_of, settle
from bgjobs.commands.working import Stage, start_of, task
from bgjobs.errors import ExitStatus, NotNowError
from bgjobs.plan.starts import Begin
from bgjobs.record import RunStatus
from bgjobs.run import execute
from bgjobs.run.execute import Ending, Outcome
from bgjobs.store.batches import Lease
from bgjobs.store.ledger import Start


def work_part(stage: Stage, step: Begin) -> Outcome | None:
    """Work this process's shard of a slot; None where it is somebody else's or done.

    Raises:
        NotNowError: The slot's run was opened for another number of shards.
        LeaseLostError: Another process took the shard over.
    """
    number, shards = stage.request.shard or (1, 1)
    if step.shards is not None and step.shards != shards and step.position:
        raise NotNowError(
            f"the unfinished run of {stage.request.job.name} has {step.shards} shards, not {shards}"
        )
    # Without a boot and a lock file nothing is proven of it here: its shards may live elsewhere.
    start = start_of(stage, step)._replace(shards=shards, claim=number, boot="")
    lease = _open(stage, start) or stage.ledger.join_run(start)
    if lease is None:
        return None
    part = task(stage, step, start._replace(id=lease.run, lane=lease.lane), lease)
    ending = execute.work(part)
    settle(part, ending)
    return _close(stage, part.run.id, ending)


def _open(stage: Stage, start: Start) -> Lease | None:
    with stage.session.connection.transaction():
        opened = stage.ledger.open_run(start)
        if opened is None:
            return None
        working = bound_shards(stage, start, opened, opened.leases)
    return next((lease for lease in working if lease.shard == start.claim), None)


def _close(stage: Stage, run: UUID, ending: Ending) -> Outcome:
    settled = stage.ledger.settled(run)
    status, exit_status = ending.status, ending.exit
    if settled.open and ending.status in {RunStatus.SUCCESS, RunStatus.FAILED}:
        reason = f"shard done, {settled.open} more of the run are open"
        return Outcome(run, status, exit_status, settled.counts, 0.0, ending.failure, reason)
    if status is RunStatus.SUCCESS and settled.failure is not None:
        ending = ending_of(settled.failure)
    if settled.open:
        # Stopped: the shard is given back, and the run lives as long as others work on it.
        why = ending.reason
        return Outcome(run, status, exit_status, settled.counts, 0.0, ending.failure, why)
    closed = stage.ledger.close_run(
        run,
        ending.status,
        failure=ending.failure,
        output=stage.scene.printed(),
        reason=ending.reason,
    )
    if closed is None:
        return Outcome(run, status, exit_status, settled.counts, 0.0, ending.failure, None)
    partial_run = closed.status is RunStatus.PARTIAL
    return Outcome(
        run,
        closed.status,
        ExitStatus.PARTIAL if partial_run else ending.exit,
        closed.counts,
        closed.milliseconds / 1000,
        ending.failure,
        ending.reason,
    )
