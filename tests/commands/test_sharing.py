"""One run worked by several processes of this host."""

import contextlib
import os
import subprocess
from typing import Any

import pytest

from harness.project import PROGRAM, Project
from harness.waiting import children, gone, until

TABLE = """CREATE TABLE item (id int PRIMARY KEY, grp int, done int NOT NULL DEFAULT 0);
           INSERT INTO item SELECT i, i / 50 FROM generate_series(1, {number}) AS i"""
# Obeys files beside it, so that a test says when something happens.
WORK = """
import os, signal, time

def work(run, record):
    run.count("seen")
    if record["id"] % 50 == 0:
        print("shard", run.shard, "of", run.shards, "is at", record["id"])
    for name in (f"hold-{record['id']}", f"hold-shard-{run.shard}"):
        if os.path.exists(name):
            open(f"held-{run.shard}", "w").close()
            while os.path.exists(name) and not run.stopping:
                time.sleep(0.01)
    fate = f"fate-{record['id']}"
    if os.path.exists(fate):
        what = open(fate).read()
        if what == "raise":
            raise ValueError(f"record {record['id']} is bad")
        if what == "once":
            os.unlink(fate)
            raise SystemExit(3)
        os.kill(os.getpid(), getattr(signal, what))
    return {"id": record["id"]}
"""
JOB = """
[jobs.work]
select = "SELECT id, grp FROM item"
key = "id"
batch_size = 10
workers = {workers}
handler = "handlers:work"
statement = "UPDATE item SET done = done + 1 FROM batch WHERE item.id = batch.id"
retry_delay = 0.01
"""
RUNS = """SELECT id, status, trigger, attempt, shards, read, processed, failed, batches, counters,
                 error_class, error_message, error_stack, output, reason, position
            FROM bgjobs.run WHERE status <> 'skipped' ORDER BY started_at"""
AUDIT = """SELECT details ->> 'outcome' AS outcome, (details ->> 'records_processed')::int AS done
             FROM audit_log ORDER BY (details ->> 'attempt')::int"""
LEASES = "SELECT count(*) FILTER (WHERE run IS NOT NULL) AS held FROM bgjobs.lease"


@pytest.fixture
def item(project: Project) -> Project:
    """Three hundred items, and a handler that does as files beside it say."""
    project.rows(TABLE.format(number=300))
    project.handlers(WORK)
    project.write(JOB.format(workers=3))
    return project


def each_once(project: Project) -> bool:
    return project.rows("SELECT DISTINCT done FROM item") == [{"done": 1}]


def run(
    project: Project, status: int, *more: str, **env: str
) -> "subprocess.CompletedProcess[str]":
    done = project.bgjobs("run", "work", *more, env=env)
    assert done.returncode == status, done.stderr
    return done


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (row,) = rows
    return row


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("shape", ["handler", "set"])
def test_run_is_one_whatever_the_number_of_its_processes(
    item: Project, workers: int, shape: str
) -> None:
    job = JOB.format(workers=workers)
    item.write(job if shape == "handler" else job.replace('handler = "handlers:work"\n', ""))
    assert run(item, 0).stderr == ""
    assert each_once(item)
    row = only(item.rows(RUNS))
    assert (row["status"], row["shards"], row["read"], row["processed"]) == (
        "success",
        workers,
        300,
        300,
    )
    assert only(item.rows(AUDIT)) == {"outcome": "success", "done": 300}
    assert only(item.rows(LEASES))["held"] == 0
    if shape == "handler":
        assert row["counters"] == {"seen": 300}
        said = {line.split(" is ")[0] for line in row["output"].splitlines()}
        assert said == {f"shard {n} of {workers}" for n in range(1, workers + 1)}


@pytest.mark.parametrize(("number", "workers"), [(0, 3), (1, 3), (2, 3)])
def test_few_records_are_work_for_few(project: Project, number: int, workers: int) -> None:
    project.rows(TABLE.format(number=number))
    project.handlers(WORK)
    project.write(JOB.format(workers=workers))
    run(project, 0)
    assert only(project.rows(RUNS))["processed"] == number
    assert number == 0 or each_once(project)


def test_group_is_worked_by_one(item: Project) -> None:
    item.handlers(
        """
def work(run, records):
    for grp in {record["grp"] for record in records}:
        run.count(f"{grp} by {run.shard}")
"""
    )
    job = JOB.format(workers=3).replace('"id"', '["grp DESC", "id"]')
    job = "\n".join(line for line in job.splitlines() if not line.startswith("statement"))
    item.write(job + '\ngroup_by = ["grp"]\nper = "batch"')
    run(item, 0)
    seen = sorted(name.split(" by ") for name in only(item.rows(RUNS))["counters"])
    assert [grp for grp, _ in seen] == sorted(map(str, range(7)))
    assert {shard for _, shard in seen} == {"1", "2", "3"}


