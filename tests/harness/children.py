"""The children of this process: not only those of the test, a server of other tests is one too."""

import os
from pathlib import Path


def children() -> set[int]:
    """The pids of all that live or wait to be reaped."""
    me = os.getpid()
    return {int(pid) for pid in Path(f"/proc/{me}/task/{me}/children").read_text().split()}
