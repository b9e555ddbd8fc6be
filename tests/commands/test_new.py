"""`bgjobs new`: a job to begin with."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bgjobs.errors import ExitStatus
from harness.project import PROGRAM

if TYPE_CHECKING:
    from harness.project import Project

SAID = """\
jobs.toml: [jobs.nightly-purge] added, not yet enabled
handlers/nightly_purge.py created
tests/test_nightly_purge.py created

Next, after filling in your own work:
  python -m pytest tests/test_nightly_purge.py
  bgjobs validate
  bgjobs run nightly-purge --dry-run
  bgjobs install-cron    (once it is enabled)
"""
NO_NAME = (
    '"New Job" is not a valid job name: use lower case letters, digits, "-" and "_", '
    "at most 63, beginning with a letter or a digit"
)


def test_a_new_job_is_right_as_it_stands(project: Project) -> None:
    ended = project.bgjobs("new", "nightly-purge", "--config", "jobs.toml")
    assert (ended.returncode, ended.stderr, ended.stdout) == (0, "", SAID)
    here = {"BGJOBS_DATABASE_URL": project.dsn}
    checked = project.bgjobs("validate", env=here)
    assert checked.stdout == "jobs.toml is valid: 1 job, checked in the database\n"
    ran = project.bgjobs("run", "nightly-purge", env=here)
    assert (ran.returncode, ran.stderr) == (0, "")
    (row,) = project.rows("SELECT read, processed, skipped, counters FROM bgjobs.run")
    assert row == {"read": 3, "processed": 2, "skipped": 1, "counters": {"worked": 2}}
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    tested = subprocess.run(tests, cwd=project.path, capture_output=True, text=True, check=False)
    assert "2 passed" in tested.stdout


def test_the_file_is_added_to_and_nothing_else_in_it_changes(project: Project) -> None:
    before = f"[database]\r\nurl = '{project.dsn}'\r\n# the end, without a line break"
    path = project.path / "jobs.toml"
    path.write_bytes(before.encode())
    path.chmod(0o600)
    assert project.bgjobs("new", "2nd").returncode == 0
    assert project.bgjobs("new", "import").returncode == 0
    assert path.read_bytes().startswith(f"{before}\n\n[jobs.2nd]\n".encode())
    assert path.stat().st_mode & 0o777 == 0o600
    assert (
        project.bgjobs("validate").stdout == "jobs.toml is valid: 2 jobs, checked in the database\n"
    )


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("old", ExitStatus.USAGE, "jobs.toml already has a job old"),
        ("taken", ExitStatus.USAGE, "handlers/taken.py already exists"),
        ("tested", ExitStatus.USAGE, "tests/test_tested.py already exists"),
        (
            "New Job",
            ExitStatus.USAGE,
            NO_NAME,
        ),
    ],
)
def test_what_is_there_is_never_written_over(
    project: Project, name: str, status: ExitStatus, said: str
) -> None:
    path = project.write("[jobs.old]\nstatement = 'SELECT 1'\n")
    for place in ("handlers/taken.py", "tests/test_tested.py"):
        (project.path / place).parent.mkdir()
        (project.path / place).write_text("mine")
    before = {file: file.read_bytes() for file in project.path.rglob("*") if file.is_file()}
    ended = project.bgjobs("new", name)
    assert (ended.returncode, ended.stderr, ended.stdout) == (status, f"bgjobs: {said}\n", "")
    assert {file: file.read_bytes() for file in project.path.rglob("*") if file.is_file()} == before
    assert path in before


def test_jobs_in_one_line_cannot_be_added_to(project: Project) -> None:
    (project.path / "jobs.toml").write_text("jobs = { old = { statement = 'SELECT 1' } }\n")
    ended = project.bgjobs("new", "more")
    assert ended.returncode == ExitStatus.BAD_CONFIG
    assert ended.stderr == (
        "bgjobs: jobs.toml: the jobs are inline tables: write each as [jobs.NAME]\n"
    )
    assert not (project.path / "handlers").exists()


def test_a_full_disk_leaves_nothing_behind(project: Project) -> None:
    path = project.write("[jobs.old]\nstatement = 'SELECT 1'\n")
    before = path.read_bytes() + b"#" * 600 + b"\n"
    path.write_bytes(before)
    # Room for the handler and the test, and not for the table as well.
    limited = ("prlimit", f"--fsize={len(before) + 100}", *PROGRAM)
    ended = project.start("new", "big", program=limited)
    _, said = ended.communicate()
    assert (ended.returncode, said.count("\n")) == (ExitStatus.BAD_CONFIG, 1), said
    assert said.endswith("cannot be written: File too large\n")
    assert path.read_bytes() == before
    assert sorted(file.name for file in project.path.iterdir()) == ["jobs.toml"]
    assert project.bgjobs("new", "big").returncode == 0
