"""What one process works on: a job, its open run, its lease, and what bounds the work."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bgjobs.errors import BgjobsError, JobFailedError
from bgjobs.handler import Run
from bgjobs.job import Job
from bgjobs.mask import Mask
from bgjobs.record import Counts, told
from bgjobs.run import fault
from bgjobs.run.rhythm import Rhythm
from bgjobs.run.stops import Stops
from bgjobs.store.batches import Batches, Standing
from bgjobs.store.connection import idle
from bgjobs.store.ledger import Ledger
from bgjobs.store.session import Session
from bgjobs.store.shards import Shards

# So many failures in one batch, where they are not allowed, are no poison records but a fault.
SYSTEMATIC = 100


class StoppedError(BgjobsError):
    """The run was asked to stop, and did so after its batch."""


class TooManyFailedError(JobFailedError):
    """More records failed than the job allows."""


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

    def too_many(self, counts: Counts, *, final: bool = False) -> bool:
        """Whether more records failed than `max_failures` allows.

        A share of them is judged at the end: the bad ones may have come first.
        """
        allowed = self.job.max_failures
        if not final and counts.failed <= SYSTEMATIC:
            allowed = allowed._replace(ratio=None)
        return allowed.exceeded(counts.failed, counts.read)

    def must_judge(self, counts: Counts) -> bool:
        """Whether to look, now that a batch has failed records, if they are too many.

        Of a run that is worked by several processes none knows without asking.
        """
        return self.run.shards > 1 or self.too_many(counts)

    def allow(
        self,
        counts: Counts,
        worst: BaseException | None = None,
        key: object = None,
        *,
        final: bool = False,
        unsent: int = 0,
    ) -> None:
        """Accept the records that failed so far, `unsent` of them messages.

        Raises:
            TooManyFailedError: They are too many.
        """
        counts = self._overall(counts)
        if not self.too_many(counts, final=final):
            return
        last = ""
        if worst is not None:
            which = ", ".join(key) if isinstance(key, list) else key
            why = told(type(worst).__name__, self.mask(fault.message(worst)))
            last = f"; the last, {which}: {why}"
        what = f"{counts.failed - unsent} of {counts.read} records failed"
        if unsent:
            messages = "1 message was" if unsent == 1 else f"{unsent} messages were"
            what = f"{messages} not sent" + (f" and {what}" if counts.failed > unsent else "")
        raise TooManyFailedError(f"{what}, more than max_failures allows{last}") from worst

    def _overall(self, counts: Counts) -> Counts:
        """Those of all shards, between batches; else this batch's own."""
        if self.run.shards == 1 or not idle(self.session.connection):
            return counts
        return Shards(self.session).settled(self.run.id).counts
