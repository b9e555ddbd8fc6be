"""The signals a supervisor hears, as bytes on a descriptor that it can wait for."""

import os
import signal
from types import FrameType
from typing import Any, Self

from bgjobs.stopping import SIGNALS, STATUSES

_HEARD = (*STATUSES, signal.SIGCHLD)


class Signals:
    """A context that holds the signals back until `listen`, and in which a hangup kills nothing.

    `number` is readable when there is something to hear.
    """

    def __init__(self) -> None:
        self.number, self._bell = -1, -1
        self._before: dict[int, Any] = {}
        self._mask: set[int] = set()

    def __enter__(self) -> Self:
        self.number, self._bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._mask = set(signal.pthread_sigmask(signal.SIG_BLOCK, {*_HEARD, *SIGNALS}))
        # Also before the first fork: where SIGCHLD was ignored, the dead would leave no status.
        for number in _HEARD:
            self._before[number] = signal.signal(number, _heard)
        self._before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.set_wakeup_fd(self._bell, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._leave(self._before, self._mask)

    def listen(self) -> None:
        """Hear from now on; what came before is heard now."""
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def leave_to_worker(self) -> None:
        """In a forked worker: be as a fresh process, but hold back what it is not ready for."""
        handlers: dict[int, Any] = {
            signal.SIGHUP: signal.SIG_IGN,
            signal.SIGCHLD: signal.SIG_DFL,
            signal.SIGTERM: signal.SIG_DFL,
            signal.SIGINT: signal.default_int_handler,
        }
        self._leave(handlers, self._mask | SIGNALS)

    def heard(self) -> bytes:
        """The numbers of the signals since the last call, in their order."""
        try:
            return os.read(self.number, 512)
        except BlockingIOError:
            return b""

    def _leave(self, handlers: dict[int, Any], mask: set[int]) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(self.number)
        os.close(self._bell)


def _heard(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: a signal rings the bell only where Python handles it."""
