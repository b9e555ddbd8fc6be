"""What a person gets wrong: one clear line that says what, where and what to do, and its status."""

import json
import re

import psycopg
import pytest

from harness.project import Project

TABLE = """
CREATE TABLE item (id int PRIMARY KEY, note text, due timestamptz);
INSERT INTO item SELECT n, 'note ' || n, now() FROM generate_series(1, 12) AS n;
"""
HANDLERS = "def work(run, record):\n    return {'id': record['id']}\n"
SELECT = 'select = "SELECT id, note FROM item"\nkey = "id"\n'

# What jobs.toml says of the job, the status, and the first line on stderr.
JOBS: dict[str, tuple[str, int, str]] = {
    "unknown-key": (
        'statement = "DELETE FROM item"\nshedule = "@daily"',
        78,
        'jobs.toml:5: [jobs.unknown-key] unknown key "shedule" (did you mean "schedule"?)',
    ),
    "cron": (
        'statement = "DELETE FROM item"\nschedule = "0 25 * * *"',
        78,
        'jobs.toml:5: [jobs.cron] schedule: hour "25": must be 0-23',
    ),
    "undeclared": (
        'statement = "DELETE FROM item WHERE id = :which"',
        78,
        (
            "jobs.toml:4: [jobs.undeclared] statement: the parameter :which is not declared; "
            "declare it: params = { which = … }"
        ),
    ),
    "no-module": (
        f'{SELECT}handler = "nowhere:work"',
        78,
        (
            'job no-module failed: [jobs.no-module] handler "nowhere:work" cannot be imported: '
            "ModuleNotFoundError: No module named 'nowhere'"
        ),
    ),
    "no-function": (
        f'{SELECT}handler = "handlers:wrok"',
        78,
        (
            'job no-function failed: [jobs.no-function] handler "handlers:wrok": handlers has no '
            'function wrok (did you mean "work"?)'
        ),
    ),
    "raises": (
        f'{SELECT}handler = "raising:work"',
        78,
        (
            'job raises failed: [jobs.raises] handler "raising:work" cannot be imported: '
            "RuntimeError: no settings"
        ),
    ),
    "no-table": (
        'statement = "DELETE FROM itm"',
        1,
        'job no-table failed: in its statement: relation "itm" does not exist, at: DELETE FROM itm',
    ),
    "syntax": (
        'statement = """DELETE FROM item\n  WERE id = 1"""',
        1,
        'job syntax failed: in its statement: syntax error at or near "id", at: WERE id = 1',
    ),
    "select": (
        'select = "SELECT id FROM item WHERE item.duee < now()"\nkey = "id"\nhandler = "handlers:work"',
        1,
        (
            "job select failed: in its select: column item.duee does not exist (Perhaps you meant to "
            'reference the column "item.due"), at: SELECT id FROM item WHERE item.duee < now()'
        ),
    ),
    "set": (
        f'{SELECT}statement = "UPDATE item SET nte = 1 FROM batch"',
        1,
        (
            'job set failed: in its statement: column "nte" of relation "item" does not exist, at: '
            "UPDATE item SET nte = 1 FROM batch"
        ),
    ),
    "rows": (
        (
            f'{SELECT}handler = "handlers:work"\n'
            'statement = "UPDATE item SET note = batch.noted FROM batch"'
        ),
        1,
        (
            "job rows failed: in its statement: column batch.noted does not exist, at: "
            "UPDATE item SET note = batch.noted FROM batch"
        ),
    ),
    "no-key": (
        'select = "SELECT id, due FROM item"\nkey = ["due", "note"]\nhandler = "handlers:work"',
        1,
        'job no-key failed: key column "note" is not among what the select returns: id, due',
    ),
    "null-key": (
        (
            'select = "SELECT id, nullif(note, \'note 7\') AS k FROM item"\nkey = ["id", "k DESC"]\n'
            'handler = "handlers:work"'
        ),
        1,
        (
            'job null-key failed: key column "k" is null in a record of the select; exclude such '
            "records, or order by coalesce(k, ...)"
        ),
    ),
}


@pytest.fixture
def work(project: Project) -> Project:
    project.rows(TABLE)
    project.handlers(HANDLERS)
    project.handlers("raise RuntimeError('no\\n settings')", "raising")
    return project


def first_line(stderr: str) -> str:
    return stderr.partition("\n")[0].removeprefix("bgjobs: ")


