"""One run worked by several processes of this host."""

import contextlib
import os
import subprocess

import pytest

from harness.project import PROGRAM, Project
from harness.shared import JOB, WORK, Items
from harness.waiting import children, gone, until

WORKERS = 3


@pytest.fixture
def items(project: Project) -> Items:
    """Three hundred items for three workers."""
    return Items(project, workers=WORKERS)


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("shape", ["handler", "set"])
def test_run_is_one_whatever_the_number_of_its_processes(items, workers, shape):
    job = JOB.format(workers=workers)
    items.project.write(job if shape == "handler" else job.replace('handler = "handlers:work"', ""))
    assert items.run(0) == ""
    assert items.each_once
    run = items.only_run
    assert (run["status"], run["shards"]) == ("success", workers)
    assert (run["read"], run["processed"]) == (300, 300)
    assert items.audit == [("success", 300)]
    assert items.leases_held == 0
    if shape == "handler":
        assert run["counters"] == {"seen": 300}
        said = {line.split(" is ")[0] for line in run["output"].splitlines()}
        assert said == {f"shard {n} of {workers}" for n in range(1, workers + 1)}


@pytest.mark.parametrize("number", [0, 1, 2])
def test_few_records_are_work_for_few(project, number):
    items = Items(project, number, workers=WORKERS)
    assert items.run(0) == ""
    assert items.only_run["processed"] == number
    assert number == 0 or items.each_once


def test_group_is_worked_by_one(items):
    items.project.handlers("""
def work(run, records):
    for grp in {record["grp"] for record in records}:
        run.count(f"{grp} by {run.shard}")
""")
    job = JOB.format(workers=WORKERS).replace('"id"', '["grp DESC", "id"]')
    job = "\n".join(line for line in job.splitlines() if not line.startswith("statement"))
    items.project.write(job + '\ngroup_by = ["grp"]\nper = "batch"')
    items.run(0)
    seen = sorted(name.split(" by ") for name in items.only_run["counters"])
    assert [grp for grp, _ in seen] == sorted(map(str, range(7)))
    assert {shard for _, shard in seen} == {"1", "2", "3"}


def test_dead_worker_is_told_at_once_and_the_next_run_works_the_rest(items):
    items.fate(95, "SIGKILL")
    said = items.run(1)
    assert "the process of shard 1 (pid " in said
    assert "was killed by SIGKILL" in said
    crashed = items.only_run
    assert crashed["status"] == "crashed"
    assert {shard for shard, at in crashed["position"].items() if at["done"]} == {"2", "3"}
    items.fate(95, None)
    items.run(0)
    assert items.each_once
    _, resumed = items.runs
    # Whether the batch before the last one was committed is known to the server alone.
    assert (resumed["attempt"], crashed["processed"] + resumed["processed"]) == (2, 300)
    assert [outcome for outcome, _ in items.audit] == ["crashed", "success"]


def test_dead_parent_takes_its_workers_along_and_the_next_run_works_the_rest(items):
    items.hold("shard-1", "shard-2", "shard-3")
    running = items.project.start("run", "work")
    until(lambda: items.held() == WORKERS, "all are at work")
    workers = children(running.pid)
    assert len(workers) == WORKERS
    running.kill()
    until(lambda: all(map(gone, workers)), "the workers are gone")
    items.go_on()
    items.run(0)
    assert items.each_once
    crashed, resumed = items.runs
    assert (crashed["status"], crashed["processed"]) == ("crashed", 0)
    assert "its process is gone from its host" in crashed["reason"]
    assert (resumed["status"], resumed["processed"], resumed["attempt"]) == ("success", 300, 2)


def test_asked_to_stop_all_end_their_batches(items):
    items.hold("shard-1", "shard-2", "shard-3")
    running = items.project.start("run", "work")
    until(lambda: items.held() == WORKERS, "all are at work")
    running.terminate()
    _, said = running.communicate(timeout=60)
    assert running.returncode == 143
    assert "was interrupted: stopped by" in said
    run = items.only_run
    assert (run["status"], run["processed"], items.leases_held) == ("interrupted", 30, 0)
    assert items.audit == [("interrupted", 30)]
    items.go_on()
    items.run(0)
    assert items.each_once


def test_worker_that_is_asked_to_stop_stops_alone(items):
    items.hold("shard-1")
    items.fate(3, "SIGTERM")
    running = items.project.start("run", "work")
    done = "SELECT count(*) FROM item WHERE done = 1"
    until(lambda: items.number(done) == 200, "the others are done")
    items.go_on()
    assert running.wait(60) == 143
    run = items.only_run
    assert (run["status"], run["processed"]) == ("interrupted", 210)
    items.fate(3, None)
    items.run(0)
    assert items.each_once


def test_shard_that_fails_fails_the_run_with_its_stack_and_lets_others_end(items):
    items.fate(15, "raise")
    said = items.run(1)
    assert "more than max_failures allows" in said
    assert "ValueError: record 15 is bad" in said
    run = items.only_run
    assert (run["status"], run["processed"], run["failed"]) == ("failed", 219, 1)
    assert (run["error_class"], run["reason"]) == ("ValueError", None)
    assert "raise ValueError(f\"record {record['id']} is bad\")" in run["error_stack"]
    assert {shard for shard, at in run["position"].items() if at["done"]} == {"2", "3"}


def test_share_of_failures_is_that_of_the_whole_run(items):
    for number in (5, 105, 205):
        items.fate(number, "raise")
    items.configure('max_failures = "1%"\n')
    items.run(3)
    run = items.only_run
    assert (run["status"], run["processed"], run["failed"]) == ("partial", 297, 3)
    items.configure('max_failures = "0.9%"\n')
    said = items.run(1, "--restart")
    assert "3 of 300 records failed, more than max_failures allows" in said


