"""Where the output of supervised work goes: terminals, full disks, readers that do not read."""

import ast
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.supervised import BOUND, Run, Running, supervised

ONCE = """
def work(worker):
    stops = Stops().install()
    tell("ready", os.getpid())
    until(lambda: stops.wanted)
    for _ in range(3):
        worker.printed()
    tell("asked once")
    return stops.requested
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with supervised(tmp_path) as start:
        yield start


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
