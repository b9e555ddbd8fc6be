"""The server goes away, or refuses, at known points of a run."""

import os
import signal
from collections.abc import Callable

import pytest

from chaos.catalogue import Fault, check, fault
from chaos.cluster import Cluster
from chaos.disk import fill, small_disk
from chaos.gate import BEFORE_AUDIT, IN_WORK, Gate, HandlerGate, standing
from chaos.shapes import CALL, ONCE, OWN, ROWS, SET
from chaos.trial import Trial

UNHARMED = {"ledger": "success", "audit": "success", "exits": "0"}
ALL = (SET, ROWS, OWN, ONCE, CALL)


@fault("pg_terminate_backend inside the work", shapes="set rows own once call", **UNHARMED)
def test_terminated(trial: Trial) -> None:
    with Gate(trial, IN_WORK) as gate:
        for started in standing(trial, gate, ALL):
            trial.watch.execute("SELECT pg_terminate_backend(%s)", [gate.wait(started)])
            gate.open(started.job)
            started.end()


@fault("pg_terminate_backend while a handler works", shapes="rows own", **UNHARMED)
def test_terminated_while_python_works(trial: Trial) -> None:
    with HandlerGate(trial) as gate:
        for started in standing(trial, gate, (ROWS, OWN)):
            gate.wait(started)
            (session,) = trial.sessions(started.job)
            trial.watch.execute("SELECT pg_terminate_backend(%s)", [session])
            gate.open(started.job)
            started.end()


RESTARTS = [
    Fault(f"{how}, in a batch", shapes="set rows own once", **UNHARMED)
    for how in (
        "immediate restart of the server",
        "fast restart of the server",
        "kill -9 of another session's process",
    )
]


@pytest.mark.parametrize("stated", RESTARTS, ids=str)
def test_restarted(own_trial: Trial, own_cluster: Cluster, stated: Fault) -> None:
    hows: dict[str, Callable[[], None]] = {
        "immediate": lambda: own_cluster.stop(signal.SIGQUIT),
        "fast": lambda: own_cluster.stop(signal.SIGINT),
        "kill": own_cluster.crash,
    }
    with Gate(own_trial, IN_WORK) as gate:
        started = standing(own_trial, gate, (SET, ROWS, OWN, ONCE))
        for one in started:
            gate.wait(one)
        hows[stated.name.split()[0]]()
        own_cluster.start()
        for one in started:
            one.end()
    own_trial.look_again()
    check(own_trial, stated)


@fault(
    "server down at the start",
    ledger="failed success",
    audit="failed success",
    exits="69",
    shapes="set rows",
)
def test_down_at_the_start(own_trial: Trial, own_cluster: Cluster) -> None:
    own_trial.database["connect_wait"] = "1 s"
    own_cluster.stop(signal.SIGINT)
    for shape in (SET, ROWS):
        own_trial.start(own_trial.job(shape))
    for one in own_trial.started:
        one.end()
        assert one.err.count("\n") == 1
    own_cluster.start()
    own_trial.look_again()


FOR_GOOD = [
    Fault(
        "server down in the middle, it stays down, SIGTERM",
        "interrupted success",
        "failed success",
        "69",
        "set rows",
    ),
    Fault(
        "server down after the last batch, it stays down, SIGTERM",
        "success",
        "success",
        "69",
        "own once",
    ),
]


def test_down_for_good(own_trial: Trial, own_cluster: Cluster) -> None:
    own_trial.database["connect_wait"] = "1 s"
    with Gate(own_trial, IN_WORK) as middle, Gate(own_trial, BEFORE_AUDIT) as end:
        started = [
            *standing(own_trial, middle, (SET, ROWS)),
            *standing(own_trial, end, (OWN, ONCE)),
        ]
        for one, gate in zip(started, (middle, middle, end, end), strict=True):
            gate.wait(one)
        own_cluster.stop(signal.SIGINT)
        for one in started:
            one.send(signal.SIGTERM)
        for one in started:
            one.end()
    own_cluster.start()
    own_trial.look_again()
    check(own_trial, *FOR_GOOD)


@fault(f"immediate restart {BEFORE_AUDIT}", shapes="set rows own once", **UNHARMED)
def test_restarted_at_the_end(own_trial: Trial, own_cluster: Cluster) -> None:
    with Gate(own_trial, BEFORE_AUDIT) as gate:
        started = standing(own_trial, gate, (SET, ROWS, OWN, ONCE))
        for one in started:
            gate.wait(one)
        own_cluster.stop(signal.SIGQUIT)
        own_cluster.start()
        for one in started:
            one.end()
    own_trial.look_again()


FULL = Fault(
    "the tablespace is full for a while",
    "failed success",
    "failed success",
    "75",
    "set rows own once",
)


def test_full_tablespace(
    own_trial: Trial, own_cluster: Cluster, require: Callable[[str], str]
) -> None:
    require("root")
    with small_disk(own_cluster.home.parent / "small") as place:
        os.chown(place, own_cluster.account, -1)
        own_trial.watch.execute(f"CREATE TABLESPACE small LOCATION '{place}'".encode())
        own_trial.watch.execute("ALTER TABLE effect SET TABLESPACE small")
        # Two rows to a page: each batch needs new ones.
        own_trial.watch.execute(
            "ALTER TABLE effect ADD COLUMN weight text DEFAULT repeat('x', 3000),"
            " ALTER COLUMN weight SET STORAGE PLAIN"
        )
        with Gate(own_trial, IN_WORK) as gate:
            started = standing(own_trial, gate, (SET, ROWS, OWN, ONCE))
            for one in started:
                gate.wait(one)
            full = fill(place)
            for one in started:
                gate.open(one.job)
                one.end()
                assert "disk is full" in one.err
            full.unlink()
        check(own_trial, FULL)
        own_trial.watch.execute("DROP TABLE effect")
        own_trial.watch.execute("DROP TABLESPACE small")
