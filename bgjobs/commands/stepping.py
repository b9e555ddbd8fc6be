"""One slot of a start: its run, what it waits for, and its retries."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bgjobs.commands.dead import bury
from bgjobs.commands.parameters import as_begun
from bgjobs.commands.telling import going_on, tell
from bgjobs.commands.working import Stage, begin, in_zone, start_of
from bgjobs.errors import ExitStatus, NotNowError
from bgjobs.plan.starts import Begin, Skip
from bgjobs.present.duration import short
from bgjobs.record import Counts, RunStatus, Trigger
from bgjobs.run.backoff import wait
from bgjobs.run.execute import Ending, Outcome
from bgjobs.store.ledger import Holder
from bgjobs.store.verdict import living

_LOOK_AGAIN = 1.0
_SOON = 0.1
_TRIES = 10
# Of retries whose delays double, the last would else come days later.
_LONGEST_REST = 3600.0


def skip(stage: Stage, step: Skip) -> None:
    """Record a slot that gets no run."""
    start = start_of(stage, Begin(step.slot, step.trigger))
    stage.ledger.skip_run(start, step.reason)


def work(stage: Stage, step: Begin) -> int:
    """Work a slot, again as often as the job's retries allow; returns the exit status.

    Raises:
        NotNowError: By hand, or overdue: another run holds the lease. Or some records only are
            asked for of a run that is unfinished, whose slot would then be done without the others.
    """
    if step.position and stage.request.limit is not None:
        raise NotNowError(
            f"{stage.request.job.name} has an unfinished run: "
            "resume it without --limit, or work its slot from the start with --restart"
        )
    stage = stage._replace(request=as_begun(stage.request, step.parameters, step.key))
    limit(stage)
    if stage.scene.terminal and step.attempt > 1:
        stage.scene.err.write(going_on(stage.request.job, step))
    outcome = _opened(stage, step)
    if outcome is None:
        return ExitStatus.SUCCESS
    # A process that works one shard of many has tried that often already.
    for number in range(0 if stage.request.shard else stage.request.job.retries):
        if not again(stage, outcome, outcome.counts):
            break
        back_off(stage, number)
        if stage.scene.stops.wanted or stage.ledger.look(stage.request.job.name).paused:
            break
        found = stage.ledger.attempts(stage.request.job.name, step.slot)
        if found is None:
            break
        stage.scene.stops.heed()
        more = Begin(step.slot, Trigger.RETRY, found.attempt + 1, found.position, found.shards)
        following = begin(stage, more)
        if following is None:
            break
        outcome = following
    stage.watched.clear()
    request = stage.request
    tell(
        stage.scene,
        request.job,
        step.slot,
        outcome,
        dry_run=request.dry_run,
        aloud=request.only_failed,
    )
    return outcome.exit


def limit(stage: Stage) -> None:
    """Set the deadlines of a run: its timeout, and the end of its window."""
    job, stops = stage.request.job, stage.scene.stops
    if job.timeout is not None:
        seconds = job.timeout.total_seconds()
        stops.limit(seconds, f"the timeout of {short(job.timeout)} passed")
    if job.not_after is not None:
        zone = job.schedule.timezone if job.schedule else "UTC"
        now = in_zone(stage.ledger.clock(), zone)
        end = _window_end(now, stage)
        stops.limit((end - now).total_seconds(), f"its window ended at {job.not_after:%H:%M}")


def _window_end(now: datetime, stage: Stage) -> datetime:
    moment = stage.request.job.not_after
    assert moment is not None  # noqa: S101 - who calls has looked
    end = now.replace(hour=moment.hour, minute=moment.minute, second=moment.second, microsecond=0)
    return end if end > now else end + timedelta(days=1)


def _opened(stage: Stage, step: Begin) -> Outcome | None:
    """Begin the run, waiting for another's lease where the job says so; None when skipped."""
    job, stops = stage.request.job, stage.scene.stops
    patience = job.overlap_wait.total_seconds() if job.overlap == "wait" else 0.0
    tried = 0
    while True:
        outcome = begin(stage, step)
        if outcome is not None:
            return outcome
        if _is_dying(stage, tried):
            if tried:
                stops.pause(_SOON)
            tried += 1
            bury(stage.session, stage.scene.locks)
            continue
        if patience <= 0 or stops.wanted:
            break
        stops.pause(min(_LOOK_AGAIN, patience))
        patience -= _LOOK_AGAIN
    give_way(stage, step)
    return None


def _is_dying(stage: Stage, tried: int) -> bool:
    """Whether the lease may be free in a moment: another start records just now that a run is dead.

    Cron starts the jobs of a minute together, and each of them buries the dead of all.
    """
    at_work = [one for one in living(stage.session) if one.job == stage.request.job.name]
    if not at_work:
        return tried == 0
    proven = stage.scene.locks.proven_dead
    return tried < _TRIES and all(proven(one.run, one.host, one.boot) for one in at_work)


def give_way(stage: Stage, step: Begin) -> None:
    """Record a start that another run's lease kept from beginning.

    Raises:
        NotNowError: By hand, or because that run is overdue.
    """
    job = stage.request.job
    holder = stage.ledger.holder(job.name)
    reason = _holding(holder) if holder else "the slot was taken by another start"
    if stage.request.shard is not None:
        reason = f"shard {stage.request.shard[0]} is taken, or cannot be worked yet: {reason}"
    stage.ledger.skip_run(start_of(stage, step), reason)
    overdue = holder is not None and _overdue(stage, holder)
    if stage.request.cron and not overdue:
        return
    late = f", beyond its timeout of {short(job.timeout or timedelta())}" if overdue else ""
    raise NotNowError(f"{job.name} was not started: {reason}{late}")


def _holding(holder: Holder) -> str:
    return (
        f"run {holder.id} on {holder.host} (pid {holder.pid}) has held the lease "
        f"since {holder.started_at.isoformat(timespec='seconds')}"
    )


def _overdue(stage: Stage, holder: Holder) -> bool:
    timeout = stage.request.job.timeout
    return timeout is not None and holder.now - holder.started_at > timeout


def again(stage: Stage, end: Outcome | Ending, counts: Counts) -> bool:
    """Whether the job's retries are for such an end."""
    job, failure = stage.request.job, end.failure
    if end.status is not RunStatus.FAILED or failure is None or stage.request.dry_run:
        return False
    if job.max_failures.exceeded(counts.failed, counts.read):
        # The next attempt would go on behind these records, and call that a success.
        return False
    if end.exit in {ExitStatus.REFUSED, ExitStatus.BAD_CONFIG}:
        return False
    wanted = {named.rpartition(".")[2] for named in job.retry_on}
    return not wanted or bool({failure.error_class, failure.sqlstate} & wanted)


def back_off(stage: Stage, number: int, beat: Callable[[], object] | None = None) -> None:
    """Wait before the next of a run's retries; `beat` keeps a lease alive meanwhile."""
    first = stage.request.job.retry_delay.total_seconds()
    left = wait(first, number, longest=max(first, _LONGEST_REST))
    every = stage.request.job.lease.total_seconds() / 3 if beat else left
    while left > 0 and not stage.scene.stops.wanted:
        stage.scene.stops.pause(min(left, every))
        left -= every
        if beat is not None:
            beat()
