"""Points of a run at which the server stands still until the test lets it go on.

Triggers in the tables ask for an advisory lock that the test holds. So a run is stopped at a known
point from outside, without a line of the product knowing of it.
"""

import fcntl
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TextIO

import psycopg

from chaos.handlers import AT
from chaos.shapes import BATCH
from chaos.trial import Started, Trial
from chaos.waiting import until

_SECOND = AT // BATCH + 1
_FUNCTION = """
CREATE OR REPLACE FUNCTION stand() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE job text := coalesce(to_jsonb(NEW) ->> 'job', to_jsonb(NEW) -> 'details' ->> 'job_name');
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext(TG_NAME), hashtext(job));
    RETURN NEW;
END $$"""

BEFORE_ROW = "before the ledger row"
BEFORE_BATCH = "between ledger row and first batch"
IN_WORK = "inside the work"
IN_HANDLER = "inside the handler"
AFTER_WORK = "after the work, before COMMIT"
IN_COMMIT = "during COMMIT"
BEFORE_AUDIT = "after the last batch, before the audit row"

_TRIGGERS = {
    BEFORE_ROW: ("TRIGGER", "BEFORE INSERT ON bgjobs.run FOR EACH ROW"),
    BEFORE_BATCH: (
        "TRIGGER",
        (
            "BEFORE UPDATE ON bgjobs.lease FOR EACH ROW "
            "WHEN (OLD.in_batch IS NULL AND NEW.in_batch IS NOT NULL AND NEW.batches = 0)"
        ),
    ),
    IN_WORK: ("TRIGGER", f"BEFORE INSERT ON effect FOR EACH ROW WHEN (NEW.record = {AT})"),
    AFTER_WORK: (
        "TRIGGER",
        (
            "BEFORE UPDATE ON bgjobs.lease FOR EACH ROW "
            "WHEN (OLD.in_batch IS NOT NULL AND NEW.in_batch IS NULL "
            "AND NEW.batches > OLD.batches "
            f"AND (NEW.batches = {_SECOND} OR NEW.cursor = '[\"done\"]'))"
        ),
    ),
    IN_COMMIT: (
        "CONSTRAINT TRIGGER",
        (
            "AFTER INSERT ON effect DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            f"WHEN (NEW.record = {AT})"
        ),
    ),
    BEFORE_AUDIT: ("TRIGGER", "BEFORE INSERT ON audit_log FOR EACH ROW"),
}


class Gate:
    """One point at which jobs are held; the lock is a session's of its own."""

    def __init__(self, trial: Trial, point: str) -> None:
        self._name = point.lower().replace(" ", "_").replace(",", "")
        self._session = psycopg.connect(trial.direct, autocommit=True, prepare_threshold=None)
        kind, when = _TRIGGERS[point]
        trial.watch.execute(_FUNCTION.encode())
        trial.watch.execute(f"CREATE {kind} {self._name} {when} EXECUTE FUNCTION stand()".encode())
        self._watch = trial.watch

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        self._session.close()

    def shut(self, job: str) -> None:
        """Hold the job from now on."""
        self._session.execute(
            "SELECT pg_advisory_lock(hashtext(%s), hashtext(%s))", [self._name, job]
        )

    def wait(self, started: Started) -> int:
        """The server process that has come to the gate."""

        def waiting() -> list[int]:
            assert started.process.poll() is None, (
                f"{started.job} ended: {started.end()} {started.err}"
            )
            return self.at(started.job)

        return until(waiting, f"{started.job} at the gate")[0]

    def open(self, job: str) -> None:
        """Let it go on."""
        self._session.execute(
            "SELECT pg_advisory_unlock(hashtext(%s), hashtext(%s))", [self._name, job]
        )

    def at(self, job: str) -> list[int]:
        """The server processes that are at the gate."""
        rows = self._watch.execute(
            """SELECT l.pid FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
                WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()
                  AND l.classid::bigint = hashtext(%s)::bigint & 4294967295
                  AND l.objid::bigint = hashtext(%s)::bigint & 4294967295""",
            [self._name, job],
        ).fetchall()
        return [pid for (pid,) in rows]


class HandlerGate:
    """The same within Python code: a handler stands at record AT while the test has its file."""

    def __init__(self, trial: Trial) -> None:
        self._place = trial.project.path
        self._held: dict[str, TextIO] = {}

    def shut(self, job: str) -> None:
        """Hold the job from now on."""
        held = (self._place / f"{job}.gate").open("w", encoding="ascii")
        fcntl.flock(held, fcntl.LOCK_EX)
        self._held[job] = held

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        for job in list(self._held):
            self.open(job)

    def wait(self, started: Started) -> int:
        """Wait until the handler has come to the gate; there is no session to tell of."""
        reached = self._place / f"{started.job}.reached"

        def waiting() -> bool:
            assert started.process.poll() is None, (
                f"{started.job} ended: {started.end()} {started.err}"
            )
            return reached.exists()

        until(waiting, f"{started.job} at the gate")
        return 0

    def open(self, job: str) -> None:
        """Let it go on, and those that come later pass."""
        (self._place / f"{job}.gate").unlink()
        self._held.pop(job).close()


def standing(
    trial: Trial,
    gate: Gate | HandlerGate,
    shapes: Sequence[str],
    env: Mapping[str, str] | None = None,
    **more: Any,
) -> list[Started]:
    """Start a job of each shape; all are on their way to the gate, and stay there."""
    for shape in shapes:
        gate.shut(trial.job(shape, **more))
    return [trial.start(shape, env=env) for shape in shapes]
