"""The lines in docs/crontab.md and docs/containers.md are those that the program writes and takes."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo

from bgjobs.__main__ import status_of
from bgjobs.plan.cron_command import words
from bgjobs.plan.cron_lines import entries
from harness.cron import ENVIRON
from harness.cron_house import environment_for_all, furnish, wait_until
from harness.databases import short_directory

DOCS = Path(__file__).resolve().parents[1] / "docs"
Capture = pytest.CaptureFixture[str]
# As supercronic has it: a variable, else the schedule and the rest of the line.
VARIABLE = re.compile(r"([^\s=]+)\s*=\s*(.*)")
JOB = re.compile(r"(@\w+|\S+ \S+ \S+ \S+ \S+) (.+)")


def fences(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / document).read_text(), re.DOTALL)


def printed(toml: str, place: Path, capsys: Capture) -> str:
    (place / "jobs.toml").write_text(toml)
    arguments = ["install-cron", "--print", "--config", str(place / "jobs.toml")]
    paths = ["--python", "/opt/app/.venv/bin/python", "--at", "/opt/app/jobs.toml"]
    assert status_of([*arguments, *paths]) == 0
    return capsys.readouterr().out


def test_the_block_that_is_shown_is_the_one_that_is_written(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSERVICEFILE", "/etc/app/services")
    block = printed(fences("crontab.md", "toml")[0], tmp_path, capsys)
    if os.environ.get("BGJOBS_TEST_WRITE_EXAMPLE") == "1":
        document = DOCS / "crontab.md"
        document.write_text(document.read_text().replace(fences("crontab.md", "crontab")[0], block))
    assert fences("crontab.md", "crontab") == [block]


def test_supercronic_reads_the_block_and_runs_what_cron_would(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSERVICEFILE", "/etc/app/a b 50%")
    block = printed(fences("crontab.md", "toml")[0], tmp_path, capsys)
    commands = []
    for line in block.splitlines():
        if line.startswith("#") or VARIABLE.fullmatch(line):
            continue
        job = JOB.fullmatch(line)
        assert job is not None
        commands.append(words(job[2]))
    assert commands == [words(entry.command) for entry in entries(block.encode())]
    assert commands[0][1]["PGSERVICEFILE"] == "/etc/app/a b 50%"


def test_kubernetes_starts_what_a_crontab_line_starts(tmp_path: Path, capsys: Capture) -> None:
    job = '[jobs.purge]\nschedule = "*/15 * * * *"\nstatement = "SELECT 1"\n'
    line = entries(printed(job, tmp_path, capsys).encode())[0]
    manifest = fences("containers.md", "yaml")[0]
    command = re.search(r"command: (\[.*\])", manifest)
    schedule = re.search(r'schedule: "(.*)"', manifest)
    assert command is not None
    assert schedule is not None
    assert json.loads(command[1]) == words(line.command)[2]
    assert schedule[1] == line.when


CONTAINER = """
set -e
mount -t overlay overlay -o "lowerdir=$1/sbin:/usr/sbin" /usr/sbin
mount --bind "$1/spool" /var/spool/cron/crontabs
mount --bind "$1/cron.d" /etc/cron.d
mount --bind "$1/crontab" /etc/crontab
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /opt
mkdir /opt/app
mount --bind "$1/app" /opt/app
echo entered
exec env -i PATH="$PATH" PGSERVICEFILE=/opt/app/services PGPASSFILE=/opt/app/pgpass \
    /bin/sh /opt/app/entrypoint.sh
"""
REBOOT = """
[jobs.warm]
schedule = "@reboot"
statement = "SELECT 1"
[jobs.broken]
schedule = "@reboot"
statement = "SELECT 1 / 0"
"""
BOTH = {"warm": "success", "broken": "failed"}


def test_cron_as_the_first_process_of_a_container_runs_jobs_and_logs_failures(
    require: Callable[..., str], dsn: str
) -> None:
    require("root")
    require("cron")
    with short_directory() as place:
        furnish(place)
        app = place / "app"
        environment_for_all(app / ".venv")
        (app / "jobs.toml").write_text(fences("containers.md", "toml")[0] + REBOOT)
        entrypoint, sendmail = fences("containers.md", "sh")
        (app / "entrypoint.sh").write_text(entrypoint)
        (app / "pgpass").touch(0o600)
        (place / "sbin/sendmail").write_text(sendmail)
        service = {key: value for key, value in conninfo.conninfo_to_dict(dsn).items() if value}
        lines = "".join(f"{key}={value}\n" for key, value in service.items())
        (app / "services").write_text(f"[app]\n{lines}")
        log = _contained(place, require, lambda: len(_statuses(dsn)) == len(BOTH))
    assert _statuses(dsn) == BOTH
    assert "your crontab now has 3 lines of app" in log
    assert re.search(r"\nbgjobs: job broken failed: .*division by zero\n", log), log
    assert "warm" not in log


def _contained(place: Path, require: Callable[..., str], done: Callable[[], bool]) -> str:
    """What the container has logged once it is done and the log has the failure whole."""
    log = place / "log"
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    shell = ["/bin/sh", "-c", CONTAINER, "sh", str(place)]
    with log.open("wb") as out:
        container = subprocess.Popen([*command, *shell], stdout=out, stderr=out, env=ENVIRON)
    try:
        wait_until(lambda: log.read_bytes() or container.poll() is not None, 60, "the container")
        require("namespaces with overlays", present=log.read_bytes().startswith(b"entered"))
        wait_until(done, 60, "the jobs at the container's start")
        wait_until(lambda: b"more: bgjobs show" in log.read_bytes(), 60, "the failure in the log")
    except AssertionError as error:
        error.add_note(log.read_text())
        raise
    finally:
        container.kill()
        container.wait()
    return log.read_text()


def _statuses(dsn: str) -> dict[str, str]:
    query = "SELECT job, status FROM bgjobs.run WHERE finished_at IS NOT NULL AND job = ANY (%s)"
    with psycopg.connect(dsn) as connection:
        return dict(connection.execute(query, [list(BOTH)]).fetchall())


def test_commands_in_the_documents_are_known() -> None:
    text = "".join((DOCS / name).read_text() for name in ("crontab.md", "containers.md"))
    shown = {
        tuple(shlex.split(line)[:1]) for line in re.findall(r"`(?:sudo )?bgjobs ([a-z-]+)", text)
    }
    assert shown <= {
        (name,)
        for name in ("install-cron", "uninstall-cron", "cron-diff", "doctor", "next", "check")
    }