def test_dead_worker_is_told_at_once_and_the_next_run_works_the_rest(item: Project) -> None:
    (item.path / "fate-95").write_text("SIGKILL")
    done = run(item, 1)
    assert "the process of shard 1 (pid " in done.stderr
    assert "was killed by SIGKILL" in done.stderr
    crashed = only(item.rows(RUNS))
    assert (crashed["status"], crashed["processed"]) == ("crashed", 290)
    done_shards = {shard for shard, at in crashed["position"].items() if at["done"]}
    assert done_shards == {"2", "3"}
    (item.path / "fate-95").unlink()
    run(item, 0)
    assert each_once(item)
    _, resumed = item.rows(RUNS)
    assert (resumed["attempt"], resumed["processed"]) == (2, 10)
    assert [row["outcome"] for row in item.rows(AUDIT)] == ["crashed", "success"]


def test_dead_parent_takes_its_workers_along_and_the_next_run_works_the_rest(item: Project) -> None:
    for shard in (1, 2, 3):
        (item.path / f"hold-shard-{shard}").touch()
    running = item.start("run", "work")
    until(lambda: len(list(item.path.glob("held-*"))) == 3, "all are at work")
    workers = children(running.pid)
    assert len(workers) == 3
    running.kill()
    until(lambda: all(map(gone, workers)), "the workers are gone")
    for shard in (1, 2, 3):
        (item.path / f"hold-shard-{shard}").unlink()
    run(item, 0)
    assert each_once(item)
    crashed, resumed = item.rows(RUNS)
    assert (crashed["status"], crashed["processed"]) == ("crashed", 0)
    assert "its process is gone from its host" in crashed["reason"]
    assert (resumed["status"], resumed["processed"], resumed["attempt"]) == ("success", 300, 2)


@pytest.mark.parametrize("to", ["parent", "worker"])
def test_asked_to_stop_they_end_their_batches(item: Project, to: str) -> None:
    holds = [item.path / f"hold-shard-{shard}" for shard in (1, 2, 3)]
    for hold in holds:
        hold.touch()
    running = item.start("run", "work")
    until(lambda: len(list(item.path.glob("held-*"))) == 3, "all are at work")
    if to == "worker":
        # Only that one is asked: the others come to their ends.
        (item.path / "fate-3").write_text("SIGTERM")
        holds.pop(0)
    else:
        running.terminate()
        until(lambda: running.poll() is not None, "it has ended")
    for hold in holds:
        hold.unlink()
    if to == "worker":
        done = "SELECT count(*) AS n FROM item WHERE done = 1"
        until(lambda: only(item.rows(done))["n"] == 200, "the others are done")
        (item.path / "hold-shard-1").unlink()
    _, said = running.communicate(timeout=60)
    assert running.returncode == 143
    assert "was interrupted: stopped by" in said
    row = only(item.rows(RUNS))
    assert (row["status"], only(item.rows(LEASES))["held"]) == ("interrupted", 0)
    assert row["processed"] == (210 if to == "worker" else 30)
    assert only(item.rows(AUDIT))["outcome"] == "interrupted"
    (item.path / "fate-3").unlink(missing_ok=True)
    run(item, 0)
    assert each_once(item)


def test_shard_that_fails_fails_the_run_with_its_stack_and_lets_others_end(item: Project) -> None:
    (item.path / "fate-15").write_text("raise")
    done = run(item, 1)
    assert "job work failed: 1 of " in done.stderr
    assert "more than max_failures allows" in done.stderr
    assert "ValueError: record 15 is bad" in done.stderr
    row = only(item.rows(RUNS))
    assert (row["status"], row["processed"], row["failed"]) == ("failed", 219, 1)
    assert (row["error_class"], row["reason"]) == ("ValueError", None)
    assert "raise ValueError(f\"record {record['id']} is bad\")" in row["error_stack"]
    assert {shard for shard, at in row["position"].items() if at["done"]} == {"2", "3"}


