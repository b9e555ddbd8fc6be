"""What a person at a terminal sees of a run."""

import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from harness.project import PROGRAM, Project

BOUND = 60.0
_LINE_ABOVE_ERASED = "[^\n]*\r\n(?:\x1b\\[[?]25h)?\r\x1b\\[1A\x1b\\[2K"
JOBS = """
[jobs.slow]
select = "SELECT id FROM generate_series(1, 30) AS id WHERE :slot > '2001-01-01'"
key = "id"
batch_size = 10
handler = "handlers:wait"

[jobs.once]
handler = "handlers:once"
"""
# Each goes on when the test has made the file, so that what is seen does not depend on speed.
HANDLERS = """
import os, time

def _wait(name):
    while not os.path.exists(name):
        time.sleep(0.01)

def wait(run, record):
    if record["id"] % 10 == 5:
        print("at", record["id"], flush=True)
        _wait(f"go-{record['id']}")

def once(run):
    print("called", flush=True)
    _wait("go")
"""


class Terminal:
    """A run on a terminal of 80 columns, and what was written there."""

    def __init__(self, project: Project, *arguments: str, term: str = "xterm") -> None:
        self._ours, theirs = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=project.path,
            env={**os.environ, "TERM": term, "COLUMNS": "80"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, done: Callable[[str], object]) -> None:
        """Read until `done` holds for what was written since; at the end, until the end."""
        end = time.monotonic() + BOUND
        while not done(self.seen):
            assert time.monotonic() < end, self.seen
            try:
                self.seen += os.read(self._ours, 4096).decode()
            except OSError:  # the other end is closed
                return

    def ends(self) -> int:
        self.until(lambda _: False)
        return self.process.wait(BOUND)

    def interrupt(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    @property
    def lines(self) -> list[str]:
        """What stays on the screen: a line that was erased has gone."""
        seen = re.sub(_LINE_ABOVE_ERASED, "", self.seen)
        shown = [re.split("\r(?:\x1b\\[2K)?", line)[-1] for line in seen.split("\r\n")]
        return [found for line in shown if (found := re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", line))]


Open = Callable[..., Terminal]


@pytest.fixture
def opened(project: Project) -> Iterator[Open]:
    project.write(JOBS)
    project.handlers(HANDLERS)
    terminals: list[Terminal] = []

    def start(*arguments: str, term: str = "xterm") -> Terminal:
        terminals.append(Terminal(project, *arguments, term=term))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def test_the_bar_counts_what_is_left_and_output_is_kept_and_shown(
    project: Project, opened: Open
) -> None:
    first = opened("run", "slow")
    first.until(lambda seen: "at 5" in seen)
    assert "0/30" in first.seen
    first.interrupt()
    first.until(lambda seen: "Ctrl-C again" in seen)
    (project.path / "go-5").touch()
    assert first.ends() == 130
    assert first.lines[:3] == [
        "at 5",
        "stopping at the end of this batch; Ctrl-C again stops at once",
        "bgjobs: job slow was interrupted: stopped by SIGINT",
    ]
    second = opened("run", "slow")
    for number in (15, 25):
        second.until(lambda seen, number=number: f"at {number}" in seen)
        (project.path / f"go-{number}").touch()
    assert second.ends() == 0
    assert "0/20" in second.seen
    went_on, *printed, last = second.lines
    assert re.fullmatch(r"slow resumes slot \S+, attempt 2", went_on)
    assert printed == ["at 15", "at 25"]
    assert re.fullmatch(r"slow: success: 20 records in \S+s", last)
    kept = project.rows("SELECT output FROM bgjobs.run ORDER BY attempt")
    assert [row["output"] for row in kept] == ["at 5\n", "at 15\nat 25\n"]


@pytest.mark.parametrize(("job", "term"), [("once", "xterm"), ("slow", "dumb")])
def test_where_there_is_no_bar_nothing_is_erased(
    project: Project, opened: Open, job: str, term: str
) -> None:
    for name in ("go", "go-5", "go-15", "go-25"):
        (project.path / name).touch()
    terminal = opened("run", job, term=term)
    assert terminal.ends() == 0
    assert "\x1b" not in terminal.seen
    assert terminal.seen.count("\r") == len(terminal.lines)
