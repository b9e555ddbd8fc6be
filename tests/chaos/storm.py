"""Faults at random moments of many small runs, by a seed, and what the tables say of them all."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from chaos.books import violations
from chaos.shapes import RECORDS, SUPERVISED
from chaos.trial import Started, Trial
from chaos.waiting import until

_FIRST_SLOT = datetime(2026, 1, 1, tzinfo=UTC)
# Whatever is done to a run, it ends with one of these; 70 is a bug.
_STATUSES = {0, 1, 69, 75, 130, 143, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT}

# So that there is work to be hit: the jobs' own takes no time at all.
_DAWDLE = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.004); RETURN NULL; END $$;
CREATE TRIGGER dawdle AFTER INSERT ON effect FOR EACH STATEMENT EXECUTE FUNCTION dawdle();
"""
Fault = Callable[["Flight"], None]


class Flight:
    """A start under way, and what it was started with."""

    def __init__(self, started: Started, slot: datetime, environ: Mapping[str, str]) -> None:
        self.started = started
        self.slot = slot
        self.environ = environ

    @property
    def job(self) -> str:
        """The job's name."""
        return self.started.job

    @property
    def lives(self) -> bool:
        """Whether the process has not ended."""
        return self.started.process.poll() is None

    def send(self, number: int) -> None:
        """Signal the process and its children, those of them that live."""
        for pid in (self.started.process.pid, *self.started.workers):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


class Storm:
    """Rounds of jobs of some shapes, each round with a slot of its own.

    Args:
        trial: Where the jobs run.
        seed: What all choices follow; when a fault comes about depends on the machine as well.
        faults: What may happen to a start, by name.
        routes: Environments that lead to the database, by name.
    """

    def __init__(
        self,
        trial: Trial,
        seed: int,
        shapes: Sequence[str],
        faults: Mapping[str, Fault],
        routes: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.trial = trial
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self._faults = faults
        self._routes = routes
        trial.watch.execute(_DAWDLE.encode())
        for shape in shapes:
            trial.job(shape, lease="5 s")

    def round(self) -> None:
        """Start every job for a new slot, let faults come, and see each through to its end.

        Raises:
            AssertionError: The tables say that something is wrong.
        """
        slot = _FIRST_SLOT + timedelta(minutes=self.counts["rounds"])
        self.counts["rounds"] += 1
        flights = [self._start(job, slot) for job in self.trial.jobs]
        for flight in self.random.sample(flights, len(flights)):
            self._meet(flight)
        for flight in flights:
            self._see_through(flight)
        self.check()

    def check(self) -> None:
        """Read the books.

        Raises:
            AssertionError: They do not balance.
        """
        until(self.trial.quiet, "the end of all sessions")
        wrong = violations(self.trial.watch, self.trial.secrets)
        said = [one.out + one.err for one in self.trial.started]
        wrong += [text for text in said if any(secret in text for secret in self.trial.secrets)]
        self.trial.started.clear()
        self.counts["violations"] += len(wrong)
        row = self.trial.watch.execute("SELECT count(*) FROM effect").fetchone()
        self.counts["records checked"] = row[0]
        assert wrong == []

    def _start(self, job: str, slot: datetime) -> Flight:
        self.counts["starts"] += 1
        environ = self._routes[self.random.choice(list(self._routes))]
        started = self.trial.start(job, "--slot", slot.isoformat(), env=environ)
        return Flight(started, slot, environ)

    def _meet(self, flight: Flight) -> None:
        """Wait for a moment of its work, or of its life, and let a fault come."""
        name = self.random.choice(list(self._faults))
        if self.random.random() < 0.7:
            self._wait_for(flight, self.random.randrange(RECORDS))
        time.sleep(self.random.uniform(0, 0.02 if self.random.random() < 0.7 else 0.3))
        if flight.lives:
            self.counts["faults"] += 1
            self.counts[f"  {name}"] += 1
            self._faults[name](flight)

    def _wait_for(self, flight: Flight, read: int) -> None:
        def there() -> bool:
            row = self.trial.watch.execute(
                "SELECT max(read) >= %s FROM bgjobs.lease WHERE job = %s",
                [read, flight.job],
            ).fetchone()
            return not flight.lives or bool(row[0])

        until(there, "progress, or an end")

    def _see_through(self, flight: Flight) -> None:
        """Start the job again, unharmed, until its slot is done.

        A run that lost its connection while it was opened may hold the lease until that runs out.
        """
        ends: list[tuple[int, str]] = []
        until(lambda: self._done(flight, ends), lambda: f"an end of {flight.job}, after {ends}")

    def _done(self, flight: Flight, ends: list[tuple[int, str]]) -> bool:
        status = flight.started.end()
        ends.append((status, flight.started.err))
        assert status in _STATUSES, (flight.job, ends)
        self.counts["runs killed"] += status in {-signal.SIGKILL, 1}
        until(lambda: self.trial.quiet(flight.job), "the end of its session")
        done = self.trial.watch.execute(
            "SELECT true FROM bgjobs.run WHERE (job, slot) = (%s, %s) AND status = 'success'",
            [flight.job, flight.slot],
        ).fetchone()
        if done is None:
            self.counts["starts"] += 1
            again = ("--slot", flight.slot.isoformat())
            flight.started = self.trial.start(flight.job, *again, env=flight.environ)
        return done is not None


def kill(flight: Flight) -> None:
    """SIGKILL of what cron started."""
    flight.started.send(signal.SIGKILL)


def kill_worker(flight: Flight) -> None:
    """SIGKILL of a process that calls the handler, where there is one."""
    workers = flight.started.workers if flight.job in SUPERVISED else []
    with suppress(ProcessLookupError):
        os.kill(max([*workers, flight.started.process.pid]), signal.SIGKILL)
