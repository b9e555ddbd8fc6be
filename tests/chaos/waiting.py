"""Waiting for something to be so, never for a time to pass."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 60.0
_POLL = 0.01
Found = TypeVar("Found")


def until(
    condition: Callable[[], Found], what: str | Callable[[], str], seconds: float = PATIENCE
) -> Found:
    """What the condition returns as soon as that is true.

    Raises:
        AssertionError: It is not, within the patience of a loaded machine.
    """
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            told = what if isinstance(what, str) else what()
            raise AssertionError(f"{told} did not come to be within {seconds:g} s")
        time.sleep(_POLL)
