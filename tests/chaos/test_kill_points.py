"""Processes killed, and asked to stop, at known points of a run."""

import os
import signal
from pathlib import Path

import pytest

from chaos.catalogue import Fault, check, fault
from chaos.gate import (
    AFTER_WORK,
    BEFORE_AUDIT,
    BEFORE_BATCH,
    BEFORE_ROW,
    IN_COMMIT,
    IN_HANDLER,
    IN_WORK,
    Gate,
    HandlerGate,
    standing,
)
from chaos.shapes import CALL, OWN, ROWS, SUPERVISED
from chaos.trial import Started, Trial
from chaos.waiting import until
from harness.waiting import gone

_GONE = ", its session too"
_GOES_ON = ", its session goes on"


def _killed(point: str, ledger: str, audit: str, shapes: str = "set rows own once") -> Fault:
    return Fault(f"SIGKILL {point}", ledger, audit, "SIGKILL", shapes)


KILLS = [
    _killed(BEFORE_ROW + _GONE, "success", "success"),
    _killed(BEFORE_BATCH + _GONE, "crashed success", "failed success"),
    _killed(IN_WORK + _GONE, "crashed success", "failed success"),
    _killed(IN_HANDLER, "crashed success", "failed success", "rows own call"),
    _killed(AFTER_WORK + _GOES_ON, "crashed success", "failed success"),
    _killed(IN_COMMIT + _GONE, "crashed success", "failed success"),
    _killed(IN_COMMIT + _GOES_ON, "crashed success", "failed success"),
    _killed(BEFORE_AUDIT + _GONE, "crashed success", "failed success"),
    _killed(BEFORE_AUDIT + _GOES_ON, "success", "success"),
]


@pytest.mark.parametrize("stated", KILLS, ids=str)
def test_killed(trial: Trial, stated: Fault) -> None:
    point, _, session = stated.name.removeprefix("SIGKILL ").partition(", its")
    with _gate(trial, point) as gate:
        started = standing(trial, gate, stated.shapes.split())
        sessions = [gate.wait(one) for one in started]
        workers = [pid for one in started for pid in one.workers]
        for one in started:
            one.send(signal.SIGKILL)
        # They follow their supervisor at once, but not sooner than another session can be ended.
        until(lambda: all(map(gone, workers)), "the end of the workers")
        for one, pid in zip(started, sessions, strict=True):
            if "too" in session:
                trial.watch.execute("SELECT pg_terminate_backend(%s)", [pid])
            gate.open(one.job)
        for one in started:
            one.end()
    check(trial, stated)


@fault(
    "SIGKILL of the worker alone inside the handler",
    ledger="crashed success",
    audit="failed success",
    exits="1",
    shapes="rows own call",
)
def test_killed_worker(trial: Trial) -> None:
    with HandlerGate(trial) as gate:
        started = standing(trial, gate, (ROWS, OWN, CALL))
        for one in started:
            gate.wait(one)
        for one in started:
            os.kill(one.worker, signal.SIGKILL)
            one.end()


@fault(
    f"SIGKILL of the worker alone {BEFORE_AUDIT}",
    ledger="success",
    audit="success",
    exits="0",
    shapes="rows own call",
)
def test_killed_worker_whose_end_is_under_way(trial: Trial) -> None:
    with Gate(trial, BEFORE_AUDIT) as gate:
        started = standing(trial, gate, (ROWS, OWN, CALL))
        for one in started:
            closing = gate.wait(one)
            os.kill(one.worker, signal.SIGKILL)
            until(
                lambda one=one, by=closing: trial.waiting_for(by, one.job),
                "the supervisor's own end",
            )
            gate.open(one.job)
            one.end()


def _stopped(name: str, exits: str, point: str, batches: str, single: str = "") -> list[Fault]:
    """Shapes with batches end after theirs; what is one piece of work comes to its end."""
    words = {"ledger": "interrupted success", "audit": "failed success", "exits": exits}
    if not single:
        return [Fault(f"{name} {point}", shapes=batches, **words)]
    done = Fault(f"{name} {point} of a single transaction", "success", "success", "0", single)
    return [Fault(f"{name} {point}", shapes=batches, **words), done]


STOPS = [
    _stopped("SIGTERM", "143", BEFORE_ROW, "rows once"),
    _stopped("SIGINT", "130", BEFORE_ROW, "set own"),
    _stopped("SIGTERM", "143", BEFORE_BATCH, "rows once"),
    _stopped("SIGINT", "130", BEFORE_BATCH, "set own"),
    _stopped("SIGTERM", "143", IN_HANDLER, "rows", "call"),
    _stopped("SIGINT", "130", IN_HANDLER, "own"),
    _stopped("SIGTERM", "143", IN_WORK, "set"),
    _stopped("SIGINT", "130", IN_WORK, "own", "once"),
    _stopped("SIGTERM", "143", AFTER_WORK, "rows", "once"),
    _stopped("SIGINT", "130", AFTER_WORK, "set own"),
    _stopped("SIGTERM", "143", IN_COMMIT, "own", "once"),
    _stopped("SIGINT", "130", IN_COMMIT, "set rows"),
    [Fault(f"SIGTERM {BEFORE_AUDIT}", "success", "success", "0", "rows own")],
    [Fault(f"SIGINT {BEFORE_AUDIT}", "success", "success", "0", "set once")],
]


@pytest.mark.parametrize("stated", STOPS, ids=lambda faults: str(faults[0]))
def test_asked_to_stop(trial: Trial, stated: list[Fault]) -> None:
    name, _, point = stated[0].name.partition(" ")
    with _gate(trial, point) as gate:
        shapes = " ".join(one.shapes for one in stated).split()
        started = standing(trial, gate, shapes)
        for one in started:
            gate.wait(one)
        for one in started:
            _ask(one, signal.Signals[name])
        for one in started:
            gate.open(one.job)
            one.end()
    check(trial, *stated)


def _gate(trial: Trial, point: str) -> Gate | HandlerGate:
    return HandlerGate(trial) if point == IN_HANDLER else Gate(trial, point)


def _ask(one: Started, number: int) -> None:
    """Signal the whole job, as Ctrl-C and timeout(1) do, and return when it has been noted."""
    # The worker first: what the supervisor passes on is then no second wish, however late.
    pids = [*([one.worker] if one.job in SUPERVISED else []), one.process.pid]
    for pid in pids:
        os.kill(pid, number)
    until(lambda: not any(_pending(pid) >> (number - 1) & 1 for pid in pids), "an empty queue")


def _pending(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields["SigPnd"], 16) | int(fields["ShdPnd"], 16)
