"""What becomes of processes that a job's code forks."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from uuid import uuid4

import pytest

from bgjobs.handler import Run
from bgjobs.job import Job
from bgjobs.run.calls import Calls
from bgjobs.run.forks import Alone
from harness.children import children
from harness.ledger import NOON


def statuses_of(code: Callable[[], None]) -> list[int]:
    """How the processes end that a piece of a job's code forks; it ends here in ours alone."""
    me, before = os.getpid(), children()
    with Alone():
        code()
    assert os.getpid() == me
    # Not just any child: a server that other tests use is one as well.
    forked = sorted(children() - before)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in forked]


def test_fork_that_comes_back_ends_there() -> None:
    def code() -> None:
        os.fork()

    assert statuses_of(code) == [0]


def test_fork_that_calls_exit_has_its_status() -> None:
    assert statuses_of(lambda: None if os.fork() else sys.exit(7)) == [7]


def test_fork_that_raises_fails_and_tells(capfd: pytest.CaptureFixture[str]) -> None:
    def code() -> None:
        if os.fork() == 0:
            raise ValueError("in the fork")

    assert statuses_of(code) == [1]
    assert "ValueError: in the fork" in capfd.readouterr().err


@pytest.mark.parametrize("concurrency", [1, 2])
def test_fork_of_a_handler_goes_on_with_no_other_record(concurrency: int) -> None:
    reading, writing = os.pipe()
    before = children()

    def handler(_run: Run, record: dict[str, int]) -> None:
        if record["id"] == 2:
            os.fork()
        os.write(writing, b"%d" % record["id"])

    job = Job("j", handler="m:f", select="SELECT", concurrency=concurrency)
    run = Run(id=uuid4(), job="j", slot=NOON, params={})
    work = Calls(job, handler, run).call([{"id": number} for number in range(1, 6)])
    assert work.counts.processed == 5
    (forked,) = children() - before
    os.waitpid(forked, 0)
    os.close(writing)
    assert sorted(os.read(reading, 100)) == sorted(b"122345")
    os.close(reading)


_FORKS = """
import os, signal
from bgjobs.run.stops import Stops

stops = Stops().install()
pid = os.fork()
if pid == 0:
    os.kill(os.getpid(), signal.SIGTERM)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), stops.wanted)
"""


def test_process_that_a_handler_forks_dies_by_a_signal() -> None:
    # In a process of its own: a fork of the one that runs the tests has all of their handlers.
    done = subprocess.run(
        [sys.executable, "-c", _FORKS], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"-{signal.SIGTERM.value} False\n"
