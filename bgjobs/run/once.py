"""Jobs that are one transaction: a single statement, or a single call of a handler."""

from collections.abc import Callable
from typing import Any

from bgjobs import statement
from bgjobs.errors import JobFailedError
from bgjobs.record import Counts
from bgjobs.run.effects import Effects
from bgjobs.run.forks import Alone
from bgjobs.run.recovery import Recovery
from bgjobs.run.task import Task
from bgjobs.store.blame import Blame
from bgjobs.store.lending import check_transaction, lend, take_back

_DONE = ["done"]


class Once:
    """Does the work in one batch, whose cursor says that it was done."""

    def __init__(self, task: Task, function: Callable[..., Any] | None) -> None:
        self.task = task
        self._function = function
        self.recovery = Recovery(task)
        self._effects = Effects(task, None)

    def flow(self) -> bool:
        """Do the work; after an unknown COMMIT the cursor tells that it was done already."""
        batches, run = self.task.batches, self.task.run
        standing = batches.standing(batches.begin())
        if standing.cursor == _DONE:
            batches.rollback()
            return True
        self.task.check(standing)
        run.counters, run.outbox = dict(standing.counters), []
        number = self._statement() if self._function is None else self._call(self._function)
        with self.task.session.connection.pipeline():
            self._effects.put_messages()
            batches.end_batch(_DONE, Counts(number, number, 0, 0, 1), run.counters)
            commit = batches.commit()
        if not batches.committed(commit):
            raise JobFailedError("the server rolled the work back: an error was swallowed")
        return True

    def _statement(self) -> int:
        text = statement.bind(statement.stripped(self.task.job.statement or ""))
        with Blame("statement"):
            cursor = self.task.session.connection.execute(text.encode(), self.task.values)
        return max(cursor.rowcount, 0)

    def _call(self, function: Callable[..., Any]) -> int:
        connection = self.task.session.connection
        self.task.run.connecting = lambda: lend(connection)
        try:
            with Alone():
                returned: Any = function(self.task.run)
                if hasattr(returned, "__await__"):
                    from bgjobs.run.calls import complete

                    returned = complete(returned)
        except Exception as error:
            check_transaction(connection, error)
            raise
        finally:
            self.task.run.connecting = None
            take_back(connection)
        check_transaction(connection)
        return returned if isinstance(returned, int) else 0
