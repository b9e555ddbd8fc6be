"""Locks, timeouts and other sessions that stand in a run's way."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict

from chaos.catalogue import fault
from chaos.gate import IN_COMMIT, IN_WORK, Gate, standing
from chaos.shapes import ONCE, OWN, ROWS, SET
from chaos.trial import Trial
from chaos.waiting import until

UNHARMED = {"ledger": "success", "audit": "success", "exits": "0"}


@fault(
    "statement_timeout",
    ledger="failed success",
    audit="failed success",
    exits="1",
    shapes="set rows once",
)
def test_statement_timeout(trial: Trial) -> None:
    with Gate(trial, IN_WORK) as gate:
        started = standing(trial, gate, (SET, ROWS, ONCE), statement_timeout="200 ms")
        for one in started:
            one.end()
            assert "statement timeout" in one.err
            gate.open(one.job)
            trial.job(one.job)


@fault("lock_timeout, then the lock is free", shapes="set rows own once", **UNHARMED)
def test_lock_timeout(trial: Trial) -> None:
    with Gate(trial, IN_WORK) as gate:
        started = standing(trial, gate, (SET, ROWS, OWN, ONCE), lock_timeout="50 ms")
        for one in started:
            gate.wait(one)
            until(lambda one=one: not gate.at(one.job), "a timeout")
        for one in started:
            gate.open(one.job)
        for one in started:
            one.end()


@fault("its table locked by a migration for a while", shapes="set rows own once", **UNHARMED)
def test_migration(trial: Trial) -> None:
    with locked(trial) as migration:
        for shape in (SET, ROWS, OWN, ONCE):
            trial.start(trial.job(shape, lock_timeout="300 ms"))
        for one in trial.started:
            until(lambda one=one: trial.waiting_for(migration, one.job), "a wait")
            until(lambda one=one: not trial.waiting_for(migration, one.job), "a timeout")
    for one in trial.started:
        one.end()


@fault(
    "its table locked by a migration without end, SIGTERM",
    ledger="interrupted success",
    audit="failed success",
    exits="143",
    shapes="set rows own once",
)
def test_endless_migration(trial: Trial) -> None:
    with locked(trial) as migration:
        for shape in (SET, ROWS, OWN, ONCE):
            trial.start(trial.job(shape, lock_timeout="300 ms"))
        for one in trial.started:
            until(lambda one=one: trial.waiting_for(migration, one.job), "a wait")
            one.send(signal.SIGTERM)
            one.end()


@contextmanager
def locked(trial: Trial) -> Iterator[int]:
    """The effects' table, locked and changed by a session, which is named."""
    with psycopg.connect(trial.direct) as migration:
        migration.execute("ALTER TABLE effect ADD COLUMN more text")
        yield migration.info.backend_pid


@fault(
    "the audit table locked when the run ends",
    ledger="success",
    audit="success",
    exits="75",
    shapes="set rows own once",
)
def test_locked_audit_table(trial: Trial) -> None:
    with Gate(trial, IN_WORK) as gate, psycopg.connect(trial.direct) as holder:
        started = standing(trial, gate, (SET, ROWS, OWN, ONCE), lock_timeout="1 s")
        for one in started:
            gate.wait(one)
        # No sooner: a start would wait to tell of a run that could not tell of itself.
        holder.execute("LOCK TABLE audit_log")
        for one in started:
            gate.open(one.job)
        for one in started:
            one.end()
            assert "ended as success, and the ledger could not be told" in one.err


@fault("deadlock with another session", shapes="set rows own once", **UNHARMED)
def test_deadlock(trial: Trial) -> None:
    name = conninfo_to_dict(trial.direct)["dbname"]
    trial.watch.execute(f"ALTER DATABASE {name} SET deadlock_timeout = '20 ms'".encode())
    trial.watch.execute("""
        CREATE FUNCTION lock_two() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM FROM record WHERE id = 1 FOR UPDATE;
            PERFORM pg_advisory_xact_lock_shared(hashtext('inside_the_work'), hashtext(NEW.job));
            PERFORM FROM record WHERE id = 2 FOR UPDATE;
            RETURN NEW;
        END $$""")
    trial.watch.execute("""
        CREATE TRIGGER a_before_the_gate BEFORE INSERT ON effect
           FOR EACH ROW WHEN (NEW.record = 15) EXECUTE FUNCTION lock_two()""")
    with Gate(trial, IN_WORK) as gate, psycopg.connect(trial.direct) as outsider:
        for shape in (SET, ROWS, OWN, ONCE):
            # Never the victim itself.
            outsider.execute("SET LOCAL deadlock_timeout = '1 h'")
            outsider.execute("SELECT FROM record WHERE id = 2 FOR UPDATE")
            (one,) = standing(trial, gate, (shape,))
            gate.wait(one)
            gate.open(one.job)
            outsider.execute("SELECT FROM record WHERE id = 1 FOR UPDATE")
            outsider.commit()
            one.end()


@fault("serialization failure at COMMIT", shapes="set rows own once", **UNHARMED)
def test_serialization(trial: Trial) -> None:
    name = conninfo_to_dict(trial.direct)["dbname"]
    trial.watch.execute(
        f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'".encode()
    )
    with Gate(trial, IN_COMMIT) as gate, psycopg.connect(trial.direct) as outsider:
        for shape in (SET, ROWS, OWN, ONCE):
            (one,) = standing(trial, gate, (shape,))
            gate.wait(one)
            outsider.execute("SELECT count(*) FROM effect")
            outsider.execute("UPDATE record SET id = id")
            outsider.commit()
            gate.open(one.job)
            one.end()