def test_shard_that_sees_too_many_failures_of_all_stops(items):
    for number in (5, 105, 205):
        items.fate(number, "raise")
    items.configure("max_failures = 2\n")
    items.hold("shard-1", "shard-2")
    running = items.project.start("run", "work")
    failed = "SELECT sum(failed)::int FROM bgjobs.lease"
    until(lambda: items.held() == 2 and items.number(failed) == 1, "the third has failed one")
    items.go_on("shard-1")
    until(lambda: items.number(failed) == 2, "the first has failed one")
    items.go_on("shard-2")
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "ValueError: record 105 is bad" in said
    run = items.only_run
    assert (run["status"], run["processed"]) == ("failed", 99 + 9 + 99)


def test_retries_take_up_the_shards_that_failed(items):
    items.configure('retries = 2\nretry_on = ["SystemExit"]\n')
    for number in (15, 295):
        items.fate(number, "once")
    assert items.run(0) == ""
    assert items.each_once
    first, second = items.runs
    assert (first["status"], first["error_class"]) == ("failed", "SystemExit")
    assert first["processed"] == 10 + 100 + 90
    assert (second["status"], second["trigger"], second["attempt"]) == ("success", "retry", 2)
    assert (second["processed"], second["counters"]) == (100, {"seen": 100})


def test_timeout_ends_all_and_interrupts_what_hangs(items):
    items.configure('timeout = "1 s"\n')
    items.hold(120)
    assert "timed out: the timeout of 1s passed" in items.run(124)
    run = items.only_run
    assert (run["status"], run["position"]["2"]["done"]) == ("timed_out", False)
    items.go_on()
    items.configure()
    items.run(0)
    assert items.each_once


def test_stop_from_elsewhere_is_obeyed(items):
    items.hold("shard-1", "shard-2", "shard-3")
    running = items.project.start("run", "work")
    until(lambda: items.held() == WORKERS, "all are at work")
    stopping = items.project.start("stop", "work")
    # It waits for the batches that are in flight, and has the leases then.
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    until(lambda: items.number(waiting) == 1, "it waits for a batch")
    items.go_on()
    assert stopping.wait(60) == 0
    ended = {143: "interrupted", 0: "success"}[running.wait(60)]
    assert items.only_run["status"] == ended
    if ended == "interrupted":
        assert "@" in items.only_run["reason"]  # who asked, and not a signal
        items.run(0)
    assert items.each_once


def test_run_that_was_split_is_gone_on_with_by_one_process(items):
    for number in (95, 195):
        items.fate(number, "SIGKILL")
    items.run(1)
    items.configure(workers=1)
    refused = items.run(75, "--limit", "5")
    assert "has an unfinished run: resume it without --limit" in refused
    for number in (95, 195):
        items.fate(number, None)
    items.run(0)
    assert items.each_once
    first, second = items.runs
    assert (first["status"], second["status"], second["shards"]) == ("crashed", "success", 3)
    assert first["processed"] + second["processed"] == 300


def test_select_that_is_wrong_leaves_its_trace(items):
    job = JOB.format(workers=2)
    items.project.write(job.replace("grp FROM item", "nothing FROM item"))
    assert 'column "nothing" does not exist' in items.run(1)
    run = items.only_run
    assert (run["status"], run["processed"]) == ("failed", 0)
    assert 'column "nothing" does not exist' in run["error_message"]
    assert items.audit == [("failed", 0)]


def test_progress_of_all_shards_is_drawn_on_a_terminal(items):
    items.hold(300)
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [*PROGRAM, "run", "work"], cwd=items.path, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while b"29" not in shown:
        shown += os.read(ours, 4096)
    items.go_on()
    with contextlib.suppress(OSError):  # so a terminal tells that nobody is left
        while piece := os.read(ours, 4096):
            shown += piece
    os.close(ours)
    assert process.wait(60) == 0
    assert b"work: success: 300 records in " in shown
    assert b"shard 3 of 3 is at 250" in shown


SEND = """
def remind(run, record):
    run.send(record["id"], key=str(record["id"]))
    return work(run, record)

def send(message):
    if os.path.exists("closed"):
        raise ConnectionRefusedError("the office is closed")
    with open("sent", "a") as sent:
        sent.write(f"{message.key}\\n")
"""


def test_messages_of_all_shards_are_sent_whichever_ends_last(items):
    items.project.handlers(WORK + SEND)
    job = JOB.format(workers=WORKERS).replace("handlers:work", "handlers:remind")
    items.project.write(job + 'send = "handlers:send"\n')
    items.hold("shard-1")
    running = items.project.start("run", "work")
    sent = items.path / "sent"
    until(lambda: sent.exists() and sent.read_text().count("\n") == 200, "the others have sent")
    items.go_on()
    assert running.wait(60) == 0
    assert sorted(map(int, sent.read_text().split())) == list(range(1, 301))
    # What an earlier run has left is sent though there are no records any more.
    items.project.rows("DELETE FROM item; UPDATE bgjobs.outbox SET sent_at = NULL WHERE key = '7'")
    items.run(0)
    assert sent.read_text().split()[300:] == ["7"]


def test_lease_that_another_took_ends_all_workers_at_once(items):
    items.configure('lease = "5 s"\n')
    items.hold("shard-1", "shard-2", "shard-3")
    running = items.project.start("run", "work")
    until(lambda: items.held() == WORKERS, "all are at work")
    workers = children(running.pid)
    items.project.rows("UPDATE bgjobs.lease SET token = token + 1 WHERE shard = 0")
    _, said = running.communicate(timeout=60)
    assert running.returncode == 75
    assert "the lease of work was taken over by another run" in said
    assert all(map(gone, workers))
    assert items.number("SELECT sum(done) FROM item") == 0
