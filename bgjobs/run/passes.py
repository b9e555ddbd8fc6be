"""Passes over a select that is to be worked until it returns nothing."""

from bgjobs.errors import JobFailedError
from bgjobs.record import Counts
from bgjobs.run.effects import Effects
from bgjobs.run.task import Task
from bgjobs.store.pages import Page


class Passes:
    """Starts passes anew, and notices when they make no headway."""

    def __init__(self, task: Task, effects: Effects) -> None:
        self._task = task
        self._effects = effects
        # None where a pass was gone on with whose first page this process has not seen.
        self._first: set[tuple[str, ...]] | None = None
        self._done: set[tuple[str, ...]] = set()

    def begin(self, page: Page) -> bool:
        """Look at the first page of a pass; whether there is more than what has failed already.

        Raises:
            JobFailedError: It has a record that the pass before has done.
        """
        self._first = set(map(tuple, page.keys()))
        stuck = self._first & self._done
        if stuck:
            key = ", ".join(min(stuck))
            raise JobFailedError(
                f"no progress: the select returns record ({key}) again after it was worked; with "
                "until_empty the work must take each record out of it"
            )
        return page.full or not self._first <= self._effects.failed_keys

    def another(self) -> bool:
        """Put the cursor back for one more pass, unless the last one found nothing to do."""
        run = self._task.run
        # A shard begins behind the one before it, and works what is there when the run begins.
        if not self._task.job.until_empty or run.dry_run or run.shards > 1:
            return False
        if self._first is not None:
            self._done = self._first - self._effects.failed_keys
            if not self._done:
                return False
        self._first = None
        batches = self._task.batches
        standing = batches.standing(batches.begin())
        batches.rewind_shard()
        batches.end_batch(None, Counts(), standing.counters)
        batches.commit()
        return True
