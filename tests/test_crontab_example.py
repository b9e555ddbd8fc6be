"""crontab.example is what install-cron prints for the jobs.toml beside it.

BGJOBS_TEST_WRITE_EXAMPLE=1 writes it anew.
"""

import os
import shutil
from pathlib import Path

import pytest

from bgjobs.__main__ import status_of
from bgjobs.plan.cron_command import words
from bgjobs.plan.cron_lines import entries

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "crontab.example"
HEAD = """\
# The crontab of the jobs.toml beside this file, installed in /opt/casework on a host on UTC.
# A test holds it to what `bgjobs install-cron` writes.
"""


def test_the_example_is_what_would_be_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ROOT / "jobs.toml", tmp_path)
    status = status_of(
        [
            *("install-cron", "--print", "--config", str(tmp_path / "jobs.toml")),
            *("--python", "/opt/casework/.venv/bin/python", "--at", "/opt/casework/jobs.toml"),
        ]
    )
    assert status == 0
    printed = HEAD + capsys.readouterr().out
    if os.environ.get("BGJOBS_TEST_WRITE_EXAMPLE") == "1":
        EXAMPLE.write_text(printed)
    assert EXAMPLE.read_text() == printed


def test_the_example_starts_each_scheduled_job_in_its_directory() -> None:
    started = [words(entry.command) for entry in entries(EXAMPLE.read_bytes())]
    assert {directory for directory, _, _ in started} == {"/opt/casework"}
    jobs = [arguments[5] for _, _, arguments in started]
    assert "overdue-tasks" in jobs
    assert len(jobs) == len(set(jobs))
