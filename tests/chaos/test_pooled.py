"""The core of the faults once more, through a real PgBouncer in transaction mode."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.catalogue import Fault, check, fault
from chaos.fence import freeze, take_over
from chaos.gate import BEFORE_AUDIT, BEFORE_BATCH, IN_COMMIT, IN_WORK, Gate, HandlerGate, standing
from chaos.shapes import ONCE, OWN, ROWS, SET
from chaos.trial import SLOT, Trial
from harness.project import Project

THROUGH = " through PgBouncer"
UNHARMED = {"ledger": "success", "audit": "success", "exits": "0"}


@pytest.fixture
def pooled(tmp_path: Path, dsn: str, pooled_dsn: str) -> Iterator[Trial]:
    """A trial whose jobs share three sessions of the server."""
    project = Project(tmp_path, pooled_dsn)
    made = Trial(project, dsn, pooled=True)
    yield made
    made.close()
    project.close()


@fault("four jobs at once" + THROUGH, shapes="set rows own once", **UNHARMED)
def test_unharmed(pooled: Trial) -> None:
    for shape in (SET, ROWS, OWN, ONCE):
        pooled.start(pooled.job(shape))
    for one in pooled.started:
        one.end()


KILLED = {"ledger": "crashed success", "audit": "failed success", "exits": "SIGKILL"}
KILLS = [
    Fault(f"SIGKILL {point}{THROUGH}", shapes="set rows", **KILLED)
    for point in (BEFORE_BATCH, IN_WORK, IN_COMMIT, BEFORE_AUDIT)
]


@pytest.mark.parametrize("stated", KILLS, ids=str)
def test_killed(pooled: Trial, stated: Fault) -> None:
    point = stated.name.removeprefix("SIGKILL ").removesuffix(THROUGH)
    with Gate(pooled, point) as gate:
        for one in standing(pooled, gate, (SET, ROWS)):
            session = gate.wait(one)
            one.send(signal.SIGKILL)
            one.end()
            pooled.watch.execute("SELECT pg_terminate_backend(%s)", [session])
            gate.open(one.job)
    check(pooled, stated)


@fault("pg_terminate_backend inside the work" + THROUGH, shapes="set rows own", **UNHARMED)
def test_terminated(pooled: Trial) -> None:
    with Gate(pooled, IN_WORK) as gate:
        for one in standing(pooled, gate, (SET, ROWS, OWN)):
            pooled.watch.execute("SELECT pg_terminate_backend(%s)", [gate.wait(one)])
            gate.open(one.job)
            one.end()


@fault(
    "SIGSTOP in a batch, its session is ended, another run takes over, SIGCONT" + THROUGH,
    ledger="crashed success",
    audit="failed success",
    exits="75 0",
    shapes="rows own",
)
def test_stopped(pooled: Trial) -> None:
    with HandlerGate(pooled) as gate:
        for one in standing(pooled, gate, (ROWS, OWN)):
            gate.wait(one)
            freeze(one, signal.SIGSTOP)
            for session in pooled.sessions(one.job):
                pooled.watch.execute("SELECT pg_terminate_backend(%s)", [session])
            gate.open(one.job)
            take_over(pooled, one)


@fault(
    "ten starts by cron in the same moment" + THROUGH,
    ledger="success skipped*9",
    audit="success",
    exits="0*10",
    shapes="rows",
)
def test_many_starts(pooled: Trial) -> None:
    pooled.job(ROWS, schedule="0 12 * * *")
    for _ in range(10):
        pooled.start(ROWS, "--cron", "--slot", SLOT)
    for one in pooled.started:
        one.end()
        assert one.err == ""
