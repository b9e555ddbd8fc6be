"""One run of a start: opened, worked, closed, told."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from bgjobs import __version__
from bgjobs.commands.request import Request
from bgjobs.commands.scene import Scene, reconnect
from bgjobs.commands.watching import UNWATCHED, Watch
from bgjobs.handler import Run
from bgjobs.mask import mask_parameters
from bgjobs.plan.starts import Begin
from bgjobs.run.execute import Outcome, execute
from bgjobs.run.rhythm import Rhythm
from bgjobs.run.task import Task
from bgjobs.store.batches import Batches, Lease
from bgjobs.store.dry import DryBatches
from bgjobs.store.ledger import NO_LANE, Ledger, Start
from bgjobs.store.session import Session


class Stage(NamedTuple):
    """What all runs of a start share."""

    request: Request
    scene: Scene
    session: Session
    ledger: Ledger
    load: Callable[[], Callable[..., Any]] | None
    load_send: Callable[[], Callable[..., Any]] | None
    watched: Watch
    has_failed_records: bool
    # What the workers of this process print; None where it may start none.
    heard: list[str] | None = None


def stage_of(
    asked: Request,
    scene: Scene,
    session: Session,
    *,
    watched: Watch = UNWATCHED,
    healing: bool = False,
    heard: list[str] | None = None,
) -> Stage:
    """What all runs of a start share; `healing` tells that there are records on the list."""
    job = asked.job
    load, load_send = _loader(asked, job.handler), _loader(asked, job.send)
    return Stage(asked, scene, session, Ledger(session), load, load_send, watched, healing, heard)


def begin(stage: Stage, step: Begin) -> Outcome | None:
    """Open a run for a step and work it to its end; None where the lease is another's.

    Raises:
        LeaseLostError: Another run took the lease while this one worked.
        UnclosedError: The database went away for good.
    """
    if stage.request.shard is not None and not stage.request.dry_run:
        from bgjobs.commands.joining import work_part

        return work_part(stage, step)
    shards = _shards(stage, step)
    if stage.heard is not None or shards > 1:
        from bgjobs.commands.sharing import work_together

        return work_together(stage, step, shards)
    start = start_of(stage, step)
    if stage.request.dry_run:
        stage.watched.expect(step)
        lease = Lease(start.job, start.lane, 1, start.id, 0, start.ttl)
        return execute(task(stage, step, start, lease), stage.scene.printed)
    hold = stage.scene.locks.hold(start.id)
    # Should its answer be lost, the lock stays, and proves that the run is dead when we are.
    opened = stage.ledger.open_run(start)
    try:
        if opened is None:
            return None
        stage.watched.expect(step)
        how = _again() if stage.request.only_failed else None
        return execute(task(stage, step, start, opened.leases[0]), stage.scene.printed, how)
    finally:
        hold.release()


def _again() -> Callable[[Task], str | None]:
    from bgjobs.run.listed import work_listed

    return work_listed


def _shards(stage: Stage, step: Begin) -> int:
    """How many shards the run has; one that is gone on with keeps those it was split into."""
    if not step.position or step.shards is None:
        return stage.request.job.workers if stage.heard is not None else 1
    return step.shards


def start_of(stage: Stage, step: Begin) -> Start:
    """The ledger's row of a run that is to begin."""
    job, me = stage.request.job, stage.scene.me
    run = uuid.uuid4()
    return Start(
        id=run,
        job=job.name,
        slot=step.slot,
        trigger=step.trigger,
        attempt=step.attempt,
        host=me.host,
        boot=me.boot,
        pid=me.pid,
        version=__version__,
        parameters=mask_parameters(job.params, job.secrets),
        ttl=job.lease.total_seconds(),
        lane=run if job.overlap == "allow" else NO_LANE,
        position=step.position,
        only_failed=stage.request.only_failed,
        key=job.ordering,
    )


def task(stage: Stage, step: Begin, start: Start, lease: Lease) -> Task:
    """Everything that the work is given."""
    request, stops, session = stage.request, stage.scene.stops, stage.session
    job = request.job
    run = Run(
        id=start.id,
        job=job.name,
        slot=in_zone(step.slot, job.schedule.timezone if job.schedule else "UTC"),
        params=job.params,
        attempt=step.attempt,
        dry_run=request.dry_run,
        shard=lease.shard,
        shards=start.shards,
    )
    run.key = tuple(column.name for column in job.key)
    run.asked_to_stop = lambda: stops.wanted
    kind = DryBatches if request.dry_run else Batches
    timeout = job.statement_timeout.total_seconds() if job.statement_timeout else 0
    lock = job.lock_timeout.total_seconds() if job.lock_timeout else 0
    return Task(
        job=job,
        run=run,
        session=session,
        ledger=stage.ledger,
        batches=kind(session, lease, lock_timeout=lock, statement_timeout=timeout),
        stops=stops,
        rhythm=_rhythm(stage, lease),
        mask=request.mask,
        values={**job.params, "slot": step.slot, "run_id": start.id, "job": job.name},
        load=stage.load,
        load_send=stage.load_send,
        limit=request.limit,
        has_failed_records=stage.has_failed_records,
        reconnect=lambda: reconnect(session, request, stops),
        progress=stage.watched.advance,
    )


def _rhythm(stage: Stage, lease: Lease) -> Rhythm:
    job, stops = stage.request.job, stage.scene.stops
    throttle = job.throttle

    def beat() -> None:
        if not stage.request.dry_run:
            stage.ledger.beat(lease)

    if throttle is None:
        return Rhythm(job, sleep=stops.pause, beat=beat)
    import time

    from bgjobs.run.throttling import Throttling
    from bgjobs.store import health

    throttling = Throttling(
        throttle,
        lambda: health.look(stage.session, throttle, job.table),
        pause=stops.pause,
        wanted=lambda: stops.wanted,
        monotonic=time.monotonic,
        longest=lease.ttl / 4,
    )
    return Rhythm(job, sleep=stops.pause, throttling=throttling, beat=beat)


def in_zone(moment: datetime, zone: str) -> datetime:
    """A moment as the job's zone writes it."""
    if zone == "UTC":
        from datetime import UTC

        return moment.astimezone(UTC)
    from zoneinfo import ZoneInfo

    return moment.astimezone(ZoneInfo(zone))


def _loader(asked: Request, reference: str | None) -> Callable[[], Callable[..., Any]] | None:
    """What imports a function that the job names; None where it names none."""
    if reference is None:
        return None
    from bgjobs.run.handlers import load_of

    return lambda: load_of(asked.job, reference, asked.folder)
