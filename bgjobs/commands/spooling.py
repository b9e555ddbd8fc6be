"""Starts that could not tell the database of themselves, and their replay by a later one."""

import uuid
from datetime import UTC, datetime

from bgjobs import __version__
from bgjobs.commands.request import Request
from bgjobs.commands.scene import Scene
from bgjobs.errors import DatabaseUnreachableError
from bgjobs.mask import mask_parameters
from bgjobs.record import Counts, RunRecord, RunStatus, Trigger
from bgjobs.store.replay import replay
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
    problem = around.spool.put(_record(asked, around, slot or now, now, error))
    if problem is not None:
        around.say(problem)


def _record(
    asked: Request, around: Scene, slot: datetime, now: datetime, error: DatabaseUnreachableError
) -> RunRecord:
    return RunRecord(
        id=uuid.uuid4(),
        job=asked.job.name,
        slot=slot,
        trigger=Trigger.CRON if asked.cron else Trigger.MANUAL,
        status=RunStatus.FAILED,
        attempt=0,
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
        position={},
        error_class=type(error).__name__,
        error_message=asked.mask(str(error)),
        error_stack=None,
        output=None,
        reason=None,
    )


def replay_all(session: Session, around: Scene) -> None:
    """Take what earlier starts of this host left in the spool into the ledger, exactly once."""
    if not around.spool.waiting():
        return
    for claim in around.spool.claims(around.say):
        replay(session, claim.record)
        claim.done()
