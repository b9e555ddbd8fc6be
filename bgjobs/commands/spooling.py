"""Starts that could not tell the database of themselves, and their replay by a later one."""

import uuid
from datetime import UTC, datetime

from bgjobs import __version__
from bgjobs.commands.request import Request
from bgjobs.commands.scene import Scene
from bgjobs.errors import DatabaseUnreachableError, ExitStatus
from bgjobs.handler import Run
from bgjobs.mask import mask_parameters
from bgjobs.record import Counts, Failure, RunRecord, RunStatus, Trigger
from bgjobs.run.execute import Ending, UnclosedError
from bgjobs.store.replay import UnfitError, replay
from bgjobs.store.session import Session


def never_began(asked: Request, around: Scene, error: DatabaseUnreachableError) -> None:
    """Keep the record of a start that found no database; what cannot be kept is said."""
    if asked.dry_run:
        return
    now = datetime.now(UTC)
    job = asked.job
    slot = asked.wish.slot
    if slot is None and asked.cron and job.schedule is not None:
        slot = job.schedule.due(now)
        if slot is None:
            return
    failure = Failure(type(error).__name__, asked.mask(str(error)))
    run = Run(id=uuid.uuid4(), job=job.name, slot=slot or now, params={}, attempt=0)
    _put(asked, around, run, Ending(RunStatus.FAILED, ExitStatus.UNREACHABLE, failure))


def never_closed(asked: Request, around: Scene, error: UnclosedError) -> None:
    """Keep the end of a run that the database went away from."""
    _put(asked, around, error.run, error.ending)


def _put(asked: Request, around: Scene, run: Run, ending: Ending) -> None:
    now = datetime.now(UTC)
    failure = ending.failure
    record = RunRecord(
        id=run.id,
        job=run.job,
        slot=run.slot,
        trigger=Trigger.CRON if asked.cron else Trigger.MANUAL,
        status=ending.status,
        attempt=run.attempt,
        host=around.me.host,
        pid=around.me.pid,
        version=__version__,
        parameters=mask_parameters(asked.job.params, asked.job.secrets),
        started_at=now,
        heartbeat_at=now,
        finished_at=now,
        counts=Counts(),
        counters={},
        cursor=None,
        error_class=failure.error_class if failure else None,
        error_message=failure.message if failure else None,
        error_stack=failure.stack if failure else None,
        output=around.printed(),
        reason=ending.reason,
    )
    problem = around.spool.put(record)
    if problem is not None:
        around.say(problem)


def replay_all(session: Session, around: Scene) -> None:
    """Take what earlier starts of this host left in the spool into the ledger, exactly once."""
    if not around.spool.waiting():
        return
    for claim in around.spool.claims(around.say):
        try:
            replay(session, claim.record)
        except UnfitError as error:
            around.say(f"{claim.set_aside()}: a run that the ledger refuses: {error}")
        else:
            claim.done()
