"""A supervisor and its worker under signals, terminals and full disks: real processes."""

import ast
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

BOUND = 60.0
HEAD = """
import os, signal, sys, time
from pathlib import Path
from bgjobs.host.crew import Bounds
from bgjobs.host.guard import guard
from bgjobs.host.output import occupy_standard
from bgjobs.run.stops import Stop, Stops

occupy_standard()
result = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
tell = lambda *words: os.write(result, (" ".join(map(str, words)) + chr(10)).encode())

def on_death(death):
    tell("dead", death.cause)
    return death.stopped or 1

def until(condition):
    while not condition():
        time.sleep(0.01)
"""
TAIL = """
sys.exit(guard(work, on_death=on_death, bounds=Bounds(deadline={deadline}, grace={grace}), echo={echo}))
"""
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


class Running:
    """A script under way, and what it told."""

    def __init__(self, process: "subprocess.Popen[bytes]", told: Path) -> None:
        self.process = process
        self.file = told

    def told(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    def until_told(self, beginning: str) -> str:
        while True:
            found = [line for line in self.told() if line.startswith(beginning)]
            if found:
                return found[0]
            assert self.process.poll() is None, self.told()
            select.select([], [], [], 0.01)

    def worker(self) -> int:
        return int(self.until_told("ready").split()[1])

    def ends(self) -> int:
        return self.process.wait(BOUND)


Run = Callable[..., Running]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Start a script in a process group of its own."""
    started: list[Running] = []

    def run(
        work: str, *, deadline: float = BOUND, grace: float = BOUND, echo: bool = False, **more: Any
    ) -> Running:
        text = HEAD + work + TAIL.format(deadline=deadline, grace=grace, echo=echo)
        told = tmp_path / "told"
        command = [sys.executable, "-c", text, str(told)]
        quiet = {"stdin": subprocess.DEVNULL, "process_group": 0}
        process = subprocess.Popen(command, **{**quiet, **more})
        started.append(Running(process, told))
        return started[-1]

    yield run
    for running in started:
        running.process.kill()
        running.process.wait()


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
    assert running.told()[2:] == ["dead did not stop when it was asked twice, and was killed"]


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


CHATTY = """
def work(worker):
    Stops().install()
    with worker.captured():
        tell("ready", os.getpid())
        print("to stdout", flush=True)
        print("to stderr", file=sys.stderr)
        os.system("echo from a child")
        {more}
    tell(repr(worker.printed()[-60:]))
    return 0
"""


@pytest.mark.parametrize("echo", [False, True])
def test_output_is_passed_on_where_it_was_going_or_kept_back(run: Run, echo: bool) -> None:  # noqa: FBT001
    ends = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = run(CHATTY.format(more=""), echo=echo, **ends)
    shown = running.process.communicate(timeout=BOUND)
    assert running.process.returncode == 0
    assert shown == ((b"to stdout\nfrom a child\n", b"to stderr\n") if echo else (b"", b""))
    assert sorted(ast.literal_eval(running.told()[1]).splitlines()) == [
        "from a child",
        "to stderr",
        "to stdout",
    ]


def test_output_and_errors_keep_their_order_where_both_go_to_one_place(run: Run) -> None:
    more = "[print(n, file=(sys.stdout, sys.stderr)[n % 2]) for n in range(9)]"
    ends = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    running = run(CHATTY.format(more=more), echo=True, **ends)
    shown, _ = running.process.communicate(timeout=BOUND)
    assert shown.split() == b"to stdout to stderr from a child 0 1 2 3 4 5 6 7 8".split()


@pytest.mark.parametrize("echo", [False, True])
def test_full_disk_behind_stdout_and_stderr_stops_nothing(run: Run, echo: bool) -> None:  # noqa: FBT001
    with Path("/dev/full").open("wb") as full:
        running = run(CHATTY.format(more=""), echo=echo, stdout=full, stderr=full)
        assert running.ends() == 0
    assert "from a child" in running.told()[1]


def test_closed_stdout_and_stderr_stop_nothing_and_open_nothing(run: Run) -> None:
    more = "tell(*(os.readlink(f'/proc/self/fd/{n}') for n in (0, worker.captured().stdout + 1)))"
    text = CHATTY.format(more=more)
    running = run(text, echo=True, preexec_fn=lambda: os.closerange(0, 3))
    assert running.ends() == 0
    assert "/dev/null" in running.told()[1]


def test_reader_that_never_reads_stops_neither_the_deadline_nor_the_death(run: Run) -> None:
    reading, writing = os.pipe()
    work = CHATTY.format(more="[print('x' * 1000) for n in range(10**9)]")
    running = run(work, deadline=0.3, grace=0.3, echo=True, stdout=writing, stderr=writing)
    os.close(writing)
    assert running.ends() == 124
    os.close(reading)


def terminal(run: Run, work: str) -> tuple[Running, int]:
    """A script that is the foreground job of a terminal, and the terminal's other end."""
    master, slave = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    ends = dict.fromkeys(("stdin", "stdout", "stderr"), slave)
    running = run(work, echo=True, preexec_fn=take_terminal, process_group=None, **ends)
    os.close(slave)
    return running, master


def test_control_c_reaches_both_and_is_one_wish(run: Run) -> None:
    running, master = terminal(run, ONCE)
    worker = running.worker()
    os.write(master, b"\x03")
    assert running.ends() == 130
    assert running.told() == [f"ready {worker}", "asked once"]
    os.close(master)


def test_closed_terminal_kills_nothing(run: Run) -> None:
    more = "until(lambda: Path(sys.argv[1] + '.go').exists()); print('into the void')"
    running, master = terminal(run, CHATTY.format(more=more))
    running.worker()
    os.close(master)
    Path(f"{running.file}.go").touch()
    assert running.ends() == 0
    assert "into the void" in running.told()[1]
