"""What ends a run early: signals, its deadline, and a wish from elsewhere."""

import os
import signal
import time
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

from bgjobs.errors import ExitStatus
from bgjobs.stopping import RELAYED, SIGNALS, STATUSES, Asked

# A timer set to nothing is off.
_AT_ONCE = 0.001


# The driver cancels the running statement for a KeyboardInterrupt and for nothing else.
class Stop(KeyboardInterrupt):
    """Ends the run at once, rolling back its batch.

    Attributes:
        status: To exit with where nothing knows better.
    """

    status = ExitStatus.INTERRUPTED


class Interrupted(Stop):
    """Asked a second time."""


class DeadlinePassed(Stop):
    """The timeout passed, or the window ended, within a batch."""


class Stops:
    """Tells the run when to end: `wanted` between batches, or a Stop raised amid one.

    The first SIGTERM or SIGINT is only noted. The second, and SIGALRM at the deadline, raise in
    the main thread, and again every five seconds until `restore`.

    `limited` is told after how many seconds the run is to end whenever that changes.

    Attributes:
        told: Called, within a signal's handler, when Ctrl-C is first heard.
        requested: The status to exit with: that of the first of all wishes; None without any.
        reason: Why, for the ledger.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        again: float = 5.0,
        limited: Callable[[float | None], None] = lambda _seconds: None,
    ) -> None:
        self.told: Callable[[], object] = lambda: None
        self.requested: ExitStatus | None = None
        self.reason: str | None = None
        self._monotonic = monotonic
        self._again = again
        self._limited = limited
        self._deadline: float | None = None
        self._why_then = ""
        self._asked = Asked(monotonic)
        self._before: dict[int, Any] = {}
        self._strike: Stop | None = None
        self._shields = 0
        self._held_back = False
        self._is_obeyed = False
        self._bed = allocate_lock()
        self._bed.acquire()
        self._follows_forks = False

    @property
    def wanted(self) -> bool:
        """Whether to end after the present batch."""
        left = self.remaining()
        if left is not None and left <= 0:
            self._request(ExitStatus.TIMED_OUT, self._why_then)
        return self.requested is not None

    def limit(self, seconds: float, reason: str) -> None:
        """End the run in `seconds` from now; of several limits the earliest holds."""
        moment = self._monotonic() + seconds
        if self._deadline is None or moment < self._deadline:
            self._deadline = moment
            self._why_then = reason
            self._limited(seconds)
            self._arm()

    def hand_on(self, to: "Stops") -> None:
        """Give the limit that holds here to the stops of another process of the same host."""
        left = self.remaining()
        if left is not None:
            to.limit(left, self._why_then)

    def unlimit(self) -> None:
        """Take the limits away: another run begins, with its own."""
        self._deadline = None
        self._is_obeyed = False
        self._limited(None)
        signal.setitimer(signal.ITIMER_REAL, 0)

    def obeyed(self) -> None:
        """Raise no more for what was asked so far: the work has ended, and is to be told of."""
        self._strike = None
        self._held_back = False
        self._is_obeyed = True
        if self._before:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def heed(self) -> None:
        """Raise again for what is asked from now on: more work begins under the same limit."""
        self._is_obeyed = False
        self._arm()

    def remaining(self) -> float | None:
        """Seconds until the deadline, negative after it; None where there is none."""
        return None if self._deadline is None else self._deadline - self._monotonic()

    def ask(self, reason: str, status: ExitStatus = ExitStatus.TERMINATED) -> None:
        """End the run after the present batch: a wish that came by another way than a signal."""
        self._request(status, reason)

    def pause(self, seconds: float) -> None:
        """Sleep, but no longer than until the run is asked to stop or its deadline passes."""
        left = self.remaining()
        if left is not None:
            seconds = min(seconds, left)
        # A handler of signals may release a lock, and wakes its waiter; nothing else is as safe.
        if seconds > 0 and self._bed.acquire(timeout=seconds):
            self._bed.release()

    @contextmanager
    def shield(self) -> Iterator[None]:
        """A context within which nothing is raised; what was held back is raised at its end."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
            if not self._shields:
                self._arm()
                if self._held_back:
                    self._held_back = False
                    self._hit()

    def install(self) -> Self:
        """Listen, in the main thread. A hangup and a closed pipe kill nothing from here on."""
        if self._before:
            return self
        if not self._follows_forks:
            # A process that a handler forks is not ours: it dies by a signal as others do.
            os.register_at_fork(after_in_child=self.restore)
            self._follows_forks = True
        wanted: dict[int, Any] = dict.fromkeys(STATUSES, self._on_signal)
        wanted |= dict.fromkeys(RELAYED, self._on_relay)
        wanted[signal.SIGALRM] = self._on_alarm
        wanted |= dict.fromkeys((signal.SIGHUP, signal.SIGPIPE), signal.SIG_IGN)
        for number, what in wanted.items():
            self._before[number] = signal.signal(number, what)
        self._arm()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        return self

    def restore(self) -> None:
        """Listen no more, and forget a stop that was held back."""
        before, self._before = self._before, {}
        self._held_back = False
        if before:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, what in before.items():
            signal.signal(number, what)

    def _request(self, status: ExitStatus, reason: str) -> None:
        if self.requested is None:
            self.requested = status
            self.reason = reason
            if self._bed.locked():
                self._bed.release()

    def _arm(self) -> None:
        """Set the timer, which a job's own signal.alarm() would have taken away."""
        left = self.remaining()
        due = self._strike is None and not self._is_obeyed
        if self._before and left is not None and due:
            signal.setitimer(signal.ITIMER_REAL, max(left, _AT_ONCE))

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._before and self._asked.again():
            self._hear(number, self._asked.times)

    def _on_relay(self, number: int, _frame: FrameType | None) -> None:
        original, times = RELAYED[number]
        if self._before and self._asked.told(times):
            self._hear(original, times)

    def _hear(self, number: int, times: int) -> None:
        name = signal.Signals(number).name
        self._request(STATUSES[number], f"stopped by {name}")
        if times == 1 and number == signal.SIGINT:
            self.told()
        if times > 1:
            self._strike = self._strike or Interrupted(f"stopped by {name} at once")
            self._hit()

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        if not self._before:
            return
        left = self.remaining()
        if self._strike is None:
            if left is None or left > 0 or self._is_obeyed:
                self._arm()
                return
            self._request(ExitStatus.TIMED_OUT, self._why_then)
            self._strike = DeadlinePassed(self._why_then)
        self._hit()

    def _hit(self) -> None:
        assert self._strike is not None  # noqa: S101 - who hits has chosen with what
        # A handler's bare `except:` may swallow it.
        signal.setitimer(signal.ITIMER_REAL, self._again)
        if self._shields:
            self._held_back = True
            return
        struck = type(self._strike)(*self._strike.args)
        struck.status = self.requested or struck.status
        raise struck
