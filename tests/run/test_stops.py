"""When a run ends early, and how."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from bgjobs.errors import ExitStatus
from bgjobs.run.stops import DeadlinePassed, Interrupted, Stops
from bgjobs.stopping import relay

BOUND = 60.0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stops(clock: Clock) -> Iterator[Stops]:
    made = Stops(clock, again=0.02).install()
    yield made
    made.restore()


@pytest.fixture
def real() -> Iterator[Stops]:
    made = Stops(again=0.02).install()
    yield made
    made.restore()


def send(number: int) -> None:
    os.kill(os.getpid(), number)


def work_for_ever() -> None:
    end = time.monotonic() + BOUND
    while time.monotonic() < end:
        pass


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["TERM", "INT"]
)
def test_first_signal_asks_for_the_end_of_the_batch(stops: Stops, number: int, status: int) -> None:
    send(number)
    assert stops.wanted
    assert stops.requested == status
    assert stops.reason == f"stopped by {signal.Signals(number).name}"


def test_second_signal_raises(stops: Stops, clock: Clock) -> None:
    send(signal.SIGTERM)
    clock.now += 0.05
    with pytest.raises(Interrupted):
        send(signal.SIGINT)
    assert stops.requested == ExitStatus.TERMINATED  # of the first


def test_signal_that_timeout_sends_twice_is_one(stops: Stops) -> None:
    send(signal.SIGTERM)
    send(signal.SIGTERM)
    assert stops.requested == ExitStatus.TERMINATED


def test_signal_after_its_own_relay_is_one_wish(stops: Stops, clock: Clock) -> None:
    send(relay(signal.SIGTERM, 1))
    send(signal.SIGTERM)
    assert stops.wanted
    clock.now += 1
    with pytest.raises(Interrupted):
        send(signal.SIGTERM)


def test_what_a_supervisor_passes_on_is_not_one_more_signal(stops: Stops, clock: Clock) -> None:
    send(signal.SIGINT)
    clock.now += 1
    send(relay(signal.SIGINT, 1))
    assert stops.requested == ExitStatus.INTERRUPTED
    with pytest.raises(Interrupted):
        send(relay(signal.SIGINT, 7))


def test_supervisor_alone_may_hear_the_signal(stops: Stops) -> None:
    send(relay(signal.SIGTERM, 1))
    assert stops.requested == ExitStatus.TERMINATED


def test_stop_is_a_keyboard_interrupt_that_cancels_the_statement(
    real: Stops, connection: psycopg.Connection
) -> None:
    real.limit(0.05, "its timeout of 50 ms passed")
    with pytest.raises(DeadlinePassed, match="timeout of 50 ms"):
        connection.execute("SELECT pg_sleep(60)")
    real.restore()
    assert connection.execute("SELECT 1").fetchone() == (1,)
    assert real.requested == ExitStatus.TIMED_OUT


def test_swallowed_stop_comes_again(real: Stops) -> None:
    real.limit(0.01, "its timeout passed")
    swallowed = 0
    while swallowed < 3:
        try:
            work_for_ever()
        except:  # noqa: E722 - what a careless handler does
            swallowed += 1
    assert swallowed == 3
    assert real.reason == "its timeout passed"


def test_earliest_limit_holds_with_its_reason(stops: Stops, clock: Clock) -> None:
    stops.limit(100, "late")
    stops.limit(50, "early")
    stops.limit(70, "between")
    assert stops.remaining() == 50
    clock.now += 49
    assert not stops.wanted
    clock.now += 1
    assert stops.wanted
    assert (stops.requested, stops.reason) == (ExitStatus.TIMED_OUT, "early")


def test_wish_from_elsewhere_keeps_the_first_reason(stops: Stops) -> None:
    stops.ask("bgjobs stop by ann")
    stops.ask("bgjobs stop by bob")
    assert (stops.requested, stops.reason) == (ExitStatus.TERMINATED, "bgjobs stop by ann")


def test_shield_holds_a_stop_back_until_its_end(stops: Stops, clock: Clock) -> None:
    steps = []

    def close_the_run() -> None:
        with stops.shield():
            with stops.shield():
                send(signal.SIGTERM)
                steps.append("inner")
            steps.append("outer")

    send(signal.SIGTERM)
    clock.now += 1
    with pytest.raises(Interrupted):
        close_the_run()
    assert steps == ["inner", "outer"]


def test_run_that_closed_its_row_behind_a_shield_is_stopped_no_more(
    stops: Stops, clock: Clock
) -> None:
    send(signal.SIGTERM)
    clock.now += 1
    with stops.shield():
        send(signal.SIGTERM)
        stops.restore()
    assert stops.requested == ExitStatus.TERMINATED


def test_work_that_obeyed_is_left_in_peace_to_close_its_row(real: Stops) -> None:
    real.limit(0.01, "its timeout passed")
    with pytest.raises(DeadlinePassed):
        work_for_ever()
    real.obeyed()
    with real.shield():
        send(signal.SIGALRM)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert real.requested == ExitStatus.TIMED_OUT


def test_signal_while_the_row_is_closed_does_not_undo_the_closing(
    stops: Stops, clock: Clock
) -> None:
    with stops.shield():
        send(signal.SIGTERM)
        clock.now += 1
        send(signal.SIGTERM)
        stops.obeyed()
    assert stops.requested == ExitStatus.TERMINATED


def test_run_after_a_run_has_limits_of_its_own(stops: Stops, clock: Clock) -> None:
    stops.limit(10, "the first")
    stops.unlimit()
    assert stops.remaining() is None
    stops.limit(20, "the second")
    clock.now += 15
    assert not stops.wanted


def test_limit_holds_for_the_next_attempt_of_a_run_that_was_closed(real: Stops) -> None:
    real.limit(0.2, "its timeout passed")
    real.obeyed()
    real.heed()
    with pytest.raises(DeadlinePassed, match="its timeout passed"):
        work_for_ever()


def test_limit_is_handed_on_as_what_is_left_of_it(stops: Stops, clock: Clock) -> None:
    other = Stops(clock)
    stops.hand_on(other)
    assert other.remaining() is None
    stops.limit(20, "its window ended")
    clock.now += 15
    stops.hand_on(other)
    assert other.remaining() == 5
    clock.now += 5
    assert other.wanted
    assert other.reason == "its window ended"


def test_who_watches_is_told_of_each_limit() -> None:
    told: list[float | None] = []
    stops = Stops(Clock(), limited=told.append)
    stops.limit(30, "its window ended")
    stops.limit(10, "its timeout passed")
    stops.limit(20, "later than that")
    stops.unlimit()
    assert told == [30, 10, None]


def test_timer_that_a_job_took_away_is_set_again_after_its_batch(real: Stops) -> None:
    real.limit(0.2, "its timeout passed")

    def batches() -> None:
        signal.alarm(0)
        with real.shield():
            pass
        work_for_ever()

    with pytest.raises(DeadlinePassed):
        batches()


def test_timer_of_a_job_is_not_taken_for_the_deadline(stops: Stops) -> None:
    stops.limit(BOUND, "its timeout passed")
    send(signal.SIGALRM)
    assert not stops.wanted


@pytest.mark.parametrize("when", ["before", "during"])
def test_signal_ends_a_pause(real: Stops, when: str) -> None:
    if when == "before":
        send(signal.SIGTERM)
    else:
        threading.Thread(target=send, args=(signal.SIGTERM,)).start()
    began = time.monotonic()
    real.pause(2 * BOUND)
    assert time.monotonic() - began < BOUND
    assert real.requested == ExitStatus.TERMINATED


def test_deadline_bounds_a_pause(stops: Stops) -> None:
    stops.limit(0, "its timeout passed")
    with stops.shield():
        stops.pause(2 * BOUND)
        stops.restore()


def test_hangup_and_closed_pipe_kill_nothing(stops: Stops) -> None:
    before = signal.getsignal(signal.SIGHUP), signal.getsignal(signal.SIGPIPE)
    send(signal.SIGHUP)
    send(signal.SIGPIPE)
    assert before == (signal.SIG_IGN, signal.SIG_IGN)
    assert not stops.wanted


def test_everything_is_as_before_afterwards() -> None:
    numbers = [*(n for n in signal.valid_signals() if n not in {signal.SIGKILL, signal.SIGSTOP})]
    before = [signal.getsignal(number) for number in numbers]
    made = Stops().install()
    made.limit(BOUND, "its timeout passed")
    made.restore()
    assert [signal.getsignal(number) for number in numbers] == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
