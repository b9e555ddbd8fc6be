"""Runs that meet another, are stopped, time out, die, or find no database."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from harness.items import (
    INSERT,
    SELECT,
    Gates,
    audit,
    effects,
    end,
    handler,
    job,
    run_of,
    told,
    wait_for,
)
from harness.project import Project


def test_a_start_gives_way_to_a_run_at_work(work: Project) -> None:
    gates = Gates(work)
    gates.shut(15)
    every = 'schedule = "* * * * *"'
    work.write(
        handler("gate", every)
        + handler("wait", 'overlap = "wait"', function="gate")
        + handler("allow", 'overlap = "allow"', function="gate")
    )
    running = gates.start("gate")
    gates.wait(15, running)
    by_hand = work.bgjobs("run", "gate", env=gates.env)
    assert by_hand.returncode == 75
    first = run_of(work, "gate")["reason"]
    assert by_hand.stderr == f"bgjobs: gate was not started: {first}\n"
    holder = work.rows("SELECT id, host, pid FROM bgjobs.run WHERE status = 'running'")[0]
    assert str(holder["id"]) in first
    assert holder["host"] in first
    assert f"(pid {holder['pid']})" in first
    by_cron = work.bgjobs("run", "gate", "--cron", env=gates.env)
    assert (by_cron.returncode, by_cron.stderr) == (0, "")
    skipped = work.rows(
        "SELECT trigger FROM bgjobs.run WHERE status = 'skipped' ORDER BY started_at"
    )
    assert skipped == [{"trigger": "manual"}, {"trigger": "cron"}]

    # One waits for the other's lease; where runs may overlap, neither waits.
    waiting = [gates.start("wait"), gates.start("wait")]
    overlapping = [gates.start("allow"), gates.start("allow")]
    at_work = "SELECT count(*) AS n FROM bgjobs.run WHERE job = %s AND status = 'running'"
    wait_for(lambda: work.rows(at_work, ["allow"])[0]["n"] == 2)
    wait_for(lambda: work.rows(at_work, ["wait"])[0]["n"] == 1)
    gates.open(15)
    for process in (running, *waiting, *overlapping):
        assert end(process) == (0, "")
    runs = work.rows(
        "SELECT job, started_at, finished_at FROM bgjobs.run WHERE status = 'success' ORDER BY job, started_at"
    )
    assert [row["job"] for row in runs] == ["allow", "allow", "gate", "wait", "wait"]
    assert runs[1]["started_at"] < runs[0]["finished_at"]
    assert runs[4]["started_at"] >= runs[3]["finished_at"]
    assert effects(work) == sorted([*range(1, 36)] * 5)
    assert work.rows("SELECT DISTINCT lane::text FROM bgjobs.lease") == [
        {"lane": "00000000-0000-0000-0000-000000000000"}
    ]


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["TERM", "INT"]
)
def test_a_signal_is_obeyed_after_the_batch_and_a_second_one_at_once(
    work: Project, number: int, status: int
) -> None:
    gates = Gates(work)
    work.write(handler("gate"))
    what = f"was interrupted: stopped by {signal.Signals(number).name}"
    following = "the next start resumes it; now: bgjobs run gate"
    gates.shut(15)
    for times in (1, 2):
        running = gates.start("gate")
        gates.wait(15 if times == 1 else 25, running)
        for _ in range(times):
            os.kill(running.pid, number)
            time.sleep(0.05)  # what comes within 25 ms is one wish
        if times == 1:
            gates.open(15)
            gates.shut(25)
        ended, err = end(running)
        assert ended == status
        assert err.startswith(f"bgjobs: job gate {what}")
        if times == 1:
            records = "20 done, 0 failed, 0 skipped"
            assert err == told(work, "gate", what, records, following)
        assert effects(work) == list(range(1, 21))
        assert run_of(work, "gate")["status"] == "interrupted"
    gates.open(25)
    assert work.bgjobs("run", "gate", env=gates.env).returncode == 0
    assert effects(work) == list(range(1, 36))
    assert [row["outcome"] for row in audit(work)] == ["interrupted", "interrupted", "success"]
    assert [row["status"] for row in audit(work)] == ["failed", "failed", "success"]


def test_a_run_ends_at_its_timeout(work: Project) -> None:
    work.write(
        job("statement", 'timeout = "1 s"', 'statement = "SELECT pg_sleep(600)"')
        + job("set", 'timeout = "1 s"', SELECT, INSERT.replace("batch", "batch, pg_sleep(600)"))
        + handler("hang", 'timeout = "1 s"')
        + handler("deaf", 'timeout = "1 s"')
    )
    names = ("deaf", "statement", "set", "hang")
    started = {name: work.start("run", name) for name in names}
    for name in names[1:]:
        ended, err = end(started[name])
        assert ended == 124, err
        # How far it came by then is the machine's affair.
        done = run_of(work, name)["processed"]
        assert done in ({0, 10} if name == "hang" else {0})
        assert err == told(
            work,
            name,
            "timed out: the timeout of 1s passed",
            f"{done} done, 0 failed, 0 skipped",
            f"the next start resumes it; now: bgjobs run {name}",
        )
        row = run_of(work, name)
        assert (row["status"], row["reason"]) == ("timed_out", "the timeout of 1s passed")
    # Who swallows every exception is killed a while after the deadline.
    ended, err = end(started["deaf"])
    assert (ended, run_of(work, "deaf")["status"]) == (124, "timed_out")
    assert "its timeout and was killed" in err.splitlines()[0]
    done = sum(run_of(work, name)["processed"] for name in names)
    assert len(effects(work)) == done
    assert [(row["outcome"], row["status"]) for row in audit(work)] == [("timed_out", "failed")] * 4


def test_a_process_that_dies_is_told_by_the_one_that_watches_it(work: Project) -> None:
    work.write(handler("leave") + handler("crash"))
    for name, cause in (
        ("leave", "ended itself with exit status 0"),
        ("crash", "was killed by SIGSEGV"),
    ):
        work.rows("TRUNCATE effect")
        done = work.bgjobs("run", name)
        assert (done.returncode, done.stdout) == (1, "")
        lines = done.stderr.splitlines()
        assert re.fullmatch(rf"bgjobs: job {name} crashed: .*\(pid \d+\) {cause}.*", lines[0])
        assert sum(line.startswith("bgjobs: ") for line in lines) == 1
        run = run_of(work, name)
        assert run["status"] == "crashed"
        assert f"(pid {run['pid']})" in lines[0]
        assert effects(work) == list(range(1, 11))
        assert audit(work)[-1]["status"] == "failed"
        assert re.search(cause, audit(work)[-1]["error_message"])
        # The next start goes on from the cursor.
        assert run["position"]["1"]["cursor"] == ["10"]
    assert "about to leave" in run_of(work, "leave")["output"]


def test_a_start_without_a_database_is_in_the_history_once_there_is_one(work: Project) -> None:
    state = Path(os.environ["XDG_STATE_HOME"]) / "bgjobs"
    table = job("purge", 'statement = "DELETE FROM item WHERE id = 1"') + handler("row")
    work.write(f'[database]\nconnect_wait = "0 s"\n{table}')
    whole = (work.path / "jobs.toml").read_text()
    away = re.sub('url = "[^"]*"', 'url = "host=127.0.0.1 port=1 dbname=x"', whole)
    (work.path / "jobs.toml").write_text(away)
    for name in ("purge", "row"):
        done = work.bgjobs("run", name, "--slot", "2026-07-01T02:00")
        assert done.returncode == 69
        (line,) = done.stderr.splitlines()
        assert line.startswith("bgjobs: the database cannot be reached: ")
    dry = work.bgjobs("run", "purge", "--dry-run")
    assert dry.returncode == 69
    assert len(list(state.rglob("*.json"))) == 2

    (work.path / "jobs.toml").write_text(whole)
    for _ in range(2):
        assert work.bgjobs("run", "purge").stderr == ""
        assert list(state.rglob("*.json")) == []
    lost = work.rows(
        "SELECT job, status, attempt, slot::text, error_message FROM bgjobs.run WHERE attempt = 0 ORDER BY job"
    )
    assert [(row["job"], row["status"], row["slot"]) for row in lost] == [
        (name, "failed", "2026-07-01 02:00:00+00") for name in ("purge", "row")
    ]
    assert "cannot be reached" in lost[0]["error_message"]
    assert sorted(row["status"] for row in audit(work)) == ["failed"] * 2 + ["success"] * 2
    # Its slot is free: that start was none.
    assert work.bgjobs("run", "row", "--slot", "2026-07-01T02:00").returncode == 0
    assert effects(work) == [*range(2, 36)]


def test_an_end_that_the_audit_table_refuses_is_told_once_it_does_not(work: Project) -> None:
    work.write(job("all", SELECT, INSERT))
    work.rows("ALTER TABLE audit_log ADD CONSTRAINT shut CHECK (false) NOT VALID")
    refused = work.bgjobs("run", "all")
    assert refused.returncode == 78
    assert refused.stderr.startswith(
        "bgjobs: the run of all ended as success, and the ledger could not be told: [audit] its row"
    )
    assert work.bgjobs("run", "all").returncode == 78
    work.rows("ALTER TABLE audit_log DROP CONSTRAINT shut")
    assert work.bgjobs("run", "all").returncode == 0
    runs = work.rows("SELECT status, processed FROM bgjobs.run ORDER BY started_at")
    assert runs == [{"status": "success", "processed": 35}] * 2
    assert len(audit(work)) == 2
