"""One shard of a run: where its records begin and end, and the process that works them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bgjobs.commands.request import Request
from bgjobs.commands.scene import open_session, scene, stream
from bgjobs.commands.stepping import limit
from bgjobs.commands.working import Stage, stage_of, task
from bgjobs.errors import ExitStatus
from bgjobs.host.worker import Worker
from bgjobs.plan.starts import Begin
from bgjobs.record import Failure, RunStatus
from bgjobs.run import execute
from bgjobs.run.execute import Ending
from bgjobs.run.stops import Stops
from bgjobs.run.task import Task
from bgjobs.store.batches import Batches, Lease
from bgjobs.store.connection import explained
from bgjobs.store.ledger import Opened, Start
from bgjobs.store.pages import Pages


class Share(NamedTuple):
    """A run that was opened for several processes, as each of them is given it."""

    asked: Request
    step: Begin
    start: Start
    leases: Sequence[Lease]
    healing: bool


def bound_shards(
    stage: Stage, start: Start, opened: Opened, leases: Sequence[Lease]
) -> tuple[Lease, ...]:
    """Give each shard its range of the records, and return the leases that have work to do.

    A slot that is resumed keeps the ranges it has.
    """
    if start.position:
        return tuple(lease for lease in leases if lease.shard not in opened.done)
    job = stage.request.job
    values = {**job.params, "slot": start.slot, "run_id": start.id, "job": job.name}
    pages = Pages(stage.session, job, values)
    last = pages.last()
    splits = pages.splits(len(leases)) if last is not None else []
    bounds = [None, *splits]
    ends = [*splits, last]
    working = []
    for place, lease in enumerate(leases):
        batches = Batches(stage.session, lease, lock_timeout=0, statement_timeout=0)
        if place >= len(ends) or last is None:
            batches.finish_shard()
            continue
        batches.bound_shard(bounds[place], ends[place])
        working.append(lease)
    return tuple(working)


def work_shard(share: Share, worker: Worker) -> int:
    """Work one shard of an open run in a process of its own; returns its exit status."""
    stops = Stops(limited=worker.limit).install()
    asked = share.asked
    with worker.captured() as capture:
        around = scene(stops, stream(capture.stderr), lambda: None, terminal=False)
        session = open_session(asked, stops)
        try:
            stage = stage_of(asked, around, session, healing=share.healing)
            limit(stage)
            lease = share.leases[worker.shard - 1]
            shard = task(stage, share.step, share.start, lease)
            return settle(shard, execute.work(shard))
        except Exception as error:
            raise explained(error) from error
        finally:
            session.connection.close()


def settle(shard: Task, ending: Ending) -> int:
    """Keep in the shard's lease how it ended, for whoever closes the run."""
    connection = shard.session.connection
    if connection.closed or connection.info.transaction_status != 0:
        shard.reconnect()
    if ending.status is RunStatus.SUCCESS:
        shard.batches.finish_shard()
    elif ending.status is RunStatus.FAILED and ending.failure is not None:
        shard.batches.fail_shard(ending.failure, ending.exit)
    return ending.exit


def ending_of(kept: dict[str, Any]) -> Ending:
    """The ending of a run one of whose shards failed like this."""
    failure = Failure(kept["error_class"], kept["message"], kept["stack"], kept["sqlstate"])
    return Ending(RunStatus.FAILED, ExitStatus(kept["exit"]), failure)
