"""Sending the messages of the outbox, after the batches that wrote them are committed.

A message is taken in one transaction, sent, and marked in another. Whoever dies in between leaves
a message of which nobody knows whether it went out: it is listed as failed and not sent again by
itself. So each message is accepted at most once, unless a person has it sent again.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bgjobs.errors import BgjobsError
from bgjobs.handler import Message, OutcomeUnknownError
from bgjobs.record import Counts
from bgjobs.run import fault
from bgjobs.run.backoff import wait
from bgjobs.run.forks import Alone
from bgjobs.run.recovery import Recovery
from bgjobs.run.senders import Senders
from bgjobs.run.task import SYSTEMATIC, Task
from bgjobs.store.outbox import Outbox, Taken, Told

TRIES = 3
_LONGEST = 30.0


class Sent(NamedTuple):
    """A message that was tried, and the error where it failed."""

    message: Taken
    error: BaseException | None


class Delivery:
    """Sends what waits in a job's outbox."""

    def __init__(self, task: Task, send: Callable[[Message], Any]) -> None:
        self._task = task
        self._send = send
        self._outbox = Outbox(task.session, task.batches.lease, task.run.slot)
        # A server that refused one message may take the next: only that one has to rest.
        self._resting: dict[int, float] = {}
        self._counts = Counts()
        self._failed = 0
        self._sent = 0
        self._worst: Sent | None = None

    def deliver(self, *, listed: bool = False) -> bool:
        """Send until nothing waits, or the run is asked to stop; what is in the air lands first.

        Returns whether any failed, with which what failed in the run is found to be allowed.

        Args:
            listed: Whether also those are sent again that are on the list of what failed.

        Raises:
            TooManyFailedError: More messages failed than the job allows.
            LeaseLostError: Another run took the lease.
        """
        if listed:
            self._soundly(self._outbox.renew_messages)
        self._failed += self._soundly(self._outbox.orphaned_messages)
        self._settle([])
        with Senders(self._one, self._task.job.concurrency) as senders:
            try:
                self._send_all(senders)
            except KeyboardInterrupt:
                # What has landed by now is known; of the rest nobody will know.
                self._settle(senders.landed(0))
                raise
        if self._failed:
            worst = self._worst
            self._task.allow(
                self._judged,
                worst and worst.error,
                f"message {worst.message.key}" if worst else None,
                final=self._task.run.shards == 1,
                unsent=self._failed,
            )
        return self._failed > 0

    def _send_all(self, senders: Senders[Taken, Sent]) -> None:
        every = self._outbox.lease.ttl / 3
        while self._start(senders) or not senders.idle or self._rest(every):
            self._settle(senders.landed(every))

    def _start(self, senders: Senders[Taken, Sent]) -> bool:
        """Send as much as can be at once; whether there was anything."""
        now = time.monotonic()
        self._resting = {id_: due for id_, due in self._resting.items() if due > now}
        if self._task.stops.wanted or not senders.free or self._hopeless:
            return False
        with self._task.stops.shield():
            taken = self._soundly(
                lambda: self._outbox.claim_messages(senders.free, self._resting.keys())
            )
            senders.start(taken)
        return bool(taken)

    @property
    def _hopeless(self) -> bool:
        return self._failed > SYSTEMATIC and self._task.too_many(self._judged)

    @property
    def _judged(self) -> Counts:
        """The run's counts; a share is one of the messages where it has read fewer records."""
        tried = self._sent + self._failed
        return self._counts._replace(read=max(self._counts.read, tried))

    def _rest(self, every: float) -> bool:
        """Wait for the next message that rests; whether there is one."""
        if not self._resting or self._task.stops.wanted or self._hopeless:
            return False
        due = min(self._resting.values()) - time.monotonic()
        self._task.stops.pause(min(max(due, 0), every))
        return True

    def _one(self, taken: Taken) -> Sent:
        message = Message(taken.key, taken.payload, taken.attempt)
        try:
            with Alone():
                answer = self._send(message)
                if hasattr(answer, "__await__"):
                    from bgjobs.run.calls import complete

                    complete(answer)
        except BaseException as error:  # noqa: BLE001 - sys.exit in a thread is an error as well
            return Sent(taken, error)
        return Sent(taken, None)

    def _settle(self, sent: Sequence[Sent]) -> None:
        """Record what is known, and renew the lease; forgotten, a message would be in doubt."""
        told = [self._told(one) for one in sent]
        with self._task.stops.shield():
            kept = self._soundly(lambda: self._outbox.mark_messages(told))
        self._counts = kept.counts
        if kept.stop is not None:
            self._task.stops.ask(kept.stop)

    def _told(self, sent: Sent) -> Told:
        message, error = sent
        if error is None:
            self._sent += 1
            return Told(message.id)
        failure = fault.failure(error, self._task.mask)
        if message.attempt < TRIES and not isinstance(error, OutcomeUnknownError):
            first = self._task.job.retry_delay.total_seconds()
            seconds = wait(first, message.attempt - 1, longest=_LONGEST)
            self._resting[message.id] = time.monotonic() + seconds
            return Told(message.id, failure, again=True)
        self._failed += 1
        self._worst = sent
        return Told(message.id, failure)

    def _soundly(self, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the call returns
        """Ask the database, again where it was lost: what is asked for can be done twice."""
        recovery = Recovery(self._task)
        while True:
            try:
                return call()
            except BgjobsError:
                raise
            except Exception as error:  # noqa: BLE001 - what it means is decided there
                recovery.again(error)
