"""Which slots a start works, by what the ledger knows."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from bgjobs.errors import NotNowError
from bgjobs.job import Job
from bgjobs.plan.starts import MOST_MISSED, Begin, Skip, Step, Wish, by_cron, by_hand
from bgjobs.record import Attempt, RunStatus, Trigger
from bgjobs.schedule import Schedule

DUE = datetime(2026, 7, 1, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
RUN = UUID("3f2a1b9c-0000-4000-8000-000000000001")
POSITION: Mapping[str, Any] = {"1": {"cursor": ["7"], "until": ["9"], "done": False}}
CUT_SHORT = (RunStatus.CRASHED, RunStatus.INTERRUPTED, RunStatus.TIMED_OUT)
ENDED = (RunStatus.SUCCESS, RunStatus.PARTIAL, RunStatus.FAILED)


def a_job(**fields: Any) -> Job:
    return Job("purge", schedule=Schedule("*/15 * * * *", "UTC"), statement="SELECT", **fields)


def attempt(status: RunStatus, slot: datetime = DUE, number: int = 1) -> Attempt:
    return Attempt(RUN, slot, number, status, 2, POSITION, slot)


def planned(
    job: Job,
    *,
    newest: Attempt | None = None,
    at_due: Attempt | None = None,
    last_slot: datetime | None = DUE - QUARTER,
    known_since: datetime | None = DUE - timedelta(days=400),
) -> list[Step]:
    return by_cron(
        job, DUE, newest=newest, at_due=at_due, last_slot=last_slot, known_since=known_since
    )


def test_slot_that_nobody_took_is_begun() -> None:
    assert planned(a_job()) == [Begin(DUE, Trigger.CRON)]
    # Whatever came of the slot before.
    for status in ENDED:
        found = attempt(status, DUE - QUARTER)
        assert planned(a_job(), newest=found) == [Begin(DUE, Trigger.CRON)]


@pytest.mark.parametrize("status", ENDED)
def test_slot_that_came_to_its_end_is_taken(status: RunStatus) -> None:
    found = attempt(status)
    reason = f"the slot was taken: run {RUN}"
    assert planned(a_job(), newest=found, at_due=found) == [Skip(DUE, Trigger.CRON, reason)]


def test_slot_at_work_is_asked_for_its_lease() -> None:
    found = attempt(RunStatus.RUNNING, number=3)
    assert planned(a_job(), newest=found, at_due=found) == [Begin(DUE, Trigger.CRON, 3)]
    other = attempt(RunStatus.RUNNING, DUE - QUARTER)
    assert planned(a_job(), newest=other) == [Begin(DUE, Trigger.CRON)]


@pytest.mark.parametrize("status", CUT_SHORT)
def test_slot_that_was_cut_short_is_gone_on_with(status: RunStatus) -> None:
    found = attempt(status, number=2)
    onward = Begin(DUE, Trigger.RETRY, 3, POSITION, 2)
    assert planned(a_job(), newest=found, at_due=found) == [onward]
    # Also where a run by hand came in between.
    by_a_person = attempt(RunStatus.SUCCESS, DUE - timedelta(minutes=1))
    assert planned(a_job(), newest=by_a_person, at_due=found) == [onward]


@pytest.mark.parametrize("status", CUT_SHORT)
def test_earlier_slot_that_was_cut_short_comes_first(status: RunStatus) -> None:
    found = attempt(status, DUE - QUARTER)
    assert planned(a_job(), newest=found) == [
        Begin(DUE - QUARTER, Trigger.RETRY, 2, POSITION, 2),
        Begin(DUE, Trigger.CRON),
    ]


def test_restart_begins_a_slot_anew_and_manual_begins_nothing() -> None:
    found = attempt(RunStatus.CRASHED)
    anew = Begin(DUE, Trigger.RETRY, 2, {}, None)
    assert planned(a_job(resume="restart"), newest=found, at_due=found) == [anew]
    why = f"run {RUN} is unfinished and waits for you: bgjobs run purge --resume or --restart"
    held = [Skip(DUE, Trigger.CRON, why)]
    manual = a_job(resume="manual", catch_up="all")
    assert planned(manual, newest=found, at_due=found) == held
    earlier = attempt(RunStatus.CRASHED, DUE - QUARTER)
    assert planned(manual, newest=earlier, last_slot=DUE - 3 * QUARTER) == held


def missed(number: int, reason: str = 'missed, nothing was started: catch_up = "{}"') -> Any:
    """The three slots missed, as so many of the newest are caught up."""

    def of(policy: str) -> list[Step]:
        slots = [DUE - n * QUARTER for n in (3, 2, 1)]
        left = [Skip(slot, Trigger.CATCH_UP, reason.format(policy)) for slot in slots[: 3 - number]]
        return [*left, *(Begin(slot, Trigger.CATCH_UP) for slot in slots[3 - number :])]

    return of


@pytest.mark.parametrize(
    ("policy", "number"), [("skip", 0), ("latest", 1), ("all", 3)], ids=["skip", "latest", "all"]
)
def test_missed_slots_are_caught_up_by_policy_and_none_is_passed_over_in_silence(
    policy: Any, number: int
) -> None:
    steps = planned(a_job(catch_up=policy), last_slot=DUE - 4 * QUARTER)
    assert steps == [*missed(number)(policy), Begin(DUE, Trigger.CRON)]


def test_catching_up_is_bounded_by_number_and_by_lateness() -> None:
    begun = [*missed(2)("all"), Begin(DUE, Trigger.CRON)]
    limited = a_job(catch_up="all", catch_up_limit=2)
    assert planned(limited, last_slot=DUE - 4 * QUARTER) == begun
    late = "missed, nothing was started: later than max_lateness allows"
    in_time = a_job(catch_up="all", max_lateness=2 * QUARTER)
    steps = planned(in_time, last_slot=DUE - 4 * QUARTER)
    assert steps == [*missed(2, late)("all"), Begin(DUE, Trigger.CRON)]


def test_missed_slots_come_between_the_unfinished_one_and_the_due_one() -> None:
    found = attempt(RunStatus.INTERRUPTED, DUE - 3 * QUARTER)
    steps = planned(a_job(catch_up="all"), newest=found, last_slot=found.slot)
    assert [step.slot for step in steps] == [DUE - n * QUARTER for n in (3, 2, 1, 0)]
    assert [step.trigger for step in steps] == ["retry", "catch_up", "catch_up", "cron"]


def test_new_job_never_fills_in_what_was_before_it() -> None:
    every = a_job(catch_up="all")
    for known_since in (DUE - timedelta(minutes=1), DUE, None):
        assert planned(every, last_slot=None, known_since=known_since) == [Begin(DUE, Trigger.CRON)]
    since = DUE - QUARTER - timedelta(minutes=1)
    steps = planned(every, last_slot=None, known_since=since)
    assert [step.slot for step in steps] == [DUE - QUARTER, DUE]
    # Nor does one that was run by hand for a slot long ago.
    steps = planned(every, last_slot=DUE - timedelta(days=300), known_since=since)
    assert [step.slot for step in steps] == [DUE - QUARTER, DUE]


def test_host_that_was_off_for_a_year_leaves_a_bounded_number_of_rows() -> None:
    steps = planned(a_job(), last_slot=DUE - timedelta(days=365))
    assert len(steps) == MOST_MISSED + 1
    assert steps[0].slot == DUE - MOST_MISSED * QUARTER


def test_job_without_a_schedule_misses_nothing() -> None:
    job = a_job()._replace(schedule=None)
    assert planned(job, last_slot=DUE - timedelta(days=1)) == [Begin(DUE, Trigger.CRON)]


NOW = DUE + timedelta(minutes=3)
AT = DUE - timedelta(days=1)


def by_person(
    job: Job | None = None,
    *,
    newest: Attempt | None = None,
    at_slot: Attempt | None = None,
    **wish: Any,
) -> Begin:
    return by_hand(job or a_job(), NOW, newest=newest, at_slot=at_slot, wish=Wish(**wish))


def test_run_by_hand_begins_now_or_at_the_slot_that_is_named() -> None:
    assert by_person() == Begin(NOW, Trigger.MANUAL)
    assert by_person(slot=AT) == Begin(AT, Trigger.MANUAL)
    for status in (RunStatus.SUCCESS, RunStatus.PARTIAL, RunStatus.RUNNING):
        assert by_person(newest=attempt(status)) == Begin(NOW, Trigger.MANUAL)
        assert by_person(newest=attempt(status), slot=AT) == Begin(AT, Trigger.MANUAL)


def test_nothing_is_resumed_where_nothing_is_unfinished() -> None:
    for found in (None, attempt(RunStatus.SUCCESS), attempt(RunStatus.PARTIAL)):
        with pytest.raises(NotNowError, match="no unfinished run to resume"):
            by_person(newest=found, resume=True)


@pytest.mark.parametrize("status", [*CUT_SHORT, RunStatus.FAILED])
def test_run_by_hand_goes_on_with_what_is_unfinished(status: RunStatus) -> None:
    onward, anew = (Begin(DUE, Trigger.RETRY, 2, *rest) for rest in ((POSITION, 2), ({}, None)))
    found = attempt(status)
    assert by_person(newest=found) == onward
    assert by_person(newest=found, resume=True) == onward
    assert by_person(newest=found, restart=True) == anew
    assert by_person(at_slot=found, slot=DUE) == onward
    restart = a_job(resume="restart")
    assert by_person(restart, newest=found) == anew
    assert by_person(restart, newest=found, resume=True) == onward
    manual = a_job(resume="manual")
    assert by_person(manual, newest=found, resume=True) == onward
    assert by_person(manual, newest=found, restart=True) == anew
    with pytest.raises(NotNowError, match=rf"run {RUN} of purge is unfinished \({status}\); give"):
        by_person(manual, newest=found)
    # A slot that is named is another's business.
    assert by_person(newest=found, slot=AT) == Begin(AT, Trigger.MANUAL)


def test_slot_that_is_done_is_worked_again_only_if_that_is_said() -> None:
    for status in (RunStatus.SUCCESS, RunStatus.PARTIAL):
        found = attempt(status)
        with pytest.raises(NotNowError, match=r"is done by run 3f2a1b9c.*give --restart"):
            by_person(at_slot=found, slot=DUE)
        with pytest.raises(NotNowError):
            by_person(at_slot=found, slot=DUE, resume=True)
        again = Begin(DUE, Trigger.RETRY, 2, {}, None)
        assert by_person(at_slot=found, slot=DUE, restart=True) == again


def test_slot_at_work_is_asked_for_its_lease_by_hand_too() -> None:
    found = attempt(RunStatus.RUNNING, number=2)
    assert by_person(at_slot=found, slot=DUE) == Begin(DUE, Trigger.MANUAL, 2)
