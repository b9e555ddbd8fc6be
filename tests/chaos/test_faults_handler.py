"""Handlers that do what no handler should."""

import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from chaos.catalogue import Fault, check, fault, held
from chaos.gate import HandlerGate, standing
from chaos.shapes import CALL, OWN, RECORDS, ROWS
from chaos.trial import Started, Trial

FAILED = {"ledger": "failed success", "audit": "failed success", "exits": "1"}
CRASHED = {"ledger": "crashed success", "audit": "failed success", "exits": "1"}
UNHARMED = {"ledger": "success", "audit": "success", "exits": "0"}
LISTED = {"ledger": "failed success success", "audit": "failed success success", "exits": "1"}
ITSELF = "a handler must not commit, roll back or begin by itself"


def _does(what: str, chaos: str, said: str, of: dict[str, str], shapes: str) -> tuple[Any, ...]:
    return Fault(f"a handler {what}", shapes=shapes, **of), chaos, said


MISDEEDS = [
    _does("calls os._exit", "exit", "exit status 0", CRASHED, "rows own call"),
    _does("segfaults", "segfault", "was killed by SIGSEGV", CRASHED, "rows call"),
    _does("calls sys.exit", "leave", "the handler ended the process", FAILED, "rows call"),
    _does("runs out of memory", "exhaust", "MemoryError", FAILED, "call"),
    _does("forks, and the child comes back", "fork", "", UNHARMED, "rows own call"),
    _does("starts a program that prints", "fork_and_print", "", UNHARMED, "rows"),
    _does("prints 1.6 MB", "print_a_lot", "", UNHARMED, "rows"),
    _does("closes the connection", "close", "connection", FAILED, "own call"),
    _does("commits", "commit", ITSELF, FAILED, "own call"),
    _does("executes COMMIT", "say_commit", ITSELF, FAILED, "own call"),
    _does("executes a script with COMMIT", "script", ITSELF, FAILED, "own call"),
    _does("executes COMMIT, BEGIN and a savepoint", "forge", ITSELF, FAILED, "own call"),
    _does("rolls back", "rollback", ITSELF, FAILED, "own call"),
    _does("executes ROLLBACK and BEGIN", "say_rollback", ITSELF, FAILED, "own call"),
    _does("swallows an error of the server", "swallow", "transaction", FAILED, "call"),
    _does("swallows a lost connection", "swallow_loss", "", UNHARMED, "own call"),
    _does("idles beyond the server's patience", "idle", "", UNHARMED, "own call"),
]


@pytest.mark.parametrize(("stated", "chaos", "said"), MISDEEDS, ids=str)
def test_misdeed(trial: Trial, stated: Fault, chaos: str, said: str) -> None:
    meet(trial, stated.shapes, chaos, said)
    check(trial, stated)


def meet(trial: Trial, shapes: str, chaos: str, said: str) -> None:
    started = [trial.start(trial.job(shape), env={"CHAOS": chaos}) for shape in shapes.split()]
    for one in started:
        one.end()
        assert said in one.err


POISONED = Fault(
    "a handler runs out of memory at a record, then retry", shapes="rows own", **LISTED
)


def test_record_is_listed_and_worked_by_retry(trial: Trial) -> None:
    meet(trial, POISONED.shapes, "exhaust", "MemoryError")
    for shape in POISONED.shapes.split():
        assert trial.project.bgjobs("retry", shape).returncode == 0
    trial.clean()
    assert trial.watch.execute(
        "SELECT job, count(*), count(DISTINCT record) FROM effect GROUP BY job ORDER BY job"
    ).fetchall() == [("own", RECORDS, RECORDS), ("rows", RECORDS, RECORDS)]
    assert trial.watch.execute("SELECT * FROM bgjobs.failed_record").fetchall() == []
    assert trial.ledger("rows") == trial.ledger("own") == POISONED.ledger.split()
    held(POISONED)


@fault(
    "a handler hangs beyond the timeout",
    ledger="timed_out success",
    audit="failed success",
    exits="124",
    shapes="rows own call",
)
def test_hang(trial: Trial) -> None:
    for shape in (ROWS, OWN, CALL):
        trial.start(trial.job(shape, timeout="2 s"), env={"CHAOS": "hang"})
    for one in trial.started:
        one.end()
        trial.job(one.job)


@fault(
    "a handler hangs, SIGTERM twice",
    ledger="interrupted success",
    audit="failed success",
    exits="143",
    shapes="rows own call",
)
def test_hang_and_two_requests(trial: Trial) -> None:
    for one in hanging(trial, "hang", (ROWS, OWN, CALL)):
        insist(one, signal.SIGTERM)


@fault(
    "a handler hangs and swallows every exception, SIGINT three times",
    ledger="interrupted success",
    audit="failed success",
    exits="130",
    shapes="rows call",
)
def test_deaf_hang_and_three_requests(trial: Trial) -> None:
    for one in hanging(trial, "hang_deaf", (ROWS, CALL)):
        insist(one, signal.SIGINT)
        assert "and was killed" in one.err


@fault(
    "a handler waits until it is told to stop, SIGTERM",
    ledger="interrupted success",
    audit="failed success",
    exits="143",
    shapes="rows own",
)
def test_handler_is_told(trial: Trial) -> None:
    for one in hanging(trial, "wait_for_stop", (ROWS, OWN)):
        one.send(signal.SIGTERM)
        one.end()


def hanging(trial: Trial, chaos: str, shapes: Sequence[str]) -> list[Started]:
    """Jobs whose handlers hang by now."""
    with HandlerGate(trial) as gate:
        started = standing(trial, gate, shapes, env={"CHAOS": chaos})
        for one in started:
            gate.wait(one)
    return started


def insist(one: Started, number: int) -> None:
    """Ask to stop again and again: a busy supervisor takes two requests at once for one."""
    for _ in range(120):
        one.send(number)
        with suppress(subprocess.TimeoutExpired):
            one.process.wait(0.5)
            break
    one.end()
