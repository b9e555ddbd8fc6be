"""The records of a select through a Python handler, one network round trip a batch.

While Python works on a page, the server commits the batch before it and reads the page after it.
Memory holds no truth: after an error everything is read from the lease again.
"""

import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from bgjobs.errors import AnswerError, JobFailedError
from bgjobs.record import Counts
from bgjobs.run.calls import Calls, Work
from bgjobs.run.effects import Effects
from bgjobs.run.passes import Passes
from bgjobs.run.recovery import Recovery
from bgjobs.run.task import SYSTEMATIC, Task
from bgjobs.store.batches import Row, Standing
from bgjobs.store.json_text import read_quickly
from bgjobs.store.lending import check_transaction, lend, take_back
from bgjobs.store.pages import Asked, Key, Page, Pages
from bgjobs.store.pipelining import send_off

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Sent(NamedTuple):
    """A batch whose commit was sent, and the begin of the next: neither is known to have happened.

    `counts` is what the batch adds to its lease's.
    """

    commit: Row
    begin: Row | None
    counts: Counts


class Stream:
    """Works pages one after the other until there are none."""

    def __init__(
        self, task: Task, calls: Calls, pages: Pages, effects: Effects, passes: Passes
    ) -> None:
        self.task = task
        self.calls = calls
        self.pages = pages
        self.effects = effects
        self.recovery = Recovery(task)
        self._passes = passes
        # A handler that was seen to use the connection has nothing read ahead of it any more.
        single = task.limit is not None or task.run.dry_run or calls.concurrent
        self.pinned = single or not task.job.read_ahead
        self._used = False
        self._broken: Exception | None = None
        self._more = True
        self._pipeline: AbstractContextManager[Any] | None = None
        self._sent: list[Sent] = []
        self._asked: Asked | None = None
        self._standing: Standing | None = None
        self._until: Key | None = None

    def flow(self) -> bool:
        """Work on from the lease's cursor; False when it paused before the end.

        Raises:
            Exception: What befell a batch: it is not committed, those before it are.
        """
        try:
            page: Page | None = self._open()
            while page is not None and page.size:
                self._look_ahead(page)
                page = self._finish(page, self._call(page))
                if page is None and self._more:
                    return False
            self.task.batches.rollback()
            return True
        finally:
            self.task.run.connecting = None
            self._sent, self._asked = [], None
            self._leave()

    def _open(self) -> Page | None:
        batches = self.task.batches
        read_quickly(self.task.session.connection)
        self._standing = standing = batches.standing(batches.begin())
        self.task.run.counters, self.task.run.outbox = dict(standing.counters), []
        self.task.check(standing)
        self.pages.refuse_unsound(standing.cursor, standing.until)
        self._until = standing.until
        if self._until is None and not self.task.job.until_empty:
            self._until = self.pages.last()
            if self._until is None:
                return None
        _ = self.pages.columns  # asked for by itself: in a pipeline there is no answer yet
        with self.task.session.connection.pipeline():
            if standing.until is None and self._until is not None:
                batches.bound_shard(None, self._until)
            asked = self._ask(standing.cursor, standing.counts)
        page = self.pages.read(asked)
        if standing.cursor is None and not self._passes.begin(page):
            return None
        return page

    def _ask(self, after: Key | None, counts: Counts) -> Asked:
        return self.pages.ask(after, self._until, self.task.size(counts))

    def _look_ahead(self, page: Page) -> None:
        if page.full and self._asked is None and not self.pinned and not self.task.rhythm.paced:
            self._enter()
            self._asked = self._ask(page.last, Counts())
            self._flush()

    def _call(self, page: Page) -> Work:
        connection = self.task.session.connection
        self._used, self._broken = False, None
        self.task.run.connecting = self._lend
        try:
            work = self.calls.call(page.records())
        except Exception as error:
            if self._used:
                check_transaction(connection, error)
            if self._broken is not None:
                raise self._broken from None
            raise
        finally:
            self.task.run.connecting = None
            take_back(connection)
        if self._broken is not None:
            raise self._broken
        if self._used:
            self._asked = None
            # What a failed record's handler wrote has to be undone alone.
            check_transaction(connection, work.failed[0].error if work.failed else None)
        return work

    def _lend(self) -> Any:  # noqa: ANN401 - the driver's, known to store alone
        if self.calls.concurrent:
            raise AnswerError(
                "run.connection cannot be shared by concurrent handlers; "
                "return columns for the job's statement, or set concurrency = 1"
            )
        if self._broken is not None:
            raise self._broken
        try:
            self._confirm()
            self._leave()
        except Exception as error:
            # It befell the batch before this one: no record of the handler's is to blame.
            self._broken = error
            raise
        self.pinned = self._used = True
        return lend(self.task.session.connection)

    def _confirm(self) -> None:
        """Wait for what was sent: the commits of the batches before, the begin of this one."""
        if self._sent and self._sent[-1].begin is None:
            self._leave()
        while self._sent:
            self._settle()

    def _settle(self) -> None:
        """Learn what became of the oldest batch that was sent."""
        sent = self._sent.pop(0)
        if sent.begin is not None:
            self._standing = self.task.batches.standing(sent.begin)
        if not self.task.batches.committed(sent.commit):
            raise JobFailedError("the server rolled the batch back: an error was swallowed")
        self.recovery.went_well()
        if self._standing is not None:
            self.task.progress(self._standing.counts.read)

    def _await(self, asked: Asked) -> Page:
        """Wait for a page, and learn of the batches that were answered before it came."""
        page = self.pages.read(asked)
        while self._sent and (begin := self._sent[0].begin) is not None and begin.pgresult:
            self._settle()
        return page

    def _finish(self, page: Page, work: Work) -> Page | None:
        """End the batch and begin the next; returns the page that follows, None at the end."""
        self._refuse_systematic(page, work)
        self.task.rhythm.worked(page.size)
        following = self._await(self._asked) if self._asked is not None else None
        self._asked = None
        standing = self._standing
        assert standing is not None  # noqa: S101 - a batch was begun
        total = standing.counts
        for counts in (*(sent.counts for sent in self._sent), work.counts):
            total = total.plus(counts)
        stop = self._must_stop(standing, total, work)
        self._more = page.full and (following is None or following.size > 0)
        self._enter()
        if following is not None and following.full and not stop:
            # Ahead of the writes: it travels while they are done.
            self._asked = self._ask(following.last, total)
            self._flush()
        self.effects.write(page, work)
        self.task.batches.end_batch(page.last, work.counts, self.task.run.counters)
        commit = self.task.batches.commit()
        if stop or not self._more:
            self._sent.append(Sent(commit, None, work.counts))
            began = time.monotonic()
            self._confirm()
            self.task.rhythm.committed(time.monotonic() - began)
            self._standing = standing = (self._standing or standing)._replace(counts=total)
            self.task.progress(total.read)
            self._judge(standing, total, page, work)
            return None
        begin = self.task.batches.begin()
        self._sent.append(Sent(commit, begin, work.counts))
        if following is None:
            asked = self._ask(page.last, total)
            self._flush()
            self._confirm()
            return self.pages.read(asked)
        self._flush()
        return following

    def _must_stop(self, standing: Standing, total: Counts, work: Work) -> bool:
        limit = self.task.limit
        return (
            standing.stop is not None
            or self.task.stops.wanted
            or (limit is not None and total.read >= limit)
            or self.task.rhythm.paced
            or (bool(work.failed) and self.task.must_judge(total))
        )

    def _judge(self, standing: Standing, total: Counts, page: Page, work: Work) -> None:
        if work.failed:
            worst = work.failed[-1]
            self.task.allow(total, worst.error, page.key(worst.place))
        if self._more:
            self.task.check(standing)

    def _refuse_systematic(self, page: Page, work: Work) -> None:
        """Take no batch for worked of which so many fail that the fault is not the records'."""
        if len(work.failed) > SYSTEMATIC:
            worst = work.failed[-1]
            found = Counts(read=page.size, failed=len(work.failed))
            self.task.allow(found, worst.error, page.key(worst.place))

    def _enter(self) -> None:
        if self._pipeline is None:
            self._pipeline = self.task.session.connection.pipeline()
            self._pipeline.__enter__()

    def _flush(self) -> None:
        send_off(self.task.session.connection)

    def _leave(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            # With an error on its way, those of the statements behind it are not raised over it.
            pipeline.__exit__(*sys.exc_info())