def test_failures_of_all_shards_are_allowed_or_not_together(item: Project) -> None:
    for number in (5, 105, 205):
        (item.path / f"fate-{number}").write_text("raise")
    item.write(JOB.format(workers=3) + 'max_failures = "1%"\n')
    run(item, 3)
    row = only(item.rows(RUNS))
    assert (row["status"], row["processed"], row["failed"]) == ("partial", 297, 3)
    item.write(JOB.format(workers=3) + 'max_failures = "0.9%"\n')
    done = run(item, 1, "--restart")
    assert "3 of 300 records failed, more than max_failures allows" in done.stderr
    item.write(JOB.format(workers=3) + "max_failures = 2\n")
    for shard in (1, 2):
        (item.path / f"hold-shard-{shard}").touch()
    (item.path / "held-1").unlink(missing_ok=True)
    running = item.start("run", "work", "--restart")
    until((item.path / "held-1").exists, "the first is at work")
    until((item.path / "held-2").exists, "the second is at work")
    failed = "SELECT sum(failed)::int AS n FROM bgjobs.lease"
    until(lambda: only(item.rows(failed))["n"] == 1, "the third has its failure")
    (item.path / "hold-shard-1").unlink()
    until(lambda: only(item.rows(failed))["n"] == 2, "the first has its failure")
    (item.path / "hold-shard-2").unlink()
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    row = item.rows(RUNS)[-1]
    # The second of the shards is the last to fail one, and stops there: it has asked for the sum.
    assert (row["status"], row["processed"]) == ("failed", 207)
    assert "ValueError: record 105 is bad" in said


def test_retries_take_up_the_shards_that_failed(item: Project) -> None:
    item.write(JOB.format(workers=3) + 'retries = 2\nretry_on = ["SystemExit"]\n')
    for number in (15, 295):
        (item.path / f"fate-{number}").write_text("once")
    assert run(item, 0).stderr == ""
    assert each_once(item)
    first, second = item.rows(RUNS)
    assert (first["status"], first["error_class"]) == ("failed", "SystemExit")
    assert first["processed"] == 100 + 10 + 90
    assert (second["status"], second["trigger"], second["attempt"]) == ("success", "retry", 2)
    assert (second["processed"], second["counters"]) == (100, {"seen": 100})


def test_timeout_ends_all_and_what_hangs_is_interrupted(item: Project) -> None:
    item.write(JOB.format(workers=3) + 'timeout = "1 s"\n')
    (item.path / "hold-120").touch()
    done = run(item, 124)
    assert "timed out: the timeout of 1s passed" in done.stderr
    row = only(item.rows(RUNS))
    assert (row["status"], row["position"]["2"]["done"]) == ("timed_out", False)
    (item.path / "hold-120").unlink()
    item.write(JOB.format(workers=3))
    run(item, 0)
    assert each_once(item)


def test_stop_from_elsewhere_is_obeyed_by_all(item: Project) -> None:
    for shard in (1, 2, 3):
        (item.path / f"hold-shard-{shard}").touch()
    running = item.start("run", "work")
    until(lambda: len(list(item.path.glob("held-*"))) == 3, "all are at work")
    stopping = item.start("stop", "work")
    for hold in item.path.glob("hold-*"):
        hold.unlink()
    assert stopping.wait(60) == 0
    assert running.wait(60) in {0, 143}
    statuses = {row["status"] for row in item.rows(RUNS)}
    assert statuses <= {"interrupted", "success"}


def test_run_that_was_split_is_gone_on_with_by_one_process(item: Project) -> None:
    (item.path / "fate-95").write_text("SIGKILL")
    (item.path / "fate-195").write_text("SIGKILL")
    run(item, 1)
    item.write(JOB.format(workers=1))
    refused = run(item, 75, "--limit", "5")
    assert "is split into 3 shards: go on with it without --limit" in refused.stderr
    for fate in item.path.glob("fate-*"):
        fate.unlink()
    run(item, 0)
    assert each_once(item)
    first, second = item.rows(RUNS)
    assert [first["status"], second["status"], second["shards"]] == ["crashed", "success", 3]
    assert first["processed"] + second["processed"] == 300


def test_select_that_is_wrong_leaves_its_trace(item: Project) -> None:
    item.write(JOB.format(workers=2).replace("grp FROM item", "nothing FROM item"))
    done = run(item, 1)
    assert 'column "nothing" does not exist' in done.stderr
    row = only(item.rows(RUNS))
    assert (row["status"], row["processed"]) == ("failed", 0)
    assert 'column "nothing" does not exist' in row["error_message"]
    assert only(item.rows(AUDIT)) == {"outcome": "failed", "done": 0}


def test_progress_of_all_shards_is_drawn_on_a_terminal(item: Project) -> None:
    (item.path / "hold-300").touch()
    ours, theirs = os.openpty()
    command = [*PROGRAM, "run", "work"]
    process = subprocess.Popen(command, cwd=item.path, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"29" not in shown:
        shown += os.read(ours, 4096)
    (item.path / "hold-300").unlink()
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 4096):
            shown += piece
    os.close(ours)
    assert process.wait(60) == 0
    assert b"work: success: 300 records in " in shown
    assert b"shard 3 of 3 is at 250" in shown
