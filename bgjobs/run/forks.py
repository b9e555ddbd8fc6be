"""Processes that a job's code forks, and that come back from it into ours."""

import os
import sys
from types import TracebackType


class Alone:
    """A context to call a job's code in: a process that the code forked does not leave it.

    It would go on with the run beside its parent, over the same connection. A fork that minds its
    own end, as those of subprocess and multiprocessing do, never comes here.
    """

    __slots__ = ("_pid",)

    def __init__(self) -> None:
        self._pid = os.getpid()

    def __enter__(self) -> None:
        """Nothing is to be done beforehand."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if os.getpid() != self._pid:
            _leave(error)

    def stay(self) -> None:
        """Do what the end of the context does, in a `finally` that costs less for each record."""
        if os.getpid() != self._pid:
            _leave(sys.exception())


def _leave(error: BaseException | None) -> None:
    """End as the process would have, had it run to the end of a script."""
    status = 0
    if isinstance(error, SystemExit):
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    elif error is not None:
        sys.excepthook(type(error), error, error.__traceback__)
        status = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue
    os._exit(status & 0xFF)
