"""Running a program as a process of its own, and what it took."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

PROGRAMS = Path(__file__).parent / "programs"
BGJOBS = (sys.executable, "-I", "-m", "bgjobs")
_LONGEST = 900


class Taken(NamedTuple):
    """What a process took: seconds from its start to its end, and what it printed."""

    seconds: float
    printed: str


class Runner(NamedTuple):
    """Runs programs at home in a directory; `python` is the interpreter of our own scripts.

    Nothing of our environment is handed on: it may forbid to write bytecode, name databases, or
    change how Python runs.
    """

    home: Path
    python: str = sys.executable

    def bgjobs(self, *arguments: str) -> Taken:
        """Run the program as a line of the crontab does."""
        return self.run((*BGJOBS, *arguments))

    def script(self, name: str, *arguments: object) -> Taken:
        """Run one of programs/."""
        path = str(PROGRAMS / f"{name}.py")
        return self.run((self.python, "-I", path, *map(str, arguments)))

    def run(self, command: Sequence[str]) -> Taken:
        """Run a command to its end.

        Raises:
            RuntimeError: It failed; with what it printed.
        """
        began = time.perf_counter()
        process = self._start(command)
        printed, complained = process.communicate(timeout=_LONGEST)
        seconds = time.perf_counter() - began
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}: {complained}")
        return Taken(seconds, printed)

    def peaks(self, *arguments: str) -> list[float]:
        """Run bgjobs, and return the peak of each of its processes' memory in MB, its own first.

        Looked at every few milliseconds: the kernel keeps the peak, only of the last look's worth
        nothing is seen.
        """
        process = self._start((*BGJOBS, *arguments))
        seen: dict[int, float] = {}
        while process.poll() is None:
            for pid in _family(process.pid):
                seen[pid] = _peak(pid) or seen.get(pid, 0.0)
            time.sleep(0.005)
        _, complained = process.communicate()
        if process.returncode:
            raise RuntimeError(f"exit {process.returncode}: {complained}")
        return list(seen.values())

    def _start(self, command: Sequence[str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command,
            cwd=self.home,
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(self.home),
                "LANG": "C.UTF-8",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def _family(pid: int) -> Iterator[int]:
    """A process and those below it."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _peak(pid: int) -> float | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1.024 / 1000
    return None
