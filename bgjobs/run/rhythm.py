"""The rhythm of a run: how large its batches are, and how long it rests between them."""

import time
from collections.abc import Callable

from bgjobs.job import Job
from bgjobs.run.pace import Pace
from bgjobs.run.throttling import Throttling


class Rhythm:
    """Paces one job's batches.

    Args:
        job: `batch_size`, `batch_target`, `pause` and `lease` count.
        sleep: Rests, and wakes when the run is asked to stop.
        throttling: Holds the run back while the database is not well.
        beat: Renews the lease before each quarter of its length that is waited.
        monotonic: Seconds on a clock that only rises.

    Attributes:
        paced: Whether there are rests, so that nothing may be sent ahead of one.
        resting: Whether one is due now.
    """

    def __init__(
        self,
        job: Job,
        *,
        sleep: Callable[[float], None],
        throttling: Throttling | None = None,
        beat: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pace = Pace(job.batch_size, job.batch_target.total_seconds())
        self._pause = job.pause.total_seconds()
        self._every = job.lease.total_seconds() / 4
        self._sleep = sleep
        self._throttling = throttling
        self._beat = beat
        self._monotonic = monotonic
        self._began: float | None = None
        self.paced = self._pause > 0 or throttling is not None
        self.resting = False

    @property
    def size(self) -> int:
        """Of the next batch."""
        return self._pace.size

    def worked(self, records: int) -> None:
        """A batch of so many records was committed; from one to the next is what it took."""
        now = self._monotonic()
        if self._began is not None:
            self._pace.worked(records, now - self._began)
        self._began = now
        self.resting = self.paced and records > 0

    def stumbled(self) -> bool:
        """A batch ran into a timeout; whether the next ones may be smaller."""
        self._pace.stumbled()
        return self._pace.follows

    def committed(self, seconds: float) -> None:
        """A COMMIT took so long."""
        if self._throttling is not None:
            self._throttling.committed(seconds)

    def rest(self) -> None:
        """Wait for the pause to pass, and for the database to be well."""
        if not self.resting:
            return
        self.resting = False
        self._sleep_on()
        if self._throttling is not None:
            self._throttling.wait(self._beat)
        self._began = self._monotonic()

    def _sleep_on(self) -> None:
        left = self._pause
        while left > 0:
            if self._pause > self._every:
                self._beat()
            self._sleep(min(left, self._every))
            left -= self._every
