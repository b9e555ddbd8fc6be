"""Splitting a run's records into as many parts as it has shards."""

from bgjobs.errors import BgjobsError
from bgjobs.run.recovery import Recovery
from bgjobs.run.task import Task
from bgjobs.store.batches import Batches, Lease
from bgjobs.store.ends import ends
from bgjobs.store.pages import Pages
from bgjobs.store.shards import Shard, Shards


def split(task: Task) -> list[Lease]:
    """Give each shard its range of the records, once per slot; returns those with work to do.

    Of several processes that come at once the first one splits, and the others wait. A slot that is
    resumed keeps the ranges it has.

    Raises:
        Exception: The job's select is at fault, or the database stayed away.
    """
    recovery = Recovery(task)
    while True:
        try:
            return _once(task)
        except BgjobsError:
            recovery.undo()
            raise
        except Exception as error:  # noqa: BLE001 - what it means is decided there
            recovery.again(error)


def _once(task: Task) -> list[Lease]:
    lease = task.batches.lease
    with Shards(task.session).held(lease.run) as found:
        is_split = any(shard.bounded or shard.done for shard in found)
        shards = found if is_split else _split(task)
    return [_lease(lease, shard) for shard in shards if not shard.done]


def _split(task: Task) -> list[Shard]:
    shards = Shards(task.session).lock_shards(task.batches.lease.run)
    bounds = ends(Pages(task.session, task.job, task.values), len(shards))
    starts = [None, *bounds]
    # Without records there may be messages, which runs before have left: one shard looks.
    least = 1 if task.load_send is not None else 0
    found = []
    for place, shard in enumerate(shards):
        lease = _lease(task.batches.lease, shard)
        batches = Batches(task.session, lease, lock_timeout=0, statement_timeout=0)
        done = place >= max(len(bounds), least)
        if done:
            batches.finish_shard()
        elif bounds:
            batches.bound_shard(starts[place], bounds[place])
        found.append(shard._replace(done=done))
    return found


def _lease(one: Lease, shard: Shard) -> Lease:
    return one._replace(shard=shard.number, token=shard.token)
