"""`bgjobs retry`: what is on the list is worked again, and nothing else is."""

import json
from typing import Any

import pytest

from harness.project import Project

TABLE = """CREATE TABLE item (id int PRIMARY KEY, day date NOT NULL DEFAULT '2026-07-01',
                              bad boolean NOT NULL DEFAULT false, done int NOT NULL DEFAULT 0);
           INSERT INTO item SELECT generate_series(1, 30)"""
WORK = """
import json, os

def work(run, record):
    with open("calls", "a") as calls:
        print(json.dumps([str(run.slot), run.idempotency_key(record)]), file=calls)
    if record["bad"]:
        if record["id"] == 13 and "DIE" in os.environ:
            os._exit(1)
        raise ValueError(f"bad {record['id']}")
    run.send(record["id"], key=f"m{record['id']}")
    return {"id": record["id"]}

def send(message):
    if os.path.exists("closed"):
        raise ConnectionRefusedError("the office is closed")
    with open("sent", "a") as sent:
        print(message.key, file=sent)
"""
SET = """statement = "UPDATE item SET done = done + 1 FROM batch WHERE item.id = batch.id" """
JOB = f"""
[jobs.work]
select = "SELECT id, bad FROM item WHERE day <= :slot"
key = "id"
batch_size = 10
handler = "handlers:work"
max_failures = 20
retry_delay = 0.01
{SET}
"""
LIST = "SELECT key, attempt, slot::date::text AS slot FROM bgjobs.failed_record ORDER BY key"
SLOTS = ("2026-07-01", "2026-07-02")


@pytest.fixture
def item(project: Project) -> Project:
    """A project with thirty items, two of them bad, worked by a handler that says what it sees."""
    project.rows(TABLE)
    project.rows("UPDATE item SET bad = true WHERE id IN (7, 13)")
    project.handlers(WORK)
    project.write(JOB)
    return project


def listed(project: Project) -> list[tuple[Any, ...]]:
    return [(*row["key"], row["attempt"]) for row in project.rows(LIST)]


def calls(project: Project) -> list[tuple[str, str]]:
    """The handler's calls since the last look: slot and idempotency key."""
    file = project.path / "calls"
    found = [tuple(json.loads(line)) for line in file.read_text().splitlines()]
    file.write_text("")
    return found


def run(project: Project, *arguments: str, status: int, **env: str) -> str:
    done = project.bgjobs(*arguments, env=env)
    assert done.returncode == status, done.stderr
    return done.stderr


def test_each_that_succeeds_leaves_the_list_and_the_others_are_tried_again(item: Project) -> None:
    run(item, "run", "work", status=3)
    assert listed(item) == [("13", 1), ("7", 1)]
    calls(item)
    item.rows("UPDATE item SET bad = false WHERE id = 7")
    run(item, "retry", "work", status=3)
    assert listed(item) == [("13", 2)]
    assert {key.rpartition(":")[2] for _, key in calls(item)} == {"7", "13"}
    item.rows("UPDATE item SET bad = false")
    said = run(item, "retry", "work", status=0)
    assert said.startswith("work: success: 1 record in ")
    assert listed(item) == []
    assert item.rows("SELECT DISTINCT done FROM item") == [{"done": 1}]
    assert run(item, "retry", "work", status=0) == "bgjobs: work: no failed records\n"
    runs = "SELECT trigger, only_failed, processed, failed FROM bgjobs.run ORDER BY started_at"
    assert [tuple(row.values()) for row in item.rows(runs)] == [
        ("manual", False, 28, 2),
        ("retry", True, 1, 1),
        ("retry", True, 1, 0),
    ]


KEYS = """CREATE TABLE item (u uuid, d date, t timestamptz, n numeric, c "char", bad boolean,
                             PRIMARY KEY (u, d, t, n, c));
          INSERT INTO item SELECT gen_random_uuid(), '2026-01-31'::date - i,
                 '2026-03-29 00:59:59.123456+00'::timestamptz + i * interval '10 hours 0.5 s',
                 i / 8.0, 'x', i % 2 = 0 FROM generate_series(1, 10) AS i"""


