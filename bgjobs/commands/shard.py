"""One shard of a run: the process that works it, and what comes of all of them together."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bgjobs.commands.request import Request
from bgjobs.commands.scene import open_session, scene, stream
from bgjobs.commands.working import stage_of, task
from bgjobs.ending import status_within
from bgjobs.errors import DatabaseUnreachableError, ExitStatus, JobFailedError
from bgjobs.host.worker import Worker
from bgjobs.job import Job
from bgjobs.plan.starts import Begin
from bgjobs.record import Failure, RunStatus
from bgjobs.run import execute
from bgjobs.run.execute import Ending
from bgjobs.run.stops import Stops
from bgjobs.run.task import Task
from bgjobs.store.batches import Lease
from bgjobs.store.connection import idle, lost
from bgjobs.store.ledger import Start
from bgjobs.store.outdated import explained_within
from bgjobs.store.shards import Settled


class Share(NamedTuple):
    """A run that was opened for several processes, as each of them is given it."""

    asked: Request
    stops: Stops
    step: Begin
    start: Start
    leases: Sequence[Lease]
    healing: bool


def work_shard(share: Share, worker: Worker) -> int:
    """Work one shard of an open run in a process of its own; returns its exit status."""
    stops = Stops(limited=worker.limit).install()
    share.stops.hand_on(stops)
    with worker.captured() as capture:
        err = stream(capture.stderr)
        try:
            return status_within(lambda: _work(share, stops, err, worker.shard))
        finally:
            err.close()


def _work(share: Share, stops: Stops, err: Any, number: int) -> int:  # noqa: ANN401 - a text stream
    asked = share.asked
    around = scene(asked, stops, err, lambda: None, terminal=False)
    session = open_session(asked, stops)
    try:
        stage = stage_of(asked, around, session, healing=share.healing)
        shard = task(stage, share.step, share.start, share.leases[number - 1])
        ending = execute.work(shard)
        settle(shard, ending)
    except Exception as error:
        raise explained_within(session, error) from error
    else:
        # Where it was done before it could obey, the parent is to know that it was asked.
        asked_to = stops.requested if ending.exit is ExitStatus.SUCCESS else None
        return asked_to or ending.exit
    finally:
        session.connection.close()


def settle(shard: Task, ending: Ending) -> None:
    """Keep in the shard's lease how it ended, for whoever closes the run.

    Raises:
        DatabaseUnreachableError: It stayed away.
    """
    if ending.status not in {RunStatus.SUCCESS, RunStatus.FAILED}:
        return
    with shard.stops.shield():
        connect_soundly(shard, ending)
        if ending.status is RunStatus.SUCCESS:
            shard.batches.finish_shard()
        elif ending.status is RunStatus.FAILED and ending.failure is not None:
            shard.batches.fail_shard(ending.failure, ending.exit)


def connect_soundly(shard: Task, ending: Ending) -> None:
    """Have a connection that is between transactions, after whatever the shard came to.

    Raises:
        DatabaseUnreachableError: It stayed away; where that was the end, it is not waited for.
    """
    connection = shard.session.connection
    if ending.exit is ExitStatus.UNREACHABLE and lost(connection):
        raise DatabaseUnreachableError(ending.failure.message if ending.failure else "lost")
    if not idle(connection):
        # Whatever stopped the work may have left it in the middle of an answer.
        connection.close()
        shard.reconnect()


def together(job: Job, settled: Settled) -> Ending:
    """What became of a run whose shards all came to an end."""
    counts = settled.counts
    if settled.failure is not None:
        return _kept(settled.failure)
    if job.max_failures.exceeded(counts.failed, counts.read):
        text = f"{counts.failed} of {counts.read} records failed, more than max_failures allows"
        failure = Failure(JobFailedError.__name__, text)
        return Ending(RunStatus.FAILED, ExitStatus.JOB_FAILED, failure)
    return Ending(RunStatus.SUCCESS, ExitStatus.SUCCESS)


def _kept(kept: dict[str, Any]) -> Ending:
    """The ending of a shard, as its lease keeps it."""
    failure = Failure(kept["error_class"], kept["message"], kept["stack"], kept["sqlstate"])
    return Ending(RunStatus.FAILED, ExitStatus(kept["exit"]), failure)
