"""Sending the messages of the outbox, after the batches that wrote them are committed.

A message is taken in one transaction, sent, and marked in another. Whoever dies in between leaves
a message of which nobody knows whether it went out: it is listed as failed and not sent again by
itself. So each message is accepted at most once, unless a person has it sent again.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bgjobs.handler import Message
from bgjobs.run import fault
from bgjobs.run.backoff import wait
from bgjobs.run.forks import Alone
from bgjobs.run.task import Task
from bgjobs.store.connection import healing
from bgjobs.store.outbox import UNKNOWN, Outbox, Taken, Told

TRIES = 3
_LONGEST = 30.0


class Sent(NamedTuple):
    """A message that was tried, and the error where it failed."""

    message: Taken
    error: Exception | None


class Delivery:
    """Sends what waits in a job's outbox."""

    def __init__(self, task: Task, send: Callable[[Message], Any]) -> None:
        self._task = task
        self._send = send
        self._outbox = Outbox(task.session, task.batches.lease)
        self._failed = 0
        self._worst: Exception | None = None

    def deliver(self) -> None:
        """Send until nothing waits, or the run is asked to stop.

        Raises:
            JobFailedError: More messages failed than the job allows.
        """
        if self._task.has_failed_records and self._task.run.slots:
            self._outbox.renew_messages()
        for key in self._outbox.orphaned_messages():
            self._list(key, _UnknownError(UNKNOWN))
        while not self._task.stops.wanted:
            stop = self._task.ledger.beat(self._outbox.lease)
            if stop is not None:
                self._task.stops.ask(stop)
                break
            taken = self._outbox.claim_messages(self._task.job.concurrency)
            if not taken:
                break
            self._settle(self._try(taken))
        if self._failed:
            counts = self._outbox.count_failed(self._failed)
            self._task.allow(counts, self._worst, "message")

    def _try(self, taken: Sequence[Taken]) -> list[Sent]:
        if len(taken) == 1:
            return [self._one(taken[0])]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(len(taken)) as pool:
            return list(pool.map(self._one, taken))

    def _one(self, taken: Taken) -> Sent:
        message = Message(taken.key, taken.payload, taken.attempt)
        try:
            with Alone():
                answer = self._send(message)
                if hasattr(answer, "__await__"):
                    from bgjobs.run.calls import complete

                    complete(answer)
        except Exception as error:  # noqa: BLE001 - whatever it is, this message was not sent
            return Sent(taken, error)
        return Sent(taken, None)

    def _settle(self, sent: Sequence[Sent]) -> None:
        told, done = [], []
        tries = 0
        for message, error in sent:
            if error is None:
                told.append(Told(message.id))
                done.append(["message", message.key])
                continue
            again = message.attempt < TRIES
            text = self._task.mask(str(error) or type(error).__name__)
            told.append(Told(message.id, None if again else text, again))
            if again:
                tries = max(tries, message.attempt)
            else:
                self._list(message.key, error)
        self._mark(told)
        if self._task.has_failed_records:
            self._task.batches.heal_records(done)
        if tries:
            # A server that refused one message may take the next; the wait is for this one's sake.
            first = self._task.job.retry_delay.total_seconds()
            self._task.stops.pause(wait(first, tries - 1, longest=_LONGEST))

    def _mark(self, told: Sequence[Told]) -> None:
        """Record what is known, whatever it takes: forgetting it would send a message twice."""
        while True:
            try:
                self._outbox.mark_messages(told)
            except Exception as error:
                if not healing(error):
                    raise
                self._task.reconnect()
            else:
                return

    def _list(self, key: str, error: Exception) -> None:
        self._failed += 1
        self._worst = error
        failure = fault.failure(error, self._task.mask)
        self._task.batches.fail_record(["message", key], self._task.run.slot, failure)


class _UnknownError(Exception):
    """Nobody knows whether a message went out."""
