"""That sound records flow: worked page by page, each as one part of its batch's transaction."""

import pytest

_TABLE = """
CREATE TABLE task (id int PRIMARY KEY, worked xid8, batch xid8);
INSERT INTO task SELECT n FROM generate_series(1, 5500) AS n
"""
# A row that was written after a savepoint has another transaction's number than the whole.
_APART = """
SELECT count(*) AS rows, count(DISTINCT batch) AS batches,
       count(*) FILTER (WHERE xmin::text <> (batch::text::numeric % 4294967296)::text) AS apart
  FROM task
"""
_SELECT = 'select = "SELECT id FROM task"\nkey = "id"\n'
_STATEMENT = (
    "statement = 'UPDATE task SET batch = pg_current_xact_id() FROM batch WHERE task.id = batch.id'"
)


@pytest.mark.parametrize("work", ['handler = "handlers:work"\n', ""])
def test_sound_records_cost_no_savepoint(project, work):
    project.rows(_TABLE)
    project.handlers("def work(run, record): return {'id': record['id']}")
    project.write(f"[jobs.mark]\n{_SELECT}{work}{_STATEMENT}\n")
    project.bgjobs("migrate")
    done = project.bgjobs("run", "mark")
    assert (done.returncode, done.stderr) == (0, "")
    assert project.rows(_APART) == [{"rows": 5500, "batches": 6, "apart": 0}]
