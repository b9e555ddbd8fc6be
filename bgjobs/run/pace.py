"""How large batches are, and how long the run rests between them."""

import time
from collections.abc import Callable

from bgjobs.job import Job

# Bounds and growth after GitLab's batch optimizer: steps are small, or one odd batch swings it.
SMALLEST, LARGEST, FIRST = 10, 100_000, 500
_GROWTH, _WEIGHT = 1.2, 0.4


class Pace:
    """Adapts the batch size to a job's target, and rests between batches where the job says so.

    Args:
        job: `batch_size`, `batch_target`, `pause` and `throttle` count.
        health: How many seconds the database wants the run to wait; asked between batches.
        sleep: Rests, and wakes when the run is asked to stop.
        monotonic: Seconds on a clock that only rises.
    """

    def __init__(
        self,
        job: Job,
        *,
        sleep: Callable[[float], None],
        health: Callable[[], float] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._adapts = job.batch_size is None
        self.size = FIRST if job.batch_size is None else job.batch_size
        self._target = job.batch_target.total_seconds()
        self._pause = job.pause.total_seconds()
        self._health = health
        self._sleep = sleep
        self._monotonic = monotonic
        self._began: float | None = None
        self._average: float | None = None
        self.paced = self._pause > 0 or health is not None
        self.resting = False

    def began(self) -> None:
        """A batch begins."""
        if self._adapts:
            now = self._monotonic()
            if self._began is not None:
                self._learn(now - self._began)
            self._began = now

    def ended(self, records: int) -> None:
        """A batch of so many records was worked: a rest is due where the job is paced."""
        self.resting = self.paced and records > 0

    def rest(self) -> None:
        """Wait for the pause to pass, and for the database to be well."""
        self.resting = False
        self._began = None
        if self._pause:
            self._sleep(self._pause)
        if self._health is not None:
            wait = self._health()
            while wait > 0:
                self._sleep(wait)
                wait = self._health()

    def _learn(self, seconds: float) -> None:
        if self._average is None:
            self._average = seconds
        self._average += _WEIGHT * (seconds - self._average)
        factor = self._target / max(self._average, 0.001)
        factor = min(_GROWTH, max(1 / _GROWTH**3, factor))
        self.size = round(min(LARGEST, max(SMALLEST, self.size * factor)))
