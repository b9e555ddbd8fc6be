"""Which slots a start works, by the ledger, the schedule and the database's clock."""

from collections.abc import Sequence
from datetime import UTC

from bgjobs.commands.request import Request
from bgjobs.errors import NotNowError
from bgjobs.plan.starts import Begin, Skip, Step, by_cron, by_hand
from bgjobs.record import Attempt, RunStatus, Trigger
from bgjobs.store.ledger import Ledger, Look


def steps(asked: Request, ledger: Ledger, look: Look) -> Sequence[Step]:
    """What this start does, oldest slot first; nothing where cron's minute is no slot.

    Raises:
        NotNowError: By hand: the job is paused, the slot is done, or a run waits for a person.
    """
    if asked.cron:
        return _cron(asked, ledger, look)
    if look.paused and not asked.dry_run:
        resume = f"bgjobs resume {asked.job.name} ends it"
        raise NotNowError(f"{asked.job.name} is {_pause(look)}; {resume}")
    if asked.only_failed:
        return [Begin(look.now, Trigger.RETRY)]
    slot = asked.wish.slot
    at_slot = ledger.attempts(asked.job.name, slot) if slot is not None else None
    newest = None if asked.dry_run else look.newest
    at_slot = None if asked.dry_run else at_slot
    if _is_done(asked, at_slot):
        return []
    return [by_hand(asked.job, look.now, newest=newest, at_slot=at_slot, wish=asked.wish)]


def _cron(asked: Request, ledger: Ledger, look: Look) -> Sequence[Step]:
    job = asked.job
    if job.schedule is None:
        return []
    if asked.wish.slot is not None:
        due = asked.wish.slot
    elif job.schedule.is_reboot:
        due = look.now
    else:
        found = job.schedule.due(look.now)
        if found is None:
            return []
        due = found
    if look.paused:
        return [Skip(due, Trigger.CRON, _pause(look))]
    newest = look.newest
    at_due = newest if newest and newest.slot == due else ledger.attempts(job.name, due)
    return by_cron(
        job,
        due,
        newest=newest,
        at_due=at_due,
        last_slot=look.last_slot,
        known_since=look.known_since or look.now,
    )


def _is_done(asked: Request, found: Attempt | None) -> bool:
    """Whether a shard was started whose slot is done, as the others have seen to its records."""
    if found is None or asked.shard is None or asked.wish.restart or asked.wish.resume:
        return False
    done = found.status in {RunStatus.SUCCESS, RunStatus.PARTIAL}
    return done and found.shards == asked.shard[1]


def _pause(look: Look) -> str:
    end = look.paused_until
    until = f"until {end.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if end else "until resumed"
    why = f": {look.pause_reason}" if look.pause_reason else ""
    return f"paused {until} by {look.paused_by}{why}"
