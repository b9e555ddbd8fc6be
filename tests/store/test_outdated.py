"""A ledger that is too old is told as that, and SQL that is wrong is not."""

import pytest

from harness.project import Project

JOB = """
[jobs.work]
select = "SELECT id FROM item"
key = "id"
statement = "UPDATE item SET done = done + 1 FROM batch WHERE item.id = batch.id"
"""
OLDER = "DELETE FROM bgjobs.migration WHERE number = (SELECT max(number) FROM bgjobs.migration)"


@pytest.fixture
def work(project: Project) -> Project:
    project.rows("CREATE TABLE item (id int PRIMARY KEY, done int DEFAULT 0)")
    project.rows("INSERT INTO item VALUES (1)")
    project.write(JOB)
    return project


@pytest.mark.parametrize(
    "lack",
    [
        "ALTER TABLE bgjobs.run DROP COLUMN only_failed",
        "DROP TABLE bgjobs.known_job",
        "DROP FUNCTION bgjobs.end_batch",
    ],
)
def test_older_ledger_says_what_to_run(work, lack):
    work.rows(lack)
    work.rows(OLDER)
    said = [work.bgjobs(*command) for command in (("run", "work"), ("failures",), ("status",))]
    assert said[0].returncode == 78
    for done in said:
        # A command that does without what is lacking works all the same.
        assert done.returncode == 0 or "run: bgjobs migrate" in done.stderr
        assert done.returncode in {0, 78}
        assert "Traceback" not in done.stderr


def test_missing_ledger_says_what_to_run(work):
    work.rows("DROP SCHEMA bgjobs CASCADE")
    done = work.bgjobs("run", "work")
    assert done.returncode == 78
    assert "run: bgjobs migrate" in done.stderr


@pytest.mark.parametrize("sql", ["SELECT id, nothing FROM item", "SELECT id FROM nothing"])
def test_wrong_sql_of_a_job_is_its_own(work, sql):
    work.rows(OLDER)
    work.write(JOB.replace("SELECT id FROM item", sql))
    done = work.bgjobs("run", "work")
    assert done.returncode == 1
    assert "nothing" in done.stderr
    assert "migrate" not in done.stderr
