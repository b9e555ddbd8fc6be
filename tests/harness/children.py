"""The children of this process: not only those of the test, a server of other tests is one too."""

import os
from pathlib import Path


def children() -> set[int]:
    """The pids of all that live or wait to be reaped, by whichever of our threads they were forked.

    Read from each process's own record: a thread's list of its children is lost with the thread.
    """
    me = str(os.getpid())
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in parentheses may hold anything; its end is the last parenthesis.
            _state, parent = status.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == me:
            found.add(int(status.parent.name))
    return found