def test_key_and_slot_are_those_of_the_run_in_which_it_failed_in_any_zone(project: Project) -> None:
    project.rows(KEYS)
    project.handlers(WORK.replace('run.send(record["id"], key=f"m{record[\'id\']}")', "return"))
    order = '["t DESC", "u", "d", "n DESC", "c"]'
    project.write(f"""
[jobs.work]
select = "SELECT *, 0 AS id FROM item WHERE t < :slot"
key = {order}
handler = "handlers:work"
max_failures = 20
""")
    for slot in ("2026-03-31", "2026-05-01"):
        run(project, "run", "work", "--slot", slot, status=3, PGTZ="Asia/Kolkata")
    first = calls(project)
    assert len(first) > len({slot for slot, _ in first}) == 2
    wanted = project.rows("SELECT key, slot FROM bgjobs.failed_record")
    assert len(wanted) == 5
    assert len({row["slot"] for row in wanted}) == 1  # those of the first failed in the second too
    project.rows("UPDATE bgjobs.failed_record SET slot = '2026-03-31' WHERE key ->> 3 < '0.7'")
    run(project, "retry", "work", status=3, PGTZ="America/New_York")
    again = calls(project)
    assert len(again) == 5
    assert set(again) <= set(first)
    assert len({slot for slot, _ in again}) == 2
    project.rows("UPDATE item SET bad = false")
    run(project, "retry", "work", status=0, PGTZ="Pacific/Apia")
    assert set(calls(project)) == set(again)
    assert project.rows("SELECT FROM bgjobs.failed_record") == []


def test_records_that_are_gone_are_told_of_and_stay_until_they_are_forgotten(item: Project) -> None:
    item.write(JOB + 'send = "handlers:send"\n')
    (item.path / "closed").touch()
    item.rows("DELETE FROM item WHERE id > 14")
    run(item, "run", "work", status=3)
    assert len(item.rows(LIST)) == 14
    (item.path / "closed").unlink()
    item.rows("DELETE FROM item WHERE id = 7; UPDATE item SET bad = false")
    item.rows("DELETE FROM bgjobs.outbox WHERE key = 'm3'")
    said = run(item, "retry", "work", status=0)
    assert "2 listed records are no longer selected by the job or in its outbox" in said
    assert "bgjobs retry work --forget" in said
    sent = (item.path / "sent").read_text().split()
    assert sorted(sent) == sorted(f"m{n}" for n in range(1, 15) if n not in {3, 7})
    assert [row["key"] for row in item.rows(LIST)] == [["7"], {"message": "m3"}]
    assert (
        item.bgjobs("retry", "work", "--forget").stdout == "work: 2 records removed from the list\n"
    )
    assert item.rows(LIST) == []


def test_retry_that_died_is_not_gone_on_with_and_what_was_cut_short_before_is(
    item: Project,
) -> None:
    run(item, "run", "work", "--slot", SLOTS[0], status=3)
    run(item, "run", "work", "--slot", SLOTS[1], status=1, DIE="1")
    run(item, "retry", "work", status=1, DIE="1")
    item.rows("UPDATE item SET bad = false")
    calls(item)
    run(item, "run", "work", status=0)
    assert {slot[:10] for slot, _ in calls(item)} == {SLOTS[1]}
    runs = (
        "SELECT slot::date::text AS slot, status, only_failed FROM bgjobs.run ORDER BY started_at"
    )
    found = [tuple(row.values()) for row in item.rows(runs)]
    assert [status for _, status, _ in found] == ["partial", "crashed", "crashed", "success"]
    assert [only for *_, only in found] == [False, False, True, False]
    assert found[3][0] == SLOTS[1]


@pytest.mark.parametrize(
    "extra",
    [
        'handler = "handlers:work"\nworkers = 2',
        'handler = "handlers:work"\nuntil_empty = true\nconcurrency = 2',
        "",
    ],
    ids=["workers", "until_empty", "set-based"],
)
def test_jobs_of_every_shape_work_their_list(item: Project, extra: str) -> None:
    job = JOB.replace('handler = "handlers:work"', extra)
    if not extra:
        item.rows("ALTER TABLE item ADD CHECK (NOT bad OR done = 0)")
    item.write(job.replace("day <= :slot", "done = 0"))
    run(item, "run", "work", status=3)
    item.rows("UPDATE item SET bad = false WHERE id = 7")
    run(item, "retry", "work", status=3)
    assert listed(item) == [("13", 2)]
    item.rows("UPDATE item SET bad = false")
    run(item, "retry", "work", status=0)
    assert listed(item) == []
    assert item.rows("SELECT DISTINCT done FROM item") == [{"done": 1}]


def test_job_without_a_select_has_its_messages_sent_and_is_not_run(project: Project) -> None:
    project.handlers(
        WORK
        + "\ndef once(run):\n    run.send(1, key=f'at {run.slot:%Y}')\n    open('calls', 'a').write('x')"
    )
    project.write(
        '[jobs.work]\nhandler = "handlers:once"\nsend = "handlers:send"\nretry_delay = 0.01\n'
    )
    (project.path / "closed").touch()
    assert "the office is closed" in run(project, "run", "work", status=1)
    (project.path / "closed").unlink()
    run(project, "retry", "work", status=0)
    assert (project.path / "calls").read_text() == "x"
    assert (project.path / "sent").read_text().startswith("at 20")
    assert project.rows("SELECT FROM bgjobs.failed_record") == []


def test_unknown_job_is_refused(item: Project) -> None:
    assert 'no job "wrok" (did you mean "work"?)' in run(item, "retry", "wrok", status=2)
