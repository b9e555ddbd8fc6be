"""Waiting for something to be so, never for a time to pass."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

PATIENCE = 60.0
Found = TypeVar("Found")


def until(fact: Callable[[], Found], what: str) -> Found:
    """What the fact returns as soon as that is true; fails after a loaded machine's patience."""
    end = time.monotonic() + PATIENCE
    while not (found := fact()):
        assert time.monotonic() < end, f"waited {PATIENCE:g} s in vain until {what}"
        time.sleep(0.01)
    return found


def children(pid: int) -> list[int]:
    """The processes that a process has started and that are not gone."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [int(child) for child in found if not gone(int(child))]


def gone(pid: int) -> bool:
    """Whether a process is no more than a corpse that nobody has looked at yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"
