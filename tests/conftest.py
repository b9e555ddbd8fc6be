"""Fixtures that keep the tests off the real crontab, home, configuration and databases."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import conninfo

from harness import databases
from harness.pooler import Pooler, pooler
from harness.project import Project

# The same examples on every machine, however slow; nothing is kept between sessions.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("same")

_PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_FORBIDDEN_CRONTAB = """\
#!/bin/sh
echo "a test reached for the real crontab: give it one of its own" >&2
exit 99
"""
Require = Callable[..., str]


def _ours(name: str) -> bool:
    if name.startswith("BGJOBS_TEST_"):
        return False
    return name.startswith(("PG", "BGJOBS_")) or name in {"COLUMNS", "LINES", "FORCE_COLOR"}


def pytest_configure() -> None:
    """Forget the developer's databases before the first session fixture."""
    for name in filter(_ours, list(os.environ)):
        del os.environ[name]


@pytest.fixture(scope="session")
def forbidden_crontab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for the head of PATH, whose crontab(1) fails."""
    place = tmp_path_factory.mktemp("bin")
    program = place / "crontab"
    program.write_text(_FORBIDDEN_CRONTAB)
    program.chmod(0o755)
    return place


@pytest.fixture(autouse=True)
def guard(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    forbidden_crontab: Path,
) -> Path:
    """An empty home as the working directory: no test finds the real files by forgetting."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("PATH", f"{forbidden_crontab}:{os.environ.get('PATH', _PROGRAMS)}")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.chdir(home)
    return home


@pytest.fixture(scope="session")
def require() -> Require:
    """`require("pgbouncer")`: the program's path, or the test is skipped by that name.

    `require("root")` asks for the user, `require("anything", present)` for what the caller
    found out. Under BGJOBS_TEST_REQUIRE_ALL=1 what is missing fails the test instead.
    """

    def require(component: str, present: bool | None = None) -> str:  # noqa: FBT001
        if component == "root":
            found = "root" if os.geteuid() == 0 else ""
        elif present is not None:
            found = component if present else ""
        else:
            found = shutil.which(component, path=_PROGRAMS) or ""
        if not found:
            reason = f"needs {component}"
            if os.environ.get("BGJOBS_TEST_REQUIRE_ALL") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
        return found

    return require


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a superuser's database on the server of the tests.

    BGJOBS_TEST_DSN names another server than the private one.
    """
    given = os.environ.get("BGJOBS_TEST_DSN")
    if given:
        yield given
    else:
        with databases.private_server() as url:
            yield url


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """The name of a database with the newest ledger, to copy."""
    with databases.template(server) as name:
        yield name


@pytest.fixture
def dsn(server: str, template: str) -> Iterator[str]:
    """The URL of a database with an empty ledger and audit_log."""
    with databases.database(server, template) as url:
        yield url


@pytest.fixture
def empty_dsn(server: str) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    with databases.database(server, None) as url:
        yield url


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection]:
    """A connection to `dsn` in autocommit."""
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as connected:
        yield connected


@pytest.fixture(scope="session")
def pgbouncer(server: str, require: Require) -> Iterator[Pooler]:
    """A PgBouncer in transaction mode with three connections for each database."""
    with pooler(require("pgbouncer"), server) as running:
        yield running


@pytest.fixture
def pooled_dsn(dsn: str, pgbouncer: Pooler) -> str:
    """The same database as `dsn`, through PgBouncer."""
    return pgbouncer.url(str(conninfo.conninfo_to_dict(dsn)["dbname"]))


@pytest.fixture
def project(tmp_path: Path, dsn: str) -> Iterator[Project]:
    """A project directory on a fresh database."""
    made = Project(tmp_path, dsn)
    yield made
    made.close()
