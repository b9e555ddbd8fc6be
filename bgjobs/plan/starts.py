"""Which slots a start works: an unfinished one first, then those missed, then its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bgjobs.errors import NotNowError
from bgjobs.job import Job
from bgjobs.record import RESUMABLE, Attempt, RunStatus, Trigger

# Cut short by something else than its own failure: the next start goes on without being asked.
_CUT_SHORT = frozenset({RunStatus.CRASHED, RunStatus.INTERRUPTED, RunStatus.TIMED_OUT})
# A host that was off for a year leaves this many rows, not half a million.
MOST_MISSED = 100


class Begin(NamedTuple):
    """A run to be opened for a slot."""

    slot: datetime
    trigger: Trigger
    attempt: int = 1
    position: Mapping[str, Any] = {}
    shards: int | None = None
    # Those that the slot was begun with, where it is gone on with.
    parameters: Mapping[str, Any] = {}
    key: str | None = None


class Skip(NamedTuple):
    """A slot that gets no run, and why."""

    slot: datetime
    trigger: Trigger
    reason: str


class Wish(NamedTuple):
    """What a person asked for at the command line."""

    slot: datetime | None = None
    resume: bool = False
    restart: bool = False


Step = Begin | Skip


def by_cron(
    job: Job,
    due: datetime,
    *,
    newest: Attempt | None,
    at_due: Attempt | None,
    last_slot: datetime | None,
    known_since: datetime | None,
) -> list[Step]:
    """The steps of a start by cron for the slot `due`, oldest slot first.

    Args:
        job: The job.
        due: The slot that this start means.
        newest: The job's newest run.
        at_due: The newest attempt at `due`.
        last_slot: The newest slot that cron or a catch-up has dealt with.
        known_since: When the job was first seen; slots before are never caught up.
    """
    steps: list[Step] = []
    if newest is not None and newest.slot != due and newest.status in _CUT_SHORT:
        steps.append(_onward(job, newest, due))
        if job.resume == "manual":
            # A run of another slot would take its place as the one that is gone on with.
            return steps
    since = max((moment for moment in (last_slot, known_since) if moment), default=None)
    if since is not None and since < due:
        steps += _missed(job, since, due)
    if at_due is None:
        steps.append(Begin(due, Trigger.CRON))
    elif at_due.status in _CUT_SHORT:
        steps.append(_onward(job, at_due, due))
    elif at_due.status is not RunStatus.RUNNING:
        steps.append(Skip(due, Trigger.CRON, f"the slot was taken: run {at_due.id}"))
    else:
        # Not a reason yet: whether that run lives is seen when its lease is asked for.
        steps.append(Begin(due, Trigger.CRON, at_due.attempt))
    return steps


def _onward(job: Job, found: Attempt, due: datetime) -> Step:
    if job.resume == "manual":
        reason = f"run {found.id} is unfinished and waits for you: bgjobs run {job.name}"
        return Skip(due, Trigger.CRON, f"{reason} --resume or --restart")
    return _again(found, from_start=job.resume == "restart")


def _again(found: Attempt, *, from_start: bool) -> Begin:
    if from_start:
        return Begin(found.slot, Trigger.RETRY, found.attempt + 1)
    # Until it stands somewhere the key may be put right.
    stands = any(at.get("cursor") is not None for at in found.position.values())
    return Begin(
        found.slot,
        Trigger.RETRY,
        found.attempt + 1,
        found.position,
        found.shards,
        found.parameters,
        found.key if stands else None,
    )


def _missed(job: Job, since: datetime, due: datetime) -> list[Step]:
    if job.schedule is None:
        return []
    slots: Sequence[datetime] = [slot for slot in job.schedule.slots(since, due) if slot != due][
        -MOST_MISSED:
    ]
    lateness: timedelta | None = job.max_lateness
    in_time = [slot for slot in slots if lateness is None or due - slot <= lateness]
    number = {"skip": 0, "latest": 1, "all": job.catch_up_limit}[job.catch_up]
    chosen = set(in_time[-number:] if number else [])
    steps: list[Step] = []
    for slot in slots:
        if slot in chosen:
            steps.append(Begin(slot, Trigger.CATCH_UP))
        else:
            late = slot not in in_time
            why = "later than max_lateness allows" if late else f'catch_up = "{job.catch_up}"'
            steps.append(Skip(slot, Trigger.CATCH_UP, f"missed, nothing was started: {why}"))
    return steps


def by_hand(
    job: Job, now: datetime, *, newest: Attempt | None, at_slot: Attempt | None, wish: Wish
) -> Begin:
    """The run of a start by hand.

    Without a slot it goes on with the newest run, where that is unfinished, and else begins one
    for this moment.

    Raises:
        NotNowError: The slot is done, an unfinished run waits for `--resume` or `--restart`, or
            there is none to resume.
    """
    found = at_slot if wish.slot is not None else newest
    begun = found is not None and found.status in {*RESUMABLE, RunStatus.RUNNING}
    if wish.resume and not begun:
        raise NotNowError(f"{job.name} has no unfinished run to resume")
    if found is None or (wish.slot is None and found.status not in RESUMABLE):
        return Begin(wish.slot or now, Trigger.MANUAL)
    if wish.restart:
        return _again(found, from_start=True)
    if found.status in RESUMABLE:
        if job.resume == "manual" and not wish.resume:
            raise NotNowError(
                f"run {found.id} of {job.name} is unfinished ({found.status}); "
                "give --resume to resume it, or --restart to work its slot from the start"
            )
        from_start = job.resume == "restart" and not wish.resume
        return _again(found, from_start=from_start)
    if found.status is RunStatus.RUNNING:
        return Begin(found.slot, Trigger.MANUAL, found.attempt)
    raise NotNowError(
        f"slot {found.slot.isoformat()} of {job.name} is done by run {found.id} ({found.status}); "
        "give --restart to work it again"
    )
