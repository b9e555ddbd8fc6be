"""What one process works on: a job, its open run, its lease, and what bounds the work."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bgjobs.errors import BgjobsError, JobFailedError
from bgjobs.handler import Run
from bgjobs.job import Job
from bgjobs.mask import Mask
from bgjobs.record import Counts
from bgjobs.run.rhythm import Rhythm
from bgjobs.run.stops import Stops
from bgjobs.store.batches import Batches, Standing
from bgjobs.store.ledger import Ledger
from bgjobs.store.session import Session


class StoppedError(BgjobsError):
    """The run was asked to stop, and did so after its batch."""


class LimitReachedError(BgjobsError):
    """As many records as `--limit` asked for are done."""


class Task(NamedTuple):
    """Everything that a shape of work is given."""

    job: Job
    run: Run
    session: Session
    ledger: Ledger
    batches: Batches
    stops: Stops
    rhythm: Rhythm
    mask: Mask
    values: Mapping[str, Any]
    load: Callable[[], Callable[..., Any]] | None
    load_send: Callable[[], Callable[..., Any]] | None
    limit: int | None
    has_failed_records: bool
    reconnect: Callable[[], None]
    progress: Callable[[int], None]

    def check(self, standing: Standing) -> None:
        """Between batches: go on, or end.

        Raises:
            StoppedError: A signal, a deadline or `bgjobs stop` asked for it.
            LimitReachedError: Enough records are done.
        """
        if standing.stop is not None:
            self.stops.ask(standing.stop)
        if self.stops.wanted:
            raise StoppedError(self.stops.reason or "asked to stop")
        if self.limit is not None and standing.counts.read >= self.limit:
            raise LimitReachedError(f"stopped after {self.limit} records, as asked")

    def size(self, counts: Counts) -> int:
        """How many records the next page should have."""
        size = self.rhythm.size
        return size if self.limit is None else max(1, min(size, self.limit - counts.read))

    def allow(self, counts: Counts, worst: BaseException | None, key: object) -> None:
        """Accept the records that failed so far.

        Raises:
            JobFailedError: They are more than `max_failures` allows.
        """
        if worst is None or not self.job.max_failures.exceeded(counts.failed, counts.read):
            return
        text = self.mask(str(worst) or type(worst).__name__)
        raise JobFailedError(
            f"{counts.failed} of {counts.read} records failed, more than max_failures allows; "
            f"the last, {key}: {text}"
        ) from worst
