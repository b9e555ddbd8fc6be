"""A slot keeps the parameters and the key that it was begun with."""

from datetime import date
from typing import Any

import pytest

from bgjobs.commands.parameters import as_begun
from bgjobs.commands.request import Request
from bgjobs.errors import NotNowError
from bgjobs.mask import Mask
from bgjobs.plan.starts import Wish
from harness.project import Project
from harness.tasks import a_job

WORK = """
import os

def work(run, record):
    if record["id"] == 7 and os.environ.get("DIE"):
        os._exit(1)
    return {"id": record["id"], "days": run.params["days"]}
"""
JOB = """
[jobs.work]
schedule = "* * * * *"
select = "SELECT id, :days::int AS days FROM item"
key = "id"
batch_size = 3
handler = "handlers:work"
statement = "INSERT INTO effect SELECT id, days FROM batch"
params = { days = 30 }
"""
EACH = "SELECT days, count(*)::int AS number FROM effect GROUP BY 1 ORDER BY 1"
SLOT = ("--slot", "2026-07-01T12:00+00:00")


@pytest.fixture
def item(project: Project) -> Project:
    project.rows("CREATE TABLE item AS SELECT generate_series(1, 12) AS id")
    project.rows("CREATE TABLE effect (id int, days int)")
    project.rows("ALTER TABLE item ADD PRIMARY KEY (id)")
    project.handlers(WORK)
    project.write(JOB)
    return project


def asked(params: dict[str, Any], *given: str, secrets: tuple[str, ...] = ()) -> Request:
    job = a_job(params=params, secrets=secrets)
    none: Any = None
    return Request(
        config=none,
        job=job,
        wish=Wish(),
        limit=None,
        dry_run=False,
        cron=False,
        mask=Mask(),
        given=frozenset(given),
    )


def test_parameters_are_those_of_the_run_that_is_gone_on_with() -> None:
    params = {"days": 30, "since": date(2026, 7, 1), "names": ["a"], "key": "s3cr3t", "new": 1}
    begun = {"days": 77, "since": "2026-06-01", "names": ["b"], "key": "***", "gone": 5}
    found = as_begun(asked(params, secrets=("key",)), begun).job.params
    assert found == {**params, "days": 77, "since": date(2026, 6, 1), "names": ["b"]}
    assert as_begun(asked(params), {}).job.params == params


def test_others_of_the_command_line_are_refused() -> None:
    assert as_begun(asked({"days": 77}, "days"), {"days": 77}).job.params == {"days": 77}
    with pytest.raises(NotNowError, match="was begun with days = 77: resume it without --param"):
        as_begun(asked({"days": 30}, "days"), {"days": 77})


@pytest.mark.parametrize("more", [(), ("--cron", *SLOT)])
def test_a_resumed_slot_is_worked_with_one_set_of_them(
    item: Project, more: tuple[str, ...]
) -> None:
    died = item.bgjobs("run", "work", *SLOT, "--param", "days=77", env={"DIE": "1"})
    assert died.returncode == 1
    refused = item.bgjobs("run", "work", *more, "--param", "days=78")
    assert refused.returncode == 75
    assert "resume it without --param days" in refused.stderr
    assert item.bgjobs("run", "work", *more).returncode == 0
    assert item.rows(EACH) == [{"days": 77, "number": 12}]
    assert [
        row["days"] for row in item.rows("SELECT parameters ->> 'days' AS days FROM bgjobs.run")
    ] == ["77", "77"]


def test_a_key_that_was_changed_meanwhile_tells_nothing_of_where_the_work_stands(
    item: Project,
) -> None:
    item.bgjobs("run", "work", *SLOT, env={"DIE": "1"})
    item.write(JOB.replace('key = "id"', 'key = "id DESC"'))
    refused = item.bgjobs("run", "work")
    assert refused.returncode == 75
    assert "the key of work was changed since its unfinished run began" in refused.stderr
    item.rows("TRUNCATE effect")
    assert item.bgjobs("run", "work", "--restart").returncode == 0
    assert item.rows(EACH) == [{"days": 30, "number": 12}]


def test_restart_takes_those_of_today(item: Project) -> None:
    item.bgjobs("run", "work", *SLOT, "--param", "days=77", env={"DIE": "1"})
    item.rows("TRUNCATE effect")
    done = item.bgjobs("run", "work", *SLOT, "--restart")
    assert done.returncode == 0, done.stderr
    assert item.rows(EACH) == [{"days": 30, "number": 12}]


def test_who_joins_a_run_has_those_of_who_opened_it(item: Project) -> None:
    first = item.start("run", "work", *SLOT, "--shard", "1/2", "--param", "days=77")
    assert first.wait() == 0
    refused = item.bgjobs("run", "work", *SLOT, "--shard", "2/2", "--param", "days=5")
    assert refused.returncode == 75
    assert "was begun with days = 77" in refused.stderr
    assert item.bgjobs("run", "work", *SLOT, "--shard", "2/2").returncode == 0
    assert item.rows(EACH) == [{"days": 77, "number": 12}]


def test_retry_takes_them_from_the_command_line(item: Project) -> None:
    item.rows("ALTER TABLE effect ADD CHECK (id <> 5)")
    assert item.bgjobs("run", "work", *SLOT).returncode == 1
    item.rows("ALTER TABLE effect DROP CONSTRAINT effect_id_check")
    assert item.bgjobs("retry", "work", "--param", "days=7").returncode == 0
    assert item.rows("SELECT days FROM effect WHERE id = 5") == [{"days": 7}]
