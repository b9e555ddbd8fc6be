"""A supervisor and its worker under signals: real processes."""

import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.supervised import BOUND, Run, supervised

# Ends in good order: the third answer comes after the supervisor has passed every signal on.
POLITE = """
def work(worker):
    stops = Stops().install()
    tell("ready", os.getpid())
    try:
        until(lambda: stops.wanted)
        for _ in range(3):
            worker.printed()
        tell("asked once")
        until(lambda: False)
    except Stop as stop:
        tell(type(stop).__name__)
    return stops.requested
"""
ONCE = POLITE.replace("until(lambda: False)", "return stops.requested")
IN_C = """
def work(worker):
    Stops().install()
    tell("ready", os.getpid())
    return sum(range(10**15))
"""
DEAF = POLITE.replace("until(lambda: False)", "return sum(range(10**15))")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with supervised(tmp_path) as start:
        yield start


def gone(pid: int) -> bool:
    """Whether a process is no more than a corpse that its reaper has not seen yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def until_gone(pid: int) -> None:
    while not gone(pid):
        select.select([], [], [], 0.01)


@pytest.mark.parametrize("to", ["the supervisor", "the worker", "both"])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signal_is_one_wish_whoever_gets_it(
    run: Run, to: str, number: signal.Signals, status: int
) -> None:
    running = run(ONCE)
    worker = running.worker()
    if to == "both":
        os.killpg(running.process.pid, number)
    else:
        os.kill(worker if to == "the worker" else running.process.pid, number)
    assert running.ends() == status
    assert running.told() == [f"ready {worker}", "asked once"]


@pytest.mark.parametrize("to", ["the supervisor", "both"])
def test_second_signal_ends_the_work_at_once(run: Run, to: str) -> None:
    running = run(POLITE)
    worker = running.worker()
    send = os.kill if to == "the supervisor" else os.killpg
    send(running.process.pid, signal.SIGTERM)
    running.until_told("asked once")
    select.select([], [], [], 0.05)  # longer than what timeout(1) takes to send its second
    send(running.process.pid, signal.SIGTERM)
    assert running.ends() == 143
    assert running.told() == [f"ready {worker}", "asked once", "Interrupted"]


def test_work_that_does_not_obey_the_second_signal_is_killed(run: Run) -> None:
    running = run(DEAF, grace=0.1)
    running.worker()
    running.process.terminate()
    running.until_told("asked once")
    select.select([], [], [], 0.05)
    running.process.terminate()
    assert running.ends() == 143
    assert running.told()[2:] == ["dead did not stop when asked twice, and was killed"]


def test_further_signals_do_not_wait_for_the_grace(run: Run) -> None:
    running = run(IN_C, deadline=100 * BOUND, grace=100 * BOUND)
    running.worker()
    while running.process.poll() is None:
        running.process.terminate()
        select.select([], [], [], 0.05)
    assert running.ends() == 143


def test_work_dies_with_its_supervisor_even_in_c_code(run: Run) -> None:
    running = run(IN_C)
    worker = running.worker()
    running.process.kill()
    until_gone(worker)


def test_killed_work_is_noticed_at_once(run: Run) -> None:
    running = run(IN_C)
    os.kill(running.worker(), signal.SIGKILL)
    assert running.ends() == 1
    assert running.told()[-1] == "dead was killed by SIGKILL"


def test_stopped_job_goes_on_and_has_its_grace_though_the_deadline_passed(run: Run) -> None:
    work = """
def work(worker):
    stops = Stops().install()
    stops.limit(0.3, "its timeout passed")
    tell("ready", os.getpid())
    try:
        until(lambda: False)
    except Stop as stop:
        tell(type(stop).__name__)
    return stops.requested
"""
    running = run(work, deadline=0.3, grace=BOUND)
    worker = running.worker()
    os.killpg(running.process.pid, signal.SIGTSTP)
    pid, status = os.waitpid(running.process.pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):  # unless it was quicker
        select.select([], [], [], 0.5)  # the deadline passes, in nobody's sight
        os.killpg(pid, signal.SIGCONT)
        assert running.ends() == 124
    assert running.told() == [f"ready {worker}", "DeadlinePassed"]
