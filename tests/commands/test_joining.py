"""One run worked by processes that know nothing of one another: `--shard I/N`."""

import os
import signal
from subprocess import Popen

import pytest

from harness.project import Project
from harness.shared import Items
from harness.waiting import children, until

SLOT = "2026-07-01T02:00+00:00"
SHARDS = (1, 2, 3)
MAILING = """
import os, signal

def work(run, record):
    run.send(record["id"], key=f"m{record['id']}")

def send(message):
    if message.key == "m8":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def items(project: Project) -> Items:
    """Three hundred items, and no workers but those that a test starts."""
    return Items(project, workers=1)


def start(items: Items, shard: object, *more: str, **env: str) -> Popen[str]:
    return items.project.start("run", "work", "--shard", f"{shard}/3", *more, env=env)


def ends(*processes: Popen[str]) -> list[tuple[int, str]]:
    """Exit status of each, and what it said."""
    told = [process.communicate(timeout=120)[1] for process in processes]
    return [(process.returncode, said) for process, said in zip(processes, told, strict=True)]


def expire(items: Items, shard: int) -> None:
    """Let the time pass that the lease of a dead process has left."""
    items.project.rows(
        "UPDATE bgjobs.lease SET expires_at = clock_timestamp() WHERE shard = %s", [shard]
    )


@pytest.mark.parametrize("how", [(), ("--slot", SLOT), ("--cron", "--slot", SLOT)])
def test_whoever_comes_first_opens_and_the_others_join(items, how):
    items.configure('schedule = "0 2 * * *"\n')
    assert ends(*(start(items, shard, *how) for shard in SHARDS)) == [(0, "")] * 3
    assert items.each_once
    run = items.only_run
    assert (run["status"], run["shards"], run["processed"]) == ("success", 3, 300)
    assert run["counters"] == {"seen": 300}
    assert items.audit == [("success", 300)]
    assert items.leases_held == 0
    assert items.number("SELECT count(*) FROM bgjobs.run WHERE status = 'skipped'") == 0
    if how:
        # One that comes late has nothing left to do.
        assert items.run(0, "--shard", "2/3", *how) == ""


def test_index_of_a_completion_is_the_shard(items):
    running = [start(items, "auto", JOB_COMPLETION_INDEX=str(index)) for index in range(3)]
    assert ends(*running) == [(0, "")] * 3
    assert items.each_once
    refused = items.run(2, "--shard", "auto/3")
    assert "write I/N, from 1/N to N/N, or auto/N with JOB_COMPLETION_INDEX set" in refused


def test_shard_is_worked_by_one_and_no_more_when_it_is_done(items):
    items.hold(1)
    first = start(items, 1)
    until(lambda: items.held() == 1, "the first is at work")
    assert "shard 1 is taken" in items.run(75, "--shard", "1/3")
    (second,) = ends(start(items, 2))
    assert second == (0, "")
    assert items.run(0, "--shard", "2/3") == ""  # it is done, and nothing is begun anew
    assert items.only_run["status"] == "running"
    items.go_on()
    assert ends(start(items, 3), first) == [(0, "")] * 2
    assert items.each_once
    assert items.only_run["status"] == "success"


def test_message_that_a_dead_shard_had_in_the_air_is_listed_by_its_run(project):
    project.rows("CREATE TABLE item AS SELECT generate_series(1, 10) AS id")
    project.rows("ALTER TABLE item ADD PRIMARY KEY (id)")
    project.handlers(MAILING)
    project.write("""[jobs.work]