def test_a_job_that_is_wrong_is_told_in_one_line_with_its_status(work: Project) -> None:
    for name, (table, status, line) in JOBS.items():
        work.write(f"[jobs.{name}]\n{table}")
        done = work.bgjobs("run", name)
        assert (done.returncode, done.stdout) == (status, ""), name
        assert first_line(done.stderr).startswith(line), name
        assert all("Traceback" not in printed for printed in done.stderr.splitlines())
        if not line.startswith("job "):
            assert len(done.stderr.splitlines()) == 1
    # Whatever was wrong with a job that began is in the ledger and in the audit table.
    began = [name for name, (_, _, line) in JOBS.items() if line.startswith("job ")]
    rows = work.rows("SELECT job, status, error_message FROM bgjobs.run ORDER BY started_at")
    assert [(row["job"], row["status"]) for row in rows] == [(name, "failed") for name in began]
    for row in rows:
        line = JOBS[row["job"]][2]
        assert line.startswith(f"job {row['job']} failed: {row['error_message']}")
    audited = work.rows("SELECT details ->> 'status' AS status FROM audit_log")
    assert audited == [{"status": "failed"}] * len(began)
    assert work.rows("SELECT count(*) AS n FROM bgjobs.failed_record") == [{"n": 0}]


def test_a_file_that_is_wrong_is_told_with_its_place(project: Project) -> None:
    none = project.bgjobs("run", "purge")
    assert none.returncode == 78
    assert re.fullmatch(
        r"bgjobs: no jobs\.toml in /\S+ or above it; name one with --config PATH or "
        r"BGJOBS_CONFIG, or begin one with: bgjobs new NAME\n",
        none.stderr,
    )
    project.write("[jobs.purge\n")
    broken = project.bgjobs("run", "purge")
    assert broken.returncode == 78
    assert broken.stderr.startswith("bgjobs: jobs.toml:3:12: ")
    assert len(broken.stderr.splitlines()) == 1
    project.write('[jobs."purge 100%"]\nstatement = "SELECT 1"')
    name = project.bgjobs("run", "purge 100%")
    assert name.returncode == 78
    assert name.stderr.startswith('bgjobs: jobs.toml:3: [jobs."purge 100%"] a job\'s name ')


def test_a_command_line_that_is_wrong_is_told_with_what_is_right(work: Project) -> None:
    work.write(
        '[jobs.purge]\nstatement = "DELETE FROM item WHERE id = :days AND note = :word AND :dry"\n'
        'params = { days = 30, word = "x", dry = false }'
    )
    for arguments, line in [
        (["purg"], 'jobs.toml has no job "purg" (did you mean "purge"?)'),
        (["purge", "--param", "dayz=1"], 'job purge has no parameter "dayz" (did you mean "days"?); declared: days, word, dry'),
        (["purge", "--param", "days"], '--param "days": write NAME=VALUE'),
        (["purge", "--param", "days=many"], '--param days: "many" is '),
        (["purge", "--param", "dry=maybe"], '--param dry: "maybe" '),
        (["purge", "--slot", "noon"], '--slot "noon": write a '),
        (["purge", "--resume", "--restart"], ""),
        (["purge", "--until-empty"], ""),
        (["purge", "--shard", "3/2"], ""),
        (["purge", "--limit", "0"], ""),
        (["purge", "--nonsense"], ""),
        ([], ""),
    ]:  # fmt: skip
        done = work.bgjobs("run", *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert len(done.stderr.splitlines()) == 1
        assert first_line(done.stderr).startswith(line)
    assert work.rows("SELECT count(*) AS n FROM bgjobs.run") == [{"n": 0}]


def test_a_database_that_does_not_do_is_told_in_one_line_with_its_status(
    project: Project, empty_dsn: str
) -> None:
    role = "bgjobs_test_poor"
    with psycopg.connect(project.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA bgjobs TO {role}")  # type: ignore[arg-type]
    try:
        poor = psycopg.conninfo.make_conninfo(project.dsn, user=role)
        unknown = psycopg.conninfo.make_conninfo(project.dsn, user="nobody_known")
        missing = psycopg.conninfo.make_conninfo(project.dsn, dbname="gone")
        cases: list[tuple[str, int, str]] = [
            ("postgresql://127.0.0.1:1/x", 69, 'the database cannot be reached: connection to server at "127.0.0.1", port 1 failed: Connection refused'),
            (empty_dsn, 78, "the database has no ledger in the schema bgjobs; run: bgjobs migrate"),
            (missing, 78, ""),
            (poor, 77, "permission denied for table run; `bgjobs migrate --grants ROLE` prints the grants"),
            (unknown, 77, ""),
            ("postgresql://me:s3cr3t%zz@db/x", 78, ""),
        ]  # fmt: skip
        for url, status, line in cases:
            project.write(
                f'[database]\nurl = {json.dumps(url)}\nconnect_wait = "200 ms"\n'
                '[jobs.purge]\nstatement = "SELECT 1"'
            )
            done = project.bgjobs("run", "purge")
            assert (done.returncode, done.stdout) == (status, ""), url
            assert len(done.stderr.splitlines()) == 1, done.stderr
            assert first_line(done.stderr).startswith(line)
            assert "s3cr3t" not in done.stderr
    finally:
        with psycopg.connect(project.dsn, autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")  # type: ignore[arg-type]
