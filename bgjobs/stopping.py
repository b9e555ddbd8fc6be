"""Being asked to stop: by which signals, how often, and how a supervisor passes it on."""

import signal
from collections.abc import Callable, Mapping

from bgjobs.errors import ExitStatus

# timeout(1) signals its command and then its whole process group: one wish, heard twice.
_ONE_WISH = 0.025

STATUSES: Mapping[int, ExitStatus] = {
    signal.SIGINT: ExitStatus.INTERRUPTED,
    signal.SIGTERM: ExitStatus.TERMINATED,
}

# Ctrl-C reaches a supervisor and its workers, kill(1) only one of them. So what is passed on is
# not one more signal but how often the supervisor was asked so far, which may be heard twice.
RELAYED: Mapping[int, tuple[int, int]] = {
    signal.SIGRTMIN + 1: (signal.SIGINT, 1),
    signal.SIGRTMIN + 2: (signal.SIGINT, 2),
    signal.SIGRTMIN + 3: (signal.SIGTERM, 1),
    signal.SIGRTMIN + 4: (signal.SIGTERM, 2),
}
_RELAYS = {asked: number for number, asked in RELAYED.items()}

# A worker is born with these blocked, lest it be killed by one before it listens.
SIGNALS = frozenset({*STATUSES, *RELAYED})


class Asked:
    """Counts how often this process was asked to stop."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.times = 0
        self._monotonic = monotonic
        self._last = -1.0

    def again(self) -> bool:
        """Count a signal, unless it is the last one's echo; tells whether it counts."""
        now = self._monotonic()
        counts = self.times == 0 or now - self._last >= _ONE_WISH
        if counts:
            self.times += 1
            self._last = now
        return counts

    def told(self, times: int) -> bool:
        """Take over how often somebody else was asked; tells whether that is news.

        The signal itself may still be on its way here: it is then this wish's echo.
        """
        news = times > self.times
        if news:
            self.times = times
            self._last = self._monotonic()
        return news


def relay(number: int, times: int) -> int:
    """The signal that tells a worker that its supervisor was asked `times` times by `number`."""
    return _RELAYS[number, min(times, 2)]