select = "SELECT id FROM item"
key = "id"
handler = "handlers:work"
send = "handlers:send"
max_failures = 5
""")
    status = {
        shard: project.bgjobs("run", "work", "--shard", shard, "--slot", SLOT).returncode
        for shard in ("1/2", "2/2")
    }
    assert status == {"1/2": 0, "2/2": 1}
    project.rows("UPDATE bgjobs.lease SET expires_at = clock_timestamp() WHERE shard = 2")
    again = project.bgjobs("run", "work", "--shard", "2/2", "--slot", SLOT)
    assert again.returncode == 3, again.stderr
    listed = project.rows("SELECT key, error_class FROM bgjobs.failed_record")
    assert listed == [{"key": {"message": "m8"}, "error_class": "OutcomeUnknownError"}]
    (run,) = project.rows("SELECT status, processed, failed FROM bgjobs.run")
    assert run == {"status": "partial", "processed": 10, "failed": 1}


@pytest.mark.parametrize("victim", [1, 2])
def test_dead_shard_is_started_again_while_the_run_lives(items, victim):
    items.hold("shard-1", f"shard-{victim}")
    opener = start(items, 1)
    until(lambda: items.held() == 1, "the run is open")
    others = [start(items, shard) for shard in (2, 3)]
    until(lambda: items.held() == len({1, victim}), "the victim is at work")
    dying = [opener, *others][victim - 1]
    for pid in (*children(dying.pid), dying.pid):
        os.kill(pid, signal.SIGKILL)
    dying.wait(60)
    expire(items, victim)
    again = start(items, victim)
    items.go_on()
    assert {status for status, _ in ends(again, *({opener, *others} - {dying}))} == {0}
    assert items.each_once
    assert items.only_run["status"] == "success"


def test_run_whose_shards_died_is_gone_on_with_by_those_that_come(items):
    items.fate(150, "SIGKILL")
    assert [status for status, _ in ends(*(start(items, shard) for shard in SHARDS))] == [0, 1, 0]
    for shard in SHARDS:
        expire(items, shard)
    items.fate(150, None)
    assert "has 3 shards, not 2" in items.run(75, "--shard", "1/2")
    assert ends(start(items, 2)) == [(0, "")]
    assert items.each_once
    crashed, resumed = items.runs
    assert (crashed["status"], resumed["status"]) == ("crashed", "success")
    # Whether the batch before the last one was committed is known to the server alone.
    assert crashed["processed"] + resumed["processed"] == 300


def test_stopped_shards_are_given_back_and_the_last_to_leave_tells(items):
    items.hold("shard-1", "shard-2", "shard-3")
    running = [start(items, shard) for shard in SHARDS]
    until(lambda: items.held() == len(SHARDS), "all are at work")
    running[0].terminate()
    (said,) = ends(running[0])
    assert said[0] == 143
    assert items.only_run["status"] == "running"
    items.go_on("shard-1")
    assert ends(start(items, 1)) == [(0, "")]
    for process in running[1:]:
        process.terminate()
    assert [status for status, _ in ends(*running[1:])] == [143, 143]
    run = items.only_run
    assert (run["status"], run["processed"]) == ("interrupted", 100 + 10 + 10)
    assert items.audit == [("interrupted", 120)]
    items.go_on()
    assert ends(*(start(items, shard) for shard in (2, 3))) == [(0, "")] * 2
    assert items.each_once


def test_failed_shard_fails_the_run_when_all_have_ended(items):
    items.hold("shard-2", "shard-3")
    items.fate(15, "raise")
    others = [start(items, shard) for shard in (2, 3)]
    until(lambda: items.held() == len(others), "the others are at work")
    (failed,) = ends(start(items, 1))
    assert failed[0] == 1
    assert "ValueError: record 15 is bad" in failed[1]
    assert items.only_run["status"] == "running"
    items.go_on()
    assert sorted(status for status, _ in ends(*others)) == [0, 1]
    run = items.only_run
    assert (run["status"], run["error_class"], run["processed"]) == ("failed", "ValueError", 219)
    assert items.audit == [("failed", 219)]


def test_shard_is_tried_again_as_often_as_the_job_says(items):
    items.configure('retries = 1\nretry_on = ["SystemExit"]\n')
    items.fate(15, "once")
    assert ends(*(start(items, shard) for shard in SHARDS)) == [(0, "")] * 3
    assert items.each_once
    assert items.only_run["attempt"] == 1


def test_shard_waits_for_the_others_before_it_begins_the_next_slot(items):
    items.configure('schedule = "* * * * *"\ncatch_up = "all"\n')
    items.number("INSERT INTO bgjobs.known_job VALUES ('work', '2026-07-01T01:58:30Z') RETURNING 1")
    running = [start(items, shard, "--cron", "--slot", SLOT) for shard in SHARDS]
    assert ends(*running) == [(0, "")] * 3
    assert items.number("SELECT DISTINCT done FROM item") == 2
    assert [run["status"] for run in items.runs] == ["success"] * 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--shard", "4/3"), "the shard must be from 1 to 3"),
        (("--shard", "1/3", "--dry-run"), "omit --shard"),
        (("--shard", "1/3", "--until-empty"), "cannot be combined with until_empty"),
    ],
)
def test_what_makes_no_sense_is_refused(items, arguments, reason):
    assert reason in items.run(2, *arguments)
