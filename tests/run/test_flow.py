"""That sound records flow, page by page and ahead of the server's answers, each of them once."""

import pytest

_TABLE = """
CREATE TABLE task (id int PRIMARY KEY, times int NOT NULL DEFAULT 0, batch xid8,
                   CHECK (id <> 2500 OR times = 0));
INSERT INTO task (id) SELECT n FROM generate_series(1, 5500) AS n
"""
# A row that was written after a savepoint has another transaction's number than the whole.
_APART = """
SELECT count(*) AS rows, count(DISTINCT batch) AS batches,
       count(*) FILTER (WHERE xmin::text <> (batch::text::numeric % 4294967296)::text) AS apart
  FROM task
"""
_TIMES = "SELECT times, count(*) AS rows FROM task GROUP BY times ORDER BY times"
_JOB = """
[jobs.mark]
select = "SELECT id FROM task"
key = "id"
max_failures = 1
{handler}
statement = '''{statement}'''
"""
_HANDLER = 'handler = "handlers:work"'
_BATCH = "UPDATE task SET batch = pg_current_xact_id() FROM batch WHERE task.id = batch.id"
_ONE_MORE = "UPDATE task SET times = times + 1 FROM batch WHERE task.id = batch.id"


@pytest.fixture(params=["handler", "set"])
def worked(request, project):
    """Works a statement in batches, and returns how the run ended."""

    def work(statement):
        project.rows(_TABLE)
        project.handlers("def work(run, record): return {'id': record['id']}")
        handler = _HANDLER if request.param == "handler" else ""
        project.write(_JOB.format(handler=handler, statement=statement))
        project.bgjobs("migrate")
        done = project.bgjobs("run", "mark")
        assert "pipeline" not in done.stderr
        return done.returncode

    return work


def test_sound_records_cost_no_savepoint(project, worked):
    assert worked(_BATCH) == 0
    assert project.rows(_APART) == [{"rows": 5500, "batches": 6, "apart": 0}]


def test_batches_sent_behind_one_that_fails_are_done_once(project, worked):
    assert worked(_ONE_MORE) == 3
    assert project.rows(_TIMES) == [{"times": 0, "rows": 1}, {"times": 1, "rows": 5499}]
    counts = "SELECT read, processed, failed, batches FROM bgjobs.run"
    expected = {"read": 5500, "processed": 5499, "failed": 1, "batches": 6}
    assert project.rows(counts) == [expected]


def test_flow_goes_through_a_pooler(project, pooled_dsn, worked):
    project.dsn = pooled_dsn
    assert worked(_ONE_MORE) == 3
    assert project.rows(_TIMES) == [{"times": 0, "rows": 1}, {"times": 1, "rows": 5499}]
