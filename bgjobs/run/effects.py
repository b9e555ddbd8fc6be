"""What a worked batch writes: the handler's rows, failed records, messages for the outbox."""

from collections.abc import Sequence

from bgjobs.run import fault
from bgjobs.run.calls import Failed, Work
from bgjobs.run.task import Task
from bgjobs.store.pages import Page, Pages
from bgjobs.store.results import Results


class Effects:
    """Sends a batch's writes inside its transaction."""

    def __init__(self, task: Task, pages: Pages | None) -> None:
        self.task = task
        self._pages = pages
        self.failed_keys: set[tuple[str, ...]] = set()
        text = task.job.statement
        self._results = Results(task.session, text, task.values) if text else None

    def write(self, page: Page, work: Work) -> None:
        """Send everything that a batch writes."""
        self.apply(work)
        self.list_failed(page, work.failed)
        self.heal(page, work.failed)
        self.put_messages()

    def apply(self, work: Work) -> None:
        """Send the job's statement over the rows that the handler returned."""
        if self._results is not None and work.rows:
            columns = self._pages.columns if self._pages is not None else None
            self._results.apply(work.rows, columns)

    def list_failed(self, page: Page, failed: Sequence[Failed]) -> None:
        """List the records that failed."""
        for index, error in failed:
            failure = fault.failure(error, self.task.mask)
            self.task.batches.fail_record(page.name(index), self.task.run.slot, failure)
            self.failed_keys.add(tuple(page.key(index)))

    def heal(self, page: Page, failed: Sequence[Failed]) -> None:
        """Take the records that did not fail off the list of those that had."""
        if self.task.has_failed_records or self.failed_keys:
            still = {one.place for one in failed}
            done = [page.name(index) for index in range(page.size) if index not in still]
            self.task.batches.heal_records(done)

    def put_messages(self) -> None:
        """Put what handlers have sent into the outbox."""
        run = self.task.run
        messages, run.outbox = run.outbox, []
        for key, payload in messages:
            self.task.batches.put_message(key, payload)
