"""A process that does a run's work, as it is seen from within."""

import fcntl
import os
import select
import signal
from contextlib import suppress
from typing import NoReturn

from bgjobs.host.printed import Capture, flush, ready

# The supervisor answers at once, unless it is stopped or gone.
_PATIENCE = 5.0
# What a worker says: one byte, and so many more.
ASK = b"?"
END = b"!"
LIMIT = b"@"
SIZES = {ASK: 0, END: 1, LIMIT: 8}
NEVER = b"\xff" * 8
HEAD = 8


class Worker:
    """What the work is given: its shard, and the way to its supervisor.

    Attributes:
        shard: From 1.
        pid: Of this process; a process that the job forked, and that came back from the job's code
            by mistake, is told by another os.getpid().
    """

    def __init__(self, shard: int, *, up: int, down: int, out: int, err: int) -> None:
        self.shard = shard
        self.pid = os.getpid()
        self._up = up
        self._down = down
        self._sinks = (out, err)

    def captured(self) -> Capture:
        """A context in which all that is printed goes to the supervisor."""
        return Capture(*self._sinks)

    def printed(self) -> str:
        """The last 64 KiB of what the job and its children have printed until now.

        Empty where the supervisor does not answer. Where output is shown, it has been shown.
        """
        if self._down == -1 or os.getpid() != self.pid:
            return ""
        flush()
        try:
            os.write(self._up, ASK)
            size = int.from_bytes(self._receive(HEAD), "big")
            return self._receive(size).decode(errors="replace")
        except OSError:
            self._down = -1
            return ""

    def limit(self, seconds: float | None) -> None:
        """Tell the supervisor when this process means to have ended; None is never.

        It is taken for hung, and killed, when it lives on for longer than the grace after that.
        """
        told = NEVER if seconds is None else int(max(seconds, 0) * 1000).to_bytes(HEAD, "big")
        self._tell(LIMIT + told)

    def end(self, status: int) -> NoReturn:
        """Leave, telling the supervisor that this is the work's own end."""
        flush()
        self._tell(END + bytes((status & 0xFF,)))
        os._exit(status)

    def _tell(self, what: bytes) -> None:
        if os.getpid() == self.pid:
            with suppress(OSError):
                os.write(self._up, what)

    def _receive(self, size: int) -> bytes:
        received = b""
        while len(received) < size:
            if not ready(self._down, select.POLLIN, _PATIENCE):
                raise TimeoutError
            piece = os.read(self._down, size - len(received))
            if not piece:
                raise BrokenPipeError
            received += piece
        return received


def die_with(supervisor: int) -> None:
    """Have the kernel kill this process when the other end of a pipe is closed by death.

    The owner of an asynchronous descriptor gets a signal of its choice. prctl's PDEATHSIG does the
    same, but importing ctypes for it takes longer than all the rest of this.
    """
    fcntl.fcntl(supervisor, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(supervisor, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(supervisor, fcntl.F_GETFL)
    fcntl.fcntl(supervisor, fcntl.F_SETFL, flags | os.O_ASYNC)
    if ready(supervisor, select.POLLIN, 0):
        os._exit(1)  # it was closed before the kernel was asked to watch
