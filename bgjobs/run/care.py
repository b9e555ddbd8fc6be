"""One batch worked with care: its failing records are found, listed, and left out."""

import time
from collections.abc import Callable, Sequence

from bgjobs.errors import JobFailedError
from bgjobs.job import Job
from bgjobs.record import Counts
from bgjobs.run.calls import Calls, Failed
from bgjobs.run.effects import Effects
from bgjobs.run.isolate import Part, isolate
from bgjobs.run.task import SYSTEMATIC, Task
from bgjobs.store.blame import Blame
from bgjobs.store.connection import of_records
from bgjobs.store.lending import check_transaction, lend, take_back
from bgjobs.store.pages import Key, Page, Pages
from bgjobs.store.setbased import SetBased

# Works a part of a page that follows a cursor; returns how many of its records were skipped.
Attempt = Callable[[Page, Key | None, Part], int]


class Care:
    """Works the batch behind the lease's cursor, down to single records where it has to."""

    def __init__(self, task: Task, pages: Pages, effects: Effects, attempt: Attempt) -> None:
        self.task = task
        self.pages = pages
        self.effects = effects
        self._attempt = attempt
        self._checks_constraints = False
        self.size = 0

    def work(self) -> bool:
        """Work one batch of `size` and commit it; whether another may follow.

        Raises:
            JobFailedError: More records failed than the job allows.
            Exception: What no single record can be the cause of.
        """
        try:
            return self._work()
        except Exception as error:
            if self._checks_constraints or not of_records(error):
                raise
            # Each part went through and the COMMIT did not: a deferred constraint refused it.
            self.task.batches.rollback()
            self._checks_constraints = True
            return self._work()

    def _work(self) -> bool:
        batches, run = self.task.batches, self.task.run
        standing = batches.standing(batches.begin())
        run.counters, run.outbox = dict(standing.counters), []
        size = self.task.size(standing.counts)
        with Blame("select"):
            page = self.pages.read(self.pages.ask(standing.cursor, standing.until, size))
        self.size = page.size
        if not page.size:
            batches.rollback()
            return False
        failed, skipped = self._isolate(page, standing.cursor)
        self.effects.list_failed(page, failed)
        self.effects.heal(page, failed)
        done = page.size - len(failed) - skipped
        counts = Counts(page.size, done, skipped, len(failed), 1)
        batches.end_batch(page.last, counts, run.counters)
        began = time.monotonic()
        answer = batches.commit()
        self.task.rhythm.committed(time.monotonic() - began)
        if not batches.committed(answer):
            raise JobFailedError("the server rolled the batch back: an error was swallowed")
        total = standing.counts.plus(counts)
        self.task.progress(total.read)
        if failed:
            self.task.allow(total, failed[-1].error, page.key(failed[-1].place))
        return page.full

    def _isolate(self, page: Page, cursor: Key | None) -> tuple[list[Failed], int]:
        run = self.task.run
        failed: list[Failed] = []
        skipped = 0

        def attempt(part: Part) -> None:
            nonlocal skipped
            counters, run.outbox = dict(run.counters), []
            try:
                number = self._attempt(page, cursor, part)
                if self._checks_constraints:
                    self.task.batches.check_constraints()
                skipped += number
            except Exception:
                run.counters = counters
                raise

        def fail(index: int, error: Exception) -> None:
            failed.append(Failed(index, error))
            if len(failed) > SYSTEMATIC:
                total = Counts(read=page.size, failed=len(failed))
                self.task.allow(total, error, page.key(index))

        isolate(self.task.batches, _cuts(page, self.task.job), attempt, fail)
        return sorted(failed, key=lambda one: one.place), skipped


def _cuts(page: Page, job: Job) -> Sequence[int]:
    """Where a page may be cut: between records, or where a group is worked as one, between groups.

    A handler per record is called for each by itself anyway.
    """
    if not job.group_by or (job.handler is not None and job.per == "record"):
        return range(page.size + 1)
    keys = page.keys()
    groups = [key[: len(job.group_by)] for key in keys]
    inner = [place for place in range(1, page.size) if groups[place] != groups[place - 1]]
    return [0, *inner, page.size]


def calling(task: Task, calls: Calls, effects: Effects) -> Attempt:
    """Attempt parts by calling the handler, with the connection for whom wants it."""

    def attempt(page: Page, _cursor: Key | None, part: Part) -> int:
        connection = task.session.connection
        task.run.connecting = None if calls.concurrent else lambda: lend(connection)
        try:
            work = calls.call(page.records(part.start, part.end))
        except Exception as error:
            check_transaction(connection, error)
            raise
        finally:
            task.run.connecting = None
            take_back(connection)
        check_transaction(connection, work.failed[0].error if work.failed else None)
        effects.apply(work)
        effects.put_messages()
        return work.counts.skipped

    return attempt


def setting(work: SetBased) -> Attempt:
    """Attempt parts by the job's statement over their keys."""

    def attempt(page: Page, cursor: Key | None, part: Part) -> int:
        after = page.key(part.start - 1) if part.start else cursor
        work.part(after, page.key(part.end - 1))
        return 0

    return attempt
