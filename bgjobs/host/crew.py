"""Processes that do a run's work, and the supervisor that outlives them.

A job's own code may end its process without a word: by os._exit, a segmentation fault, the kernel's
killer of memory hogs. Hence it works in a child. The parent imports next to nothing and waits: it
notices such a death, kills what hangs beyond its deadline, keeps what was printed, and takes for a
success only what the work itself reports as its end.
"""

import faulthandler
import os
import select
import sys
import time
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from bgjobs.errors import ExitStatus, NotNowError
from bgjobs.host.member import Death, Member
from bgjobs.host.output import Output
from bgjobs.host.printed import flush
from bgjobs.host.signals import Signals
from bgjobs.host.worker import Worker, die_with
from bgjobs.stopping import STATUSES, Asked, relay

Work = Callable[[Worker], int]

# For the last output to be shown by a slow terminal.
_SHORT = 1.0
_AT_ONCE = 3


class Bounds(NamedTuple):
    """Times of a crew in seconds.

    `grace` is what a worker is given to end by itself after its deadline, and after a second
    request to stop; a third ends it at once. `deadline` holds until the worker tells another by
    `Worker.limit`. `every` is how often to beat.
    """

    deadline: float | None = None
    grace: float = 10.0
    every: float = 5.0


UNBOUND = Bounds()


def crew(
    work: Work,
    workers: int,
    *,
    on_death: Callable[[Death], int],
    bounds: Bounds = UNBOUND,
    beat: Callable[[], None] | None = None,
    echo: bool = False,
    bar: bool = False,
    heard: Callable[[str], None] | None = None,
) -> list[int]:
    """Do the work in as many processes, and return their exit statuses.

    The status of a worker that dies is what `on_death` returns, called when all have ended. With
    `echo` what workers print within `Worker.captured` is passed on to our own stdout and stderr;
    with `bar` as well, one is drawn meanwhile in the last line of the terminal. What `beat` raises
    ends the workers at once, and is raised.

    SIGTERM, SIGINT and what relays them are blocked in a worker until `Stops.install`. Call it
    before there is a connection or a thread.

    Raises:
        NotNowError: No process can be started.
    """
    supervisor = _Supervisor(work, bounds, beat, Output(echo=echo, bar=bar))
    members = supervisor.run(workers)
    printed = supervisor.printed
    if heard is not None:
        heard(printed)
    return [m.told if m.told is not None else on_death(m.death(printed)) for m in members]


class _Supervisor:
    def __init__(
        self, work: Work, bounds: Bounds, beat: Callable[[], None] | None, output: Output
    ) -> None:
        self.printed = ""
        self._work = work
        self._bounds = bounds
        self._beat = beat
        self._output = output
        self._signals = Signals()
        self._members: list[Member] = []
        self._asked = Asked(time.monotonic)
        self._beat_at = 0.0

    def run(self, workers: int) -> list[Member]:
        flush()
        with self._signals:
            try:
                for shard in range(1, workers + 1):
                    self._members.append(self._fork(shard))
                self._output.only_read()
                self._watch()
                self.printed = self._output.drain(_SHORT).decode(errors="replace")
            finally:
                self._close()
        return self._members

    def _fork(self, shard: int) -> Member:
        up, told = os.pipe()
        told_back, down = os.pipe()
        life, alive = os.pipe()
        os.set_blocking(up, False)
        os.set_blocking(down, False)
        try:
            pid = os.fork()
        except OSError as error:
            raise NotNowError(f"no process can be started: {error.strerror}") from None
        member = Member(shard, pid, up, down, alive)
        if pid == 0:
            for other in (*self._members, member):
                other.close()
            self._be(shard, told, told_back, life)
        for number in (told, told_back, life):
            os.close(number)
        return member

    def _be(self, shard: int, told: int, told_back: int, life: int) -> NoReturn:
        worker = Worker(shard, up=told, down=told_back, out=self._output.out, err=self._output.err)
        status = int(ExitStatus.BUG)
        try:
            die_with(life)
            self._output.only_print()
            self._signals.leave_to_worker()
            # The last thing a crash prints is where it happened.
            faulthandler.enable(self._output.err)
            status = self._work(worker)
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else int(ExitStatus.JOB_FAILED)
        except BaseException:  # noqa: BLE001 - what the work lets out is a bug of its, and shown
            sys.excepthook(*sys.exc_info())
        finally:
            worker.end(status)

    def _watch(self) -> None:
        now = time.monotonic()
        self._beat_at = now + self._bounds.every
        if self._bounds.deadline is not None:
            for member in self._members:
                member.deadline = now + self._bounds.deadline
        self._signals.listen()
        while any(member.ended is None for member in self._members):
            self._look(self._wait())
            self._mind_the_time()

    def _wait(self) -> set[int]:
        poll = select.poll()
        told = [member.up for member in self._members if not member.deaf]
        for number in (self._signals.number, *told, *self._output.readable()):
            poll.register(number, select.POLLIN)
        for number in self._output.writable():
            poll.register(number, select.POLLOUT)
        living = [member for member in self._members if member.ended is None]
        moments = [moment for member in living for moment in (member.deadline, member.kill_at)]
        known = [moment for moment in moments if moment is not None]
        known += [self._beat_at] if self._beat else []
        left = max(0.0, min(known) - time.monotonic()) * 1000 if known else None
        return {number for number, _ in poll.poll(left)}

    def _look(self, at: set[int]) -> None:
        for number in at.intersection(self._output.readable()):
            self._output.take(number)
        self._output.flush()
        for member in self._members:
            if member.up in at and member.hear():
                member.answer(self._output.drain(_SHORT))
        if self._signals.number in at:
            for number in self._signals.heard():
                self._hear(number)

    def _hear(self, number: int) -> None:
        if number not in STATUSES:
            for member in self._members:
                member.reap()
            return
        if not self._asked.again():
            return
        times = self._asked.times
        for member in self._members:
            member.tell(relay(number, times))
            if times > 1:
                grace = 0.0 if times >= _AT_ONCE else self._bounds.grace
                member.kill_in(grace, STATUSES[number])

    def _mind_the_time(self) -> None:
        now = time.monotonic()
        for member in self._members:
            member.mind(now, self._bounds.grace)
        if self._beat and now >= self._beat_at:
            self._beat()
            self._beat_at = time.monotonic() + self._bounds.every

    def _close(self) -> None:
        """Leave nobody behind, also where something was raised."""
        for member in self._members:
            member.kill()
            member.reap(wait=True)
            member.close()
        self._output.close()
