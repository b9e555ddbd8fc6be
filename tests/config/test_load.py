"""What a right jobs.toml becomes."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from bgjobs.config.load import load
from bgjobs.errors import ConfigError
from bgjobs.job import Allowance, Audit, Cron, Database, Job, KeyColumn, Throttle
from bgjobs.schedule import Schedule

FULL = Path(__file__).with_name("full.toml").read_text("utf-8")

PURGE = Job(
    "purge",
    batch_size=500,
    statement="DELETE FROM tasks WHERE due_date < :slot - make_interval(days => :days)",
    params={"days": 30},
    timeout=timedelta(hours=1),
    throttle=Throttle(replication_lag=timedelta(seconds=10)),
)
REMIND = Job(
    name="remind",
    description="Mail the clients of tomorrow's hearings",
    schedule=Schedule("0 8 * * mon-fri", "Europe/Berlin", "skip", "second", timedelta(minutes=10)),
    enabled=False,
    select="SELECT * FROM hearings WHERE starts_at < :slot",
    key=(KeyColumn("user_id"), KeyColumn("starts_at", descending=True), KeyColumn("id")),
    group_by=("user_id",),
    batch_size=None,
    batch_target=timedelta(seconds=2),
    statement="UPDATE hearings h SET reminded = true FROM batch WHERE batch.id = h.id",
    handler="crm.reminders:remind",
    per="batch",
    send="crm.reminders:mail",
    params={"token": ""},
    secrets=frozenset({"token"}),
    table="public.hearings",
    resume="restart",
    until_empty=True,
    max_failures=Allowance(10, 0.025),
    retries=3,
    retry_on=("40001", "smtplib.SMTPException"),
    retry_delay=timedelta(seconds=0.5),
    concurrency=8,
    read_ahead=False,
    workers=2,
    timeout=None,
    not_after=time(6, 30),
    statement_timeout=timedelta(minutes=1),
    lock_timeout=None,
    lease=timedelta(minutes=5),
    pause=timedelta(milliseconds=50),
    throttle=Throttle(commit_latency=timedelta(seconds=1), locks=True),
    overlap="wait",
    overlap_wait=timedelta(minutes=30),
    catch_up="all",
    catch_up_limit=3,
    max_lateness=timedelta(days=1),
    keep=timedelta(weeks=2),
    keep_failed=None,
    keep_runs=50,
)


def written(directory: Path, text: str, mode: int = 0o644) -> Path:
    path = directory / "jobs.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def test_every_key_arrives_as_a_value(guard: Path) -> None:
    config = load(written(guard, FULL), {})
    assert config.path == guard / "jobs.toml"
    assert config.project == "crm"
    assert config.database == Database(
        "postgresql://app@db/crm", "batch", timedelta(seconds=5), timedelta(minutes=2)
    )
    assert config.audit == Audit(("public", "audit_log"), {"tenant_id": 7})
    assert config.cron == Cron("", "/opt/bin:/bin", ("PGSERVICEFILE",))
    assert config.jobs == {"purge": PURGE, "remind": REMIND}


def test_a_file_begun_by_a_byte_order_mark_is_read(guard: Path) -> None:
    assert load(written(guard, '\ufeffproject = "crm"'), {}).project == "crm"


def test_a_project_without_a_name_has_its_directory_s(guard: Path) -> None:
    place = guard / "_My CRM (new)"
    place.mkdir()
    assert load(written(place, ""), {}).project == "my-crm--new"


def test_a_secret_parameter_needs_a_private_file(guard: Path) -> None:
    text = "[jobs.j]\nstatement = 'SELECT 1'\nparams.token = 'S3cr3t'\nsecrets = ['token']\n"
    assert load(written(guard, text, 0o600), {}).jobs["j"].params == {"token": "S3cr3t"}
    with pytest.raises(ConfigError) as raised:
        load(written(guard, text), {})
    assert str(raised.value) == (
        "jobs.toml:3: [jobs.j] params: token is secret and others can read the file: "
        f"chmod 600 {guard}/jobs.toml"
    )
