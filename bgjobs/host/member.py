"""A worker as its supervisor sees it, and how one ends that does not come to its end."""

import os
import select
import signal
import time
from typing import NamedTuple

from bgjobs.errors import ExitStatus
from bgjobs.host.printed import ready
from bgjobs.host.worker import ASK, END, HEAD, LIMIT, NEVER, SIZES

# A worker that asked is waiting for the answer, unless it died since.
_SHORT = 1.0


class Death(NamedTuple):
    """How a worker ended that did not come to its end.

    Attributes:
        signal: By which it was killed, or None.
        status: With which it left behind the work's back, or None.
        stopped: The exit status due where the supervisor killed it, because it hung beyond its
            deadline or a second request to stop; None where it died by itself.
        output: The last of what all workers printed, as `Worker.printed` returns it.
    """

    shard: int
    pid: int
    signal: int | None
    status: int | None
    stopped: ExitStatus | None
    output: str

    @property
    def cause(self) -> str:
        """What the process came to, for a person."""
        if self.stopped is ExitStatus.TIMED_OUT:
            return "hung past its timeout and was killed"
        if self.stopped is not None:
            return "did not stop when asked twice, and was killed"
        if self.signal is not None:
            return f"was killed by {_name(self.signal)}"
        return f"ended itself with exit status {self.status} in the middle of its work (os._exit?)"


class Member:
    """One process of a crew.

    Attributes:
        up: Where it tells us things.
        deaf: Whether it has closed that.
        told: The exit status it reported as the work's own end.
        ended: The one it really ended with, negative for a signal; None while it lives.
        deadline: The moment until when it means to have ended, on time.monotonic(); or None.
        kill_at: The moment from when its life is over, or None.
    """

    def __init__(self, shard: int, pid: int, up: int, down: int, alive: int) -> None:
        self.shard = shard
        self.pid = pid
        self.up = up
        self.deaf = False
        self.told: int | None = None
        self.ended: int | None = None
        self.deadline: float | None = None
        self.kill_at: float | None = None
        self._why: ExitStatus | None = None
        self._stopped: ExitStatus | None = None
        self._heard = b""
        self._down = down
        self._alive = alive

    def hear(self) -> bool:
        """Read what the worker tells; returns whether it asks for what was printed."""
        try:
            heard = os.read(self.up, 512)
        except BlockingIOError:
            return False
        self.deaf = not heard
        self._heard += heard
        asks = False
        while self._heard and len(self._heard) > (size := SIZES[self._heard[:1]]):
            kind, more = self._heard[:1], self._heard[1 : 1 + size]
            self._heard = self._heard[1 + size :]
            asks |= kind == ASK
            self._understand(kind, more)
        return asks

    def _understand(self, kind: bytes, more: bytes) -> None:
        if kind == END:
            self.told = more[0]
        elif kind == LIMIT:
            never = more == NEVER
            self.deadline = None if never else time.monotonic() + int.from_bytes(more, "big") / 1000
            if self._why is ExitStatus.TIMED_OUT:
                self._why = self.kill_at = None

    def answer(self, printed: bytes) -> None:
        """Send what was printed."""
        rest = len(printed).to_bytes(HEAD, "big") + printed
        try:
            while rest and ready(self._down, select.POLLOUT, _SHORT):
                rest = rest[os.write(self._down, rest) :]
        except OSError:
            return

    def tell(self, number: int) -> None:
        """Send a signal, to a worker that lives."""
        if self.ended is None:
            os.kill(self.pid, number)

    def kill_in(self, seconds: float, why: ExitStatus) -> None:
        """Let it live for so long at most."""
        moment = time.monotonic() + seconds
        if self.kill_at is None or moment < self.kill_at:
            self.kill_at = moment
        self._why = self._why or why

    def mind(self, now: float, grace: float) -> None:
        """Take it for hung after its deadline, and kill it when its life is over."""
        if self.deadline is not None and now >= self.deadline:
            # From now, not from the deadline: both processes may have been stopped till long after.
            self.deadline = None
            self.kill_in(grace, ExitStatus.TIMED_OUT)
        if self.kill_at is not None and now >= self.kill_at:
            self.kill_at = None
            self._stopped = self._why
            self.kill()

    def kill(self) -> None:
        """Kill a worker that lives."""
        self.tell(signal.SIGKILL)

    def reap(self, *, wait: bool = False) -> None:
        """Notice the worker's end."""
        if self.ended is not None:
            return
        pid, status = os.waitpid(self.pid, 0 if wait else os.WNOHANG)
        if pid:
            self.hear()
            self.ended = os.waitstatus_to_exitcode(status)

    def death(self, output: str) -> Death:
        """How it ended, when it told nothing."""
        ended = self.ended or 0
        killed = -ended if ended < 0 else None
        left = ended if ended >= 0 else None
        return Death(self.shard, self.pid, killed, left, self._stopped, output)

    def close(self) -> None:
        """Close our ends; a worker that lives dies of it."""
        for number in (self.up, self._down, self._alive):
            os.close(number)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
