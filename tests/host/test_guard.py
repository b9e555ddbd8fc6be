"""A job's process, and the supervisor that outlives it."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bgjobs.errors import ExitStatus
from bgjobs.host.crew import Bounds, crew
from bgjobs.host.guard import guard
from bgjobs.host.member import Death
from bgjobs.host.worker import Worker
from bgjobs.run.stops import Stop, Stops
from harness.children import children

CRASHED = 1
HURRY = Bounds(deadline=0.2, grace=0.2)


@pytest.fixture
def deaths() -> list[Death]:
    return []


@pytest.fixture
def status_of(deaths: list[Death]) -> Callable[..., int]:
    """The exit status of work under supervision."""

    def status_of(work: Callable[[Worker], int], bounds: Bounds | None = None) -> int:
        def on_death(death: Death) -> int:
            deaths.append(death)
            return death.stopped or CRASHED

        return guard(work, on_death=on_death, bounds=bounds or Bounds())

    return status_of


Status = Callable[..., int]


@pytest.mark.parametrize("status", [0, 1, 3, 75, 143, 255])
def test_exit_status_passes_through(status_of: Status, deaths: list[Death], status: int) -> None:
    assert status_of(lambda _: status) == status
    assert deaths == []


def test_sys_exit_is_an_end_with_its_status(status_of: Status, deaths: list[Death]) -> None:
    assert status_of(lambda _: sys.exit(7)) == 7
    assert deaths == []


def test_what_the_work_lets_out_is_a_bug_and_shown(
    status_of: Status, capfd: pytest.CaptureFixture[str]
) -> None:
    assert status_of(lambda _: 1 // 0) == ExitStatus.BUG
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_os_exit_with_zero_is_no_success(status_of: Status, deaths: list[Death]) -> None:
    assert status_of(lambda _: os._exit(0)) == CRASHED
    assert deaths[0].status == 0
    assert deaths[0].cause == (
        "ended itself with exit status 0 in the middle of its work (os._exit?)"
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGRTMIN + 9])
def test_killed_work_is_told_with_its_signal_and_output(
    status_of: Status, deaths: list[Death], number: int
) -> None:
    def work(worker: Worker) -> int:
        with worker.captured():
            os.write(1, b"the last words\n")
            os.kill(os.getpid(), number)
            time.sleep(600)
        return 0

    assert status_of(work) == CRASHED
    assert deaths[0].signal == number
    assert deaths[0].stopped is None
    assert deaths[0].output == "the last words\n"
    assert deaths[0].cause.startswith("was killed by ")


def test_segmentation_fault_is_told_with_its_place(status_of: Status, deaths: list[Death]) -> None:
    assert status_of(lambda _: ctypes.string_at(0)) == CRASHED
    assert deaths[0].cause == "was killed by SIGSEGV"
    assert "Segmentation fault" in deaths[0].output
    assert "test_guard.py" in deaths[0].output


def test_replaced_process_is_no_success(status_of: Status, deaths: list[Death]) -> None:
    assert status_of(lambda _: os.execv("/bin/true", ["true"])) == CRASHED
    assert deaths[0].status == 0


def hang_in_c(_worker: Worker) -> int:
    return sum(range(10**15))  # looks at no signal


def test_work_that_hangs_in_c_code_is_killed_after_its_deadline(
    status_of: Status, deaths: list[Death]
) -> None:
    assert status_of(hang_in_c, HURRY) == ExitStatus.TIMED_OUT
    assert deaths[0].cause == "hung past its timeout and was killed"


def test_limit_that_the_work_tells_takes_the_place_of_the_first(
    status_of: Status, deaths: list[Death]
) -> None:
    def work(worker: Worker) -> int:
        worker.limit(None)
        time.sleep(1.2)
        worker.limit(0.1)
        return hang_in_c(worker)

    assert status_of(work, Bounds(deadline=1, grace=0.05)) == ExitStatus.TIMED_OUT
    assert len(deaths) == 1


def test_work_that_moved_on_after_a_deadline_is_not_killed_for_it(
    status_of: Status, deaths: list[Death]
) -> None:
    def work(worker: Worker) -> int:
        worker.limit(0)
        worker.printed()  # until the supervisor has seen the deadline pass
        worker.limit(None)
        time.sleep(1.2)
        return 5

    assert status_of(work, Bounds(grace=1)) == 5
    assert deaths == []


def test_work_that_ends_by_itself_after_its_deadline_is_not_killed(
    status_of: Status, deaths: list[Death]
) -> None:
    def work(_worker: Worker) -> int:
        stops = Stops().install()
        stops.limit(0.05, "its timeout passed")
        try:
            time.sleep(600)
        except Stop:
            return int(stops.requested or 0)
        return 0

    assert status_of(work, Bounds(deadline=0.05, grace=60)) == ExitStatus.TIMED_OUT
    assert deaths == []


def test_only_the_last_of_much_is_kept(status_of: Status) -> None:
    def work(worker: Worker) -> int:
        with worker.captured():
            for number in range(50_000):
                os.write(1, b"line %d\n" % number)
        told = worker.printed()
        assert told.startswith("[")
        assert told.endswith("line 49998\nline 49999\n")
        assert 60_000 < len(told) < 66_000
        return 0

    assert status_of(work) == 0


def test_c_code_that_keeps_the_interpreter_may_print_more_than_a_pipe_holds(
    status_of: Status,
) -> None:
    def work(worker: Worker) -> int:
        libc = ctypes.PyDLL(None)  # unlike CDLL it does not let go of the interpreter
        with worker.captured():
            libc.write(1, b"x" * 1_000_000, 1_000_000)
        return 0 if len(worker.printed()) > 60_000 else 1

    assert status_of(work, Bounds(deadline=60)) == 0


def test_process_left_behind_holding_the_pipe_holds_nobody_up(
    status_of: Status, tmp_path: Path
) -> None:
    left = tmp_path / "pid"

    def work(worker: Worker) -> int:
        with worker.captured():
            os.system("sleep 600 & echo $!")
        left.write_text(worker.printed())
        return 0

    began = time.monotonic()
    assert status_of(work) == 0
    assert time.monotonic() - began < 300
    os.kill(int(left.read_text()), signal.SIGKILL)  # which tells that it lived


def test_fork_that_comes_back_from_the_job_is_not_taken_for_it(
    status_of: Status, deaths: list[Death]
) -> None:
    def work(worker: Worker) -> int:
        forked = os.fork()
        if forked == 0:
            return 0
        os.waitpid(forked, 0)
        return 9 if worker.pid == os.getpid() else 1

    assert status_of(work) == 9
    assert deaths == []


def test_as_many_workers_as_asked_each_know_their_shard() -> None:
    assert crew(lambda worker: worker.shard * 10, 3, on_death=lambda _: 1) == [10, 20, 30]


def test_death_of_one_lets_the_others_end(deaths: list[Death]) -> None:
    def work(worker: Worker) -> int:
        if worker.shard == 2:
            os._exit(0)
        return 0

    def on_death(death: Death) -> int:
        deaths.append(death)
        return CRASHED

    assert crew(work, 3, on_death=on_death) == [0, CRASHED, 0]
    assert [death.shard for death in deaths] == [2]


def test_beat_goes_on_while_they_work() -> None:
    reading, writing = os.pipe()
    beats: list[int] = []

    def beat() -> None:
        beats.append(1)
        if len(beats) == 3:
            os.write(writing, b"go")

    def work(_worker: Worker) -> int:
        return len(os.read(reading, 2))

    assert crew(work, 1, on_death=lambda _: 1, beat=beat, bounds=Bounds(every=0.01)) == [2]
    os.close(reading)
    os.close(writing)


def test_beat_that_fails_ends_them_all() -> None:
    def beat() -> None:
        raise RuntimeError("the lease was lost")

    before = children()
    with pytest.raises(RuntimeError, match="the lease was lost"):
        crew(hang_in_c, 2, on_death=lambda _: 1, beat=beat, bounds=Bounds(every=0.01))
    assert children() == before


def test_supervisor_leaves_signals_and_descriptors_as_they_were(status_of: Status) -> None:
    def state() -> object:
        handlers = [signal.getsignal(number) for number in (1, 2, 15, signal.SIGCHLD)]
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        return handlers, mask, sorted(Path("/proc/self/fd").iterdir())

    before = state()
    status_of(lambda _: 0)
    status_of(lambda _: os._exit(1))
    assert state() == before
