"""Two records with one key: a page may end between them, and the second would be passed over."""

import pytest

from bgjobs.errors import ExitStatus, JobFailedError
from bgjobs.store.pages import Pages
from harness.project import Project
from harness.tasks import Works, a_job, key_of

TABLES = """
CREATE TABLE item (id int PRIMARY KEY, due int NOT NULL, day int NOT NULL, code text NOT NULL);
CREATE UNIQUE INDEX ON item (day, code) INCLUDE (due);
CREATE UNIQUE INDEX ON item (due) WHERE due > 100;
CREATE UNIQUE INDEX ON item ((due + 1000 * id));
INSERT INTO item SELECT n, greatest(n, 2), n, 'c' FROM generate_series(1, 5) AS n;
CREATE TABLE part (item int, number int, PRIMARY KEY (item, number));
INSERT INTO part VALUES (1, 1), (1, 2), (2, 1);
CREATE TABLE "kind of" AS SELECT generate_series(1, 2);
CREATE TABLE old (id int PRIMARY KEY);
CREATE TABLE older () INHERITS (old);
INSERT INTO old VALUES (1);
INSERT INTO older VALUES (1);
"""


@pytest.mark.parametrize(
    ("select", "key", "twins"),
    [
        ("SELECT * FROM item", ("due DESC", "id"), None),
        ("SELECT code AS c, day AS d FROM item", ("d", "c"), None),
        ("SELECT * FROM item", ("due",), "(due) is not unique: several records have (2)"),
        ("SELECT * FROM item", ("due", "code"), "(due, code) is not unique: several records"),
        ("SELECT i.id FROM item i JOIN part p ON p.item = i.id", ("id",), "(id) is not unique"),
        ("SELECT i.id FROM item AS i, part p WHERE p.item = i.id", ("id",), "(id) is not unique"),
        ("SELECT p.* FROM item i JOIN part p ON p.item = i.id", ("item", "number"), None),
        ("SELECT id FROM item UNION ALL SELECT 3", ("id",), "several records have (3)"),
        ("SELECT unnest('{1,1}'::int[]) AS n, id FROM item", ("id",), "(id) is not unique"),
        (
            """SELECT id, jsonb_object_keys('{"a": 1, "b": 2}') FROM item""",
            ("id",),
            "is not unique",
        ),
        ("SELECT id FROM item /* tasks */, part", ("id",), "(id) is not unique"),
        ('SELECT id FROM "kind of" k, item', ("id",), "(id) is not unique"),
        ("WITH w AS (SELECT id FROM item, part) SELECT id FROM w", ("id",), "(id) is not unique"),
        ("SELECT id FROM item WHERE id IN (SELECT item FROM part)", ("id",), None),
        ("SELECT id FROM old", ("id",), "(id) is not unique: several records have (1)"),
    ],
)
def test_twins_are_found_wherever_they_come_from(
    works: Works, select: str, key: tuple[str, ...], twins: str | None
) -> None:
    works.rows(TABLES)
    found = Pages(works.session, a_job(select=select, key=key_of(*key)), {})
    if twins is None:
        found.refuse_unsound(None, None)
        return
    with pytest.raises(JobFailedError) as raised:
        found.refuse_unsound(None, None)
    assert twins in str(raised.value)
    # Begun is begun: what came since is the next run's to look at.
    found.refuse_unsound(["1"] * len(key), ["5"] * len(key))


def test_records_are_not_looked_at_where_an_index_vouches_for_the_key(works: Works) -> None:
    works.rows(TABLES)
    job = a_job(select="SELECT item.*, 1 / (id - 5) AS x FROM item", key=key_of("id"))
    Pages(works.session, job, {}).refuse_unsound(None, None)  # to group them would divide by zero


@pytest.mark.parametrize("shape", ["handler", "statement"])
def test_a_run_whose_key_is_not_unique_works_nothing(project: Project, shape: str) -> None:
    project.rows(TABLES)
    project.handlers("def seen(run, record): run.count('seen')")
    work = {"handler": "handlers:seen", "statement": "UPDATE item SET code = 'x' FROM batch"}
    project.write(
        '[jobs.work]\nselect = "SELECT due FROM item"\nkey = "due"\nbatch_size = 2\n'
        f'{shape} = "{work[shape]}"\n'
    )
    ended = project.bgjobs("run", "work")
    assert ended.returncode == ExitStatus.JOB_FAILED
    assert "failed: the key (due) is not unique: several records have (2); add" in ended.stderr
    (run,) = project.rows("SELECT status, read, counters FROM bgjobs.run")
    assert run == {"status": "failed", "read": 0, "counters": {}}
