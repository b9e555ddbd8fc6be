"""A supervisor and its worker as a process of their own, and what the worker told."""

import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
Stops().install()
os._exit(guard(work, on_death=on_death, bounds=Bounds(deadline={deadline}, grace={grace}), echo={echo}))
"""


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


@contextmanager
def supervised(tmp_path: Path) -> Iterator[Run]:
    """A function that starts work under supervision, in a process group of its own."""
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
        running.process.communicate()
