"""What the trials must find out: each of these takes a safeguard away, and the books must not balance."""

import signal
import sys
from pathlib import Path

import pytest

from chaos.catalogue import Fault, check
from chaos.gate import IN_WORK, Gate, standing
from chaos.shapes import OWN, ROWS, SET
from chaos.trial import Trial
from chaos.waiting import until
from harness.project import Project

PREPARING = """
import sys
import psycopg
connect = psycopg.connect
psycopg.connect = lambda *given, **named: connect(*given, **{**named, "prepare_threshold": 0})
from bgjobs.__main__ import main
main()
"""
LATE_CURSOR = """
ALTER FUNCTION bgjobs.begin_batch RENAME TO kept_begin;
CREATE FUNCTION bgjobs.begin_batch(
    of_job text, of_lane uuid, of_shard int, of_run uuid, of_token bigint, ttl double precision,
    OUT cursor jsonb, OUT until jsonb, OUT read bigint, OUT processed bigint, OUT skipped bigint,
    OUT failed bigint, OUT batches int, OUT counters jsonb, OUT stop text
) LANGUAGE plpgsql AS $$ BEGIN
    UPDATE bgjobs.lease AS l SET cursor = nullif(current_setting('late.cursor', true), '')::jsonb
     WHERE l.job = of_job AND current_setting('late.cursor', true) <> '';
    SELECT k.cursor, k.until, k.read, k.processed, k.skipped, k.failed, k.batches, k.counters, k.stop
      INTO cursor, until, read, processed, skipped, failed, batches, counters, stop
      FROM bgjobs.kept_begin(of_job, of_lane, of_shard, of_run, of_token, ttl) AS k;
END $$;
ALTER FUNCTION bgjobs.end_batch RENAME TO kept_end;
CREATE FUNCTION bgjobs.end_batch(
    of_job text, of_lane uuid, of_shard int, of_run uuid, of_token bigint,
    new_cursor jsonb, more_read bigint, more_processed bigint, more_skipped bigint,
    more_failed bigint, new_counters jsonb
) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    PERFORM set_config('late.cursor', new_cursor::text, false);
    PERFORM bgjobs.kept_end(of_job, of_lane, of_shard, of_run, of_token, NULL, more_read,
                            more_processed, more_skipped, more_failed, new_counters);
END $$;
"""


def test_without_leases_and_slots_records_are_done_twice(trial: Trial) -> None:
    trial.watch.execute("DROP INDEX bgjobs.run_slot")
    with Gate(trial, IN_WORK) as gate:
        gate.shut(trial.job(ROWS, overlap="allow"))
        for _ in range(2):
            trial.start(ROWS)
        until(lambda: len(gate.at(ROWS)) == 2, "both at the gate")
        gate.open(ROWS)
        for one in trial.started:
            assert one.end() == 0
    with pytest.raises(AssertionError, match="was done 2 times"):
        trial.settle()


def test_with_a_cursor_that_commits_one_batch_late_records_are_done_twice(trial: Trial) -> None:
    trial.watch.execute(LATE_CURSOR.encode())
    with Gate(trial, IN_WORK) as gate:
        (one,) = standing(trial, gate, (ROWS,))
        session = gate.wait(one)
        one.send(signal.SIGKILL)
        one.end()
        trial.watch.execute("SELECT pg_terminate_backend(%s)", [session])
        gate.open(ROWS)
    with pytest.raises(AssertionError, match="was done 2 times"):
        trial.settle()


def test_without_the_trigger_a_handler_commits_half_a_batch(trial: Trial) -> None:
    trial.watch.execute("DROP TRIGGER half_batch ON bgjobs.lease")
    trial.run(trial.job(OWN), env={"CHAOS": "say_commit"})
    with pytest.raises(AssertionError, match="was done 2 times"):
        trial.settle()


def test_with_prepared_statements_a_pooler_mixes_clients_up(
    tmp_path: Path, dsn: str, pooled_dsn: str
) -> None:
    project = Project(tmp_path, pooled_dsn)
    trial = Trial(project, dsn, pooled=True)
    try:
        for shape in (SET, ROWS):
            trial.run(trial.job(shape), program=(sys.executable, "-I", "-c", PREPARING))
        said = "".join(one.err for one in trial.started)
        with pytest.raises(AssertionError):
            check(trial, Fault("prepared statements", "success", "success", "0", "set rows"))
    finally:
        trial.close()
        project.close()
    assert "prepared statement" in said
