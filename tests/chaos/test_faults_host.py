"""What happens to processes, streams and disks of the host."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.catalogue import Fault, check, fault
from chaos.disk import fill, small_disk
from chaos.fence import freeze, frozen_at_rest, take_over
from chaos.gate import IN_WORK, Gate, HandlerGate, standing
from chaos.shapes import CALL, ONCE, OWN, ROWS, SET, SHARED
from chaos.trial import SLOT, Trial
from chaos.waiting import until
from harness.project import PROGRAM

UNHARMED = {"ledger": "success", "audit": "success", "exits": "0"}
FENCED = {"ledger": "crashed success", "audit": "failed success", "exits": "75 0"}


@fault("SIGSTOP between batches, another run takes over, SIGCONT", shapes="set rows", **FENCED)
def test_stopped_between_batches(trial: Trial) -> None:
    for shape in (SET, ROWS):
        one = trial.start(trial.job(shape, pause="1 s"))
        until(lambda one=one: frozen_at_rest(trial, one), "a rest")
        take_over(trial, one)


@fault(
    "SIGSTOP in a batch, its session is ended, another run takes over, SIGCONT",
    shapes="rows own",
    **FENCED,
)
def test_stopped_in_a_batch(trial: Trial) -> None:
    with HandlerGate(trial) as gate:
        for one in standing(trial, gate, (ROWS, OWN)):
            gate.wait(one)
            freeze(one, signal.SIGSTOP)
            (session,) = trial.sessions(one.job)
            trial.watch.execute("SELECT pg_terminate_backend(%s)", [session])
            gate.open(one.job)
            take_over(trial, one)


@fault(
    "SIGKILL inside the work, and a second start while its session goes on",
    ledger="crashed skipped success",
    audit="failed success",
    exits="SIGKILL 75",
    shapes="set rows",
)
def test_batch_of_the_dead_in_flight(trial: Trial) -> None:
    with Gate(trial, IN_WORK) as gate:
        for one in standing(trial, gate, (SET, ROWS)):
            gate.wait(one)
            one.send(signal.SIGKILL)
            one.end()
            assert "the lease" in trial.run(one.job).err
            gate.open(one.job)


@fault(
    "twenty starts by cron in the same moment",
    ledger="success skipped*19",
    audit="success",
    exits="0*20",
    shapes="rows",
)
def test_twenty_starts(trial: Trial) -> None:
    trial.job(ROWS, schedule="0 12 * * *")
    for _ in range(20):
        trial.start(ROWS, "--cron", "--slot", SLOT)
    for one in trial.started:
        one.end()
        assert one.err == ""


@fault(
    "six starts by cron of a job with workers",
    ledger="success skipped*5",
    audit="success",
    exits="0*6",
    shapes="shared",
)
def test_starts_with_workers(trial: Trial) -> None:
    trial.job(SHARED, schedule="0 12 * * *")
    for _ in range(6):
        trial.start(SHARED, "--cron", "--slot", SLOT)
    for one in trial.started:
        one.end()
        assert one.err == ""


@fault("SIGHUP in a batch", shapes="set rows own", **UNHARMED)
def test_hangup(trial: Trial) -> None:
    with Gate(trial, IN_WORK) as gate:
        started = standing(trial, gate, (SET, ROWS, OWN))
        for one in started:
            gate.wait(one)
            freeze(one, signal.SIGHUP)
            gate.open(one.job)
        for one in started:
            one.end()


_TO_A_CLOSED_PIPE = """
import os, signal, sys
reading, writing = os.pipe()
os.close(reading)
os.dup2(writing, 1)
os.dup2(writing, 2)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
STREAMS = {
    "stdin, stdout and stderr are closed": ("/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"),
    "stdout and stderr lead to a full disk": ("/bin/sh", "-c", 'exec "$@" >/dev/full 2>&1', "sh"),
    "stdout and stderr lead to a closed pipe": (
        sys.executable,
        "-c",
        _TO_A_CLOSED_PIPE,
    ),
}
SAID = [
    [
        Fault(f"{what}, and a handler prints 1.6 MB", shapes="rows", **UNHARMED),
        Fault(f"{what}, and the job fails", "failed success", "failed success", "1", "once call"),
    ]
    for what in STREAMS
]


@pytest.mark.parametrize("stated", SAID, ids=lambda faults: str(faults[0]))
def test_nobody_listens(trial: Trial, stated: list[Fault]) -> None:
    program = (*STREAMS[stated[0].name.rpartition(", and")[0]], *PROGRAM)
    trial.job(ONCE, statement="SELECT 1 / 0")
    trial.start(ONCE, program=program)
    trial.start(trial.job(ROWS), program=program, env={"CHAOS": "print_a_lot"})
    trial.start(trial.job(CALL), program=program, env={"CHAOS": "leave"})
    for one in trial.started:
        one.end()
    trial.job(ONCE)
    check(trial, *stated)


NOWHERE = {"BGJOBS_DATABASE_URL": "postgresql:///nowhere?host=/nonexistent"}


@fault(
    "server down at the start, and the spool cannot be written",
    ledger="success",
    audit="success",
    exits="69",
    shapes="set rows",
)
def test_unwritable_spool(trial: Trial, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, where a directory should be")
    unspooled(trial, blocked)


@fault(
    "server down at the start, and the spool's disk is full",
    ledger="success",
    audit="success",
    exits="69",
    shapes="set rows",
)
def test_full_spool(trial: Trial, tmp_path: Path, require: Callable[[str], str]) -> None:
    require("root")
    with small_disk(tmp_path / "disk") as place:
        fill(place)
        unspooled(trial, place)


def unspooled(trial: Trial, state: Path) -> None:
    trial.database["connect_wait"] = "1 s"
    for shape in (SET, ROWS):
        trial.start(trial.job(shape), env={**NOWHERE, "XDG_STATE_HOME": str(state)})
    for one in trial.started:
        one.end()
        lines = one.err.splitlines()
        assert len(lines) == 2
        assert "is in no history" in lines[0]
        assert "the database cannot be reached" in lines[1]


@fault("the state directory cannot be written", shapes="set rows own", **UNHARMED)
def test_no_state(trial: Trial, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, where a directory should be")
    for shape in (SET, ROWS, OWN):
        trial.start(trial.job(shape), env={"XDG_STATE_HOME": str(blocked)})
    for one in trial.started:
        one.end()
        assert one.err == ""
