import subprocess
from pathlib import Path

import psycopg


def test_two_tests_share_no_database(connection):
    connection.execute("CREATE TABLE only_here ()")
    assert connection.execute("SELECT count(*) FROM bgjobs.run").fetchone() == (0,)


def test_another_one_neither(connection):
    assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)


def test_crontab_is_out_of_reach(guard):
    asked = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False)
    assert asked.returncode == 99
    assert Path.cwd() == guard


def test_pooled_database_is_the_same(connection, pooled_dsn):
    connection.execute("CREATE TABLE shared ()")
    with psycopg.connect(pooled_dsn, prepare_threshold=None) as pooled:
        assert pooled.execute("SELECT to_regclass('shared')::text").fetchone() == ("shared",)


def test_program_runs_in_a_project(project):
    assert project.bgjobs("--version").stdout.startswith("bgjobs ")
    assert project.rows("SELECT 1 AS one") == [{"one": 1}]
