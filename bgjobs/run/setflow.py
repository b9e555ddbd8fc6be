"""Set-based batches in a flow: the next one is sent before this one is answered."""

from typing import NamedTuple

from bgjobs.errors import JobFailedError
from bgjobs.record import Counts
from bgjobs.run.care import Care
from bgjobs.run.passes import Passes
from bgjobs.run.recovery import Recovery
from bgjobs.run.task import Task
from bgjobs.store.batches import Row, Standing
from bgjobs.store.pages import Key, Pages
from bgjobs.store.pipelining import send_off
from bgjobs.store.setbased import SetBased


class Sent(NamedTuple):
    """A batch that was sent whole: its begin, and its commit."""

    begin: Row
    commit: Row
    limit: int


class SetFlow:
    """Sends batch after batch; the lease's own counts tell how large each one was."""

    def __init__(
        self, task: Task, pages: Pages, setbased: SetBased, careful: Care, passes: Passes
    ) -> None:
        self.task = task
        self.pages = pages
        self.setbased = setbased
        self.careful = careful
        self.recovery = Recovery(task)
        self._passes = passes
        self._until: Key | None = None

    def flow(self) -> bool:
        """Work on from the lease's cursor; False when a rest is due before the end.

        Raises:
            Exception: What befell a batch: it is not committed, those before it are.
        """
        standing = self._look()
        if standing is None:
            return True
        if self._watched:
            return self._one()
        with self.task.session.connection.pipeline():
            sent = self._send(leased=standing.cursor is not None)
            while True:
                ahead = self._send(leased=True)
                before, standing = standing, self.task.batches.standing(ahead.begin)
                self._committed(sent, standing)
                worked = standing.counts.read - before.counts.read
                if worked and standing.cursor == before.cursor:
                    raise JobFailedError(f"the key {standing.cursor} is not found by its own text")
                self.task.rhythm.worked(worked)
                if worked < sent.limit:
                    return True
                self.task.check(standing)
                sent = ahead

    @property
    def _watched(self) -> bool:
        """Whether each batch has to be looked at before the next one begins."""
        task = self.task
        return (
            task.rhythm.paced
            or task.limit is not None
            or task.run.dry_run
            or task.has_failed_records
            or bool(task.job.group_by)
        )

    def _look(self) -> Standing | None:
        """Read where the work stands, fixing its end where it has none; None without records."""
        batches = self.task.batches
        standing = batches.standing(batches.begin())
        self.task.check(standing)
        self.pages.refuse_unsound(standing.cursor, standing.until)
        if standing.cursor is None and self.task.job.until_empty:
            first = self.pages.read(self.pages.ask(None, None, self.task.rhythm.size))
            if not self._passes.begin(first):
                batches.rollback()
                return None
        self._until = standing.until
        if self._until is None and not self.task.job.until_empty:
            self._until = self.pages.last()
            if self._until is None:
                batches.rollback()
                return None
            batches.bound_shard(None, self._until)
        _ = self.pages.columns
        with self.task.session.connection.pipeline():
            batches.end_batch(None, Counts(), standing.counters)
            batches.commit()
        return standing

    def _one(self) -> bool:
        """Work one batch by its keys."""
        more = self.careful.work()
        self.task.rhythm.worked(self.careful.size)
        self.recovery.went_well()
        return not more

    def _send(self, *, leased: bool) -> Sent:
        batches = self.task.batches
        limit = self.task.rhythm.size
        connection = self.task.session.connection
        begin = batches.begin()
        # Answered before the batch is worked: the one behind it is sent meanwhile.
        send_off(connection)
        self.setbased.move(leased=leased, until=self._until, limit=limit)
        commit = batches.commit()
        send_off(connection)
        return Sent(begin, commit, limit)

    def _committed(self, sent: Sent, standing: Standing) -> None:
        if not self.task.batches.committed(sent.commit):
            raise JobFailedError("the server rolled the batch back")
        self.recovery.went_well()
        self.task.progress(standing.counts.read)
